"""Send what is due: claim, look whether it is still the latest word, put it into the feed, keep the record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.notify import compose, feed, latest, retry, store
from services.notify.dossier import HoldWindow, Kind, Margins, Notice, Stage
from services.notify.hold import window_of
from services.notify.record import Happened, of_notice, of_window, write_down
from services.notify.rows import NOTICE, notice_from, read_body, read_decision
from shared.db.session import WriteSession
from shared.domain.events import DecisionRecorded
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids

#: Of notices due at one instant, the answer is read before what follows from it.
_RANK = {kind: rank for rank, kind in enumerate(Kind)} | {Kind.CORRECTION: 0, Kind.UNMATCHED: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A claimed notice with all that decides on its words."""

    notice: Notice
    body: dict[str, Any]
    decision: DecisionRecorded | None
    window: HoldWindow | None
    zone: str


async def send_due(
    session: WriteSession, outbox: Outbox, ids: Ids, margins: Margins, now: datetime, *, most: int
) -> int:
    """Send the notices that are due, most urgent first; give back how many left or were overtaken."""
    claimed = await _claim(session, now, most)
    if not claimed:
        return 0
    due = sorted(await _load(session, claimed), key=lambda d: (d.notice.send_at, _RANK[d.notice.kind], d.notice.id))
    fates = [(each, latest.fate(each.notice, each.decision, each.window, now)) for each in due]
    leaving = [each for each, fate in fates if fate is Stage.SENT]
    overtaken = [each.notice for each, fate in fates if fate is Stage.REPLACED]
    await feed.drop(session, [notice.id for notice in overtaken])
    outgoing = [
        feed.Outgoing(each.notice, _words(each, now), retry.receipt_by(each.notice, now, margins)) for each in leaving
    ]
    await feed.put(session, outgoing, ids, now)
    happened = [of_notice("notice.replaced", notice, now) for notice in overtaken]
    for each in leaving:
        happened += _sent(each, now)
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


async def _load(session: WriteSession, claimed: Sequence[UUID]) -> list[_Due]:
    """Read the claimed notices with their detainers' last decisions and windows."""
    rows = await session.all(
        f"SELECT {NOTICE}, n.body, x.decision, coalesce(f.time_zone, 'UTC') AS zone"
        " FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id"
        " LEFT JOIN notify.dossiers x ON x.case_id = n.case_id AND x.detainer_id = n.detainer_id"
        " LEFT JOIN intake.facilities f ON f.ori = n.facility_ori"
        " WHERE n.id = ANY (CAST(:ids AS uuid[]))",
        ids=list(claimed),
    )
    keys = sorted({(row.case_id, row.detainer_id) for row in rows if row.case_id is not None})
    windows = await store.windows_of(session, keys)
    return [_due(row, windows.get((row.case_id, row.detainer_id), [])) for row in rows]


def _due(row: Row[Any], windows: Sequence[HoldWindow]) -> _Due:
    decision = read_decision(row.decision) if row.decision else None
    if row.window_id is not None:
        window = next((window for window in windows if window.id == row.window_id), None)
    else:
        window = window_of(windows, decision) if decision else None
    return _Due(notice=notice_from(row), body=read_body(row.body), decision=decision, window=window, zone=row.zone)


def _words(due: _Due, now: datetime) -> dict[str, Any]:
    """Write what is handed out: the planned content as it is at this instant."""
    if due.decision is None:
        return compose.unmatched(due.notice, zone=due.zone, at=now, sent=True)
    if due.decision.facility_ori != due.notice.facility_ori:
        return compose.retold(due.body, due.notice, due.window, due.zone, at=now)
    return compose.answer(due.notice, due.decision, due.window, at=now, sent=True)


def _sent(due: _Due, now: datetime) -> list[Happened]:
    sent = of_notice("notice.sent", replace(due.notice, stage=Stage.SENT), now)
    if due.notice.kind is Kind.HOLD_CLOSING and due.window is not None:
        return [sent, of_window("hold.closing", due.window, now)]
    return [sent]
