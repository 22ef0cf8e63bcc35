"""Send what is due: claim, look whether it is still the latest word, put it into the feed, keep the record."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify import bursts, compose, feed, latest, retry, sends
from services.notify.at_once import RANK
from services.notify.claimed import Due, load
from services.notify.dossier import Kind, Margins, Stage
from services.notify.record import of_notice, of_sent, write_down
from services.notify.valve import Limits
from shared.db.session import WriteSession
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids


async def send_due(
    session: WriteSession, outbox: Outbox, ids: Ids, margins: Margins, limits: Limits, now: datetime, *, most: int
) -> int:
    """Send the notices that are due, most urgent first; give back how many left or were overtaken."""
    claimed = await _claim(session, now, most)
    if not claimed:
        return 0
    passed = {notice_id for notice_id, has_passed in claimed.items() if has_passed}
    due = sorted(await load(session, list(claimed)), key=lambda d: (d.notice.send_at, RANK[d.notice.kind], d.notice.id))
    fates = [(each, latest.fate(each.notice, each.decision, each.window, now)) for each in due]
    # What a person let go late may have its successor already.
    gone = await sends.replaced(session, list(passed)) if passed else frozenset()
    fates = [(each, Stage.REPLACED if each.notice.id in gone else fate) for each, fate in fates]
    leaving = [each for each, fate in fates if fate is Stage.SENT]
    overtaken = [each.notice for each, fate in fates if fate is Stage.REPLACED]
    await feed.drop(session, [notice.id for notice in overtaken])
    outgoing = [_outgoing(each, now, margins, passed=each.notice.id in passed) for each in leaving]
    going, held = await bursts.sift(session, ids, outgoing, limits, now)
    await bursts.hold(session, held)
    await feed.put(session, going, ids, now, margins)
    happened = [of_notice("notice.replaced", notice, now) for notice in overtaken]
    for each in leaving:
        if each.notice.id in held:
            continue
        happened += of_sent(each.notice, each.window, now)
    await write_down(session, outbox, happened)
    return len(leaving) + len(overtaken)


async def _claim(session: WriteSession, now: datetime, most: int) -> dict[UUID, bool]:
    """Lock due deliveries, and tell whether a person let each go; those that someone else has in hand are theirs."""
    rows = await session.all(
        "SELECT notice_id, passed FROM notify.deliveries WHERE state = 'planned' AND send_at <= :now"
        " AND (burst_id IS NULL OR passed) ORDER BY send_at, notice_id LIMIT :most FOR UPDATE SKIP LOCKED",
        now=now,
        most=most,
    )
    return {row.notice_id: row.passed for row in rows}


def _outgoing(due: Due, now: datetime, margins: Margins, *, passed: bool) -> feed.Outgoing:
    """Give a notice with its words; what a person let go is not counted again."""
    policy = due.decision.policy if due.decision and not passed else ""
    return feed.Outgoing(due.notice, _words(due, now), retry.receipt_by(due.notice, now, margins), policy)


def _words(due: Due, now: datetime) -> dict[str, Any]:
    """Write what is handed out: the planned content as it is at this instant."""
    if due.decision is None or due.notice.kind is Kind.RECALL:
        return compose.undecided(due.notice, zone=due.zone, at=now, sent=True)
    if due.decision.facility_ori != due.notice.facility_ori:
        return compose.retold(due.body, due.notice, due.window, due.zone, at=now)
    return compose.answer(due.notice, due.decision, due.window, at=now, sent=True)
