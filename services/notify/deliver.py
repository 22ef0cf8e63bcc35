"""Send what is due: claim, look whether it is still the latest word, put it into the feed, keep the record."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify import compose, feed, latest, retry
from services.notify.at_once import RANK
from services.notify.claimed import Due, load
from services.notify.dossier import Margins, Stage
from services.notify.record import of_notice, of_sent, write_down
from shared.db.session import WriteSession
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids


async def send_due(
    session: WriteSession, outbox: Outbox, ids: Ids, margins: Margins, now: datetime, *, most: int
) -> int:
    """Send the notices that are due, most urgent first; give back how many left or were overtaken."""
    claimed = await _claim(session, now, most)
    if not claimed:
        return 0
    due = sorted(await load(session, claimed), key=lambda d: (d.notice.send_at, RANK[d.notice.kind], d.notice.id))
    fates = [(each, latest.fate(each.notice, each.decision, each.window, now)) for each in due]
    leaving = [each for each, fate in fates if fate is Stage.SENT]
    overtaken = [each.notice for each, fate in fates if fate is Stage.REPLACED]
    await feed.drop(session, [notice.id for notice in overtaken])
    outgoing = [
        feed.Outgoing(each.notice, _words(each, now), retry.receipt_by(each.notice, now, margins)) for each in leaving
    ]
    await feed.put(session, outgoing, ids, now, margins.last_call)
    happened = [of_notice("notice.replaced", notice, now) for notice in overtaken]
    for each in leaving:
        happened += of_sent(each.notice, each.window, now)
    await write_down(session, outbox, happened)
    return len(leaving) + len(overtaken)


async def _claim(session: WriteSession, now: datetime, most: int) -> list[UUID]:
    """Lock due deliveries; those that someone else has in hand are theirs."""
    rows = await session.all(
        "SELECT notice_id FROM notify.deliveries WHERE state = 'planned' AND send_at <= :now"
        " ORDER BY send_at, notice_id LIMIT :most FOR UPDATE SKIP LOCKED",
        now=now,
        most=most,
    )
    return [row.notice_id for row in rows]


def _words(due: Due, now: datetime) -> dict[str, Any]:
    """Write what is handed out: the planned content as it is at this instant."""
    if due.decision is None:
        return compose.unmatched(due.notice, zone=due.zone, at=now, sent=True)
    if due.decision.facility_ori != due.notice.facility_ori:
        return compose.retold(due.body, due.notice, due.window, due.zone, at=now)
    return compose.answer(due.notice, due.decision, due.window, at=now, sent=True)
