"""What happened to notices and windows: into the journal, and what others may hear onto the topic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.dossier import Dossier, HoldWindow, Kind, Notice, Stage, WindowState
from shared.db.session import WriteSession
from shared.kafka.topics import TOPICS, Topic
from shared.outbox import journal
from shared.outbox.outbox import Outbox

SCHEMA = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One change of state: ids, outcomes and instants, never persons."""

    kind: str
    at: datetime
    chain_id: UUID
    facility_ori: str
    detainer_id: str
    data: dict[str, Any]


async def write_down(session: WriteSession, outbox: Outbox, happened: Sequence[Happened]) -> None:
    """Chain every change into the journal; tell on the topic of those that it is for."""
    await journal.add(
        session,
        SCHEMA,
        [
            journal.Record(
                case_id=each.chain_id,
                at=each.at,
                kind=each.kind,
                facility_ori=each.facility_ori,
                detainer_id=each.detainer_id,
                body=each.data,
            )
            for each in happened
        ],
    )
    public = TOPICS[Topic.NOTICES].events
    await outbox.tell(
        session,
        [
            outbox.letter(Topic.NOTICES, each.kind, key=str(each.chain_id), time=each.at, data=each.data)
            for each in happened
            if each.kind in public
        ],
    )


def of_notice(kind: str, notice: Notice, at: datetime) -> Happened:
    """Tell of a notice."""
    return Happened(
        kind=kind,
        at=at,
        chain_id=notice.chain_id,
        facility_ori=notice.facility_ori,
        detainer_id=notice.detainer_id,
        data={
            "notice_id": notice.id,
            "kind": notice.kind,
            "recipient": notice.recipient,
            "case_id": notice.case_id,
            "detainer_id": notice.detainer_id,
            "facility_ori": notice.facility_ori,
            "decision_id": notice.decision_id,
            "number": notice.number,
            "outcome": notice.outcome,
            "due_by": notice.due_by,
            "replaces": notice.replaces,
        },
    )


def of_window(kind: str, window: HoldWindow, at: datetime) -> Happened:
    """Tell of a hold window."""
    return Happened(
        kind=kind,
        at=at,
        chain_id=window.case_id,
        facility_ori=window.facility_ori,
        detainer_id=window.detainer_id,
        data={
            "window_id": window.id,
            "case_id": window.case_id,
            "detainer_id": window.detainer_id,
            "facility_ori": window.facility_ori,
            "decision_id": window.decision_id,
            "opens_at": window.opens_at,
            "closes_at": window.closes_at,
            "clock": window.clock,
            "ended_at": window.ended_at,
            "ended_by": window.ended_by,
        },
    )


def of_sent(notice: Notice, window: HoldWindow | None, at: datetime) -> list[Happened]:
    """Tell that a notice has left; a warning tells of its window too."""
    sent = of_notice("notice.sent", replace(notice, stage=Stage.SENT), at)
    if notice.kind is Kind.HOLD_CLOSING and window is not None:
        return [sent, of_window("hold.closing", window, at)]
    return [sent]


def between(before: Dossier, after: Dossier, at: datetime) -> Iterator[Happened]:
    """Tell of all that lies between two states of a dossier."""
    windows = {window.id: window for window in before.windows}
    for window in after.windows:
        if (kind := _moved(windows.get(window.id), window)) is not None:
            yield of_window(kind, window, at)
    notices = {notice.id: notice for notice in before.notices}
    for notice in after.notices:
        known = notices.get(notice.id)
        if known is None:
            yield of_notice("notice.planned", notice, at)
        if notice.stage is Stage.REPLACED and (known is None or known.stage is not Stage.REPLACED):
            yield of_notice("notice.replaced", notice, at)


def _moved(before: HoldWindow | None, window: HoldWindow) -> str | None:
    """Name what happened to a window; None when nothing did."""
    if before == window:
        return None
    if window.is_live:
        if before is not None:
            return "hold.moved"
        return "hold.opened" if window.state is WindowState.OPEN else "hold.planned"
    return "hold.closed" if before is None or before.is_live else "hold.corrected"
