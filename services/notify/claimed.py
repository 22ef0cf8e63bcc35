"""A claimed notice with all that decides on whether it still is true, and on its words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.notify import store
from services.notify.dossier import HoldWindow, Kind, Notice
from services.notify.hold import window_for
from services.notify.rows import NOTICE, notice_from, read_body, read_decision
from shared.db.session import ReadSession
from shared.domain.events import DecisionRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A claimed notice with all that decides on its words."""

    notice: Notice
    #: What it said when it was sent, or says as planned.
    body: dict[str, Any]
    decision: DecisionRecorded | None
    window: HoldWindow | None
    zone: str


async def load(session: ReadSession, claimed: Sequence[UUID]) -> list[Due]:
    """Read claimed notices with their detainers' last decisions and windows."""
    rows = await session.all(
        f"SELECT {NOTICE}, coalesce(d.told, n.body) AS content, x.decision, coalesce(f.time_zone, 'UTC') AS zone,"
        " r.position IS NOT NULL AS is_replaced_out"
        " FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id"
        " LEFT JOIN notify.deliveries r ON r.notice_id = n.replaces"
        " LEFT JOIN notify.dossiers x ON x.case_id = n.case_id AND x.detainer_id = n.detainer_id"
        " LEFT JOIN intake.facilities f ON f.ori = n.facility_ori"
        " WHERE n.id = ANY (CAST(:ids AS uuid[]))",
        ids=list(claimed),
    )
    keys = sorted({(row.case_id, row.detainer_id) for row in rows if row.case_id is not None})
    windows = await store.windows_of(session, keys)
    return [_due(row, windows.get((row.case_id, row.detainer_id), [])) for row in rows]


def _due(row: Row[Any], windows: Sequence[HoldWindow]) -> Due:
    decision = read_decision(row.decision) if row.decision else None
    notice = notice_from(row)
    window = window_for(notice, windows, decision)
    if notice.kind is Kind.HOLD_ENDED and not row.is_replaced_out:
        # The hold ended before its opening was told: there is nothing that this takes the place of.
        notice = replace(notice, replaces=None)
    return Due(notice=notice, body=read_body(row.content), decision=decision, window=window, zone=row.zone)
