"""Rows of notify's tables, read into the values of the core."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from services.notify.dossier import HoldWindow, Kind, Notice, Span, Stage, WindowState
from shared.domain.events import DecisionRecorded

#: A notice and where it stands; ``n`` and ``d`` are notices and deliveries.
NOTICE = (
    "n.id, n.kind, n.recipient, n.case_id, n.detainer_id, n.decision_id, n.number, n.window_id, n.facility_ori,"
    " n.booking_number, n.outcome, n.rule, n.replaces, n.came_late, d.state, d.send_at, d.due_by, d.position"
)

read_decision = msgspec.json.Decoder(DecisionRecorded).decode
read_body = msgspec.json.Decoder(dict[str, Any]).decode
write = msgspec.json.encode


class _Window(msgspec.Struct):
    opens_at: datetime
    closes_at: datetime


class _Content(msgspec.Struct):
    window: _Window | None = None
    release_at: datetime | None = None


_read_content = msgspec.json.Decoder(_Content).decode


def window_from(row: Row[Any]) -> HoldWindow:
    """Read a row of ``notify.windows``."""
    return HoldWindow(
        id=row.id,
        case_id=row.case_id,
        detainer_id=row.detainer_id,
        decision_id=row.decision_id,
        facility_ori=row.facility_ori,
        booking_number=row.booking_number,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        clock=row.clock,
        rule=row.rule,
        citation=row.citation,
        evidence=read_body(row.evidence),
        state=WindowState(row.state),
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )


def notice_from(row: Row[Any]) -> Notice:
    """Read a row of ``NOTICE``; a column ``content``, where asked for, tells which instants it named."""
    content = getattr(row, "content", None)
    told = _read_content(content) if content else _Content()
    return Notice(
        id=row.id,
        kind=Kind(row.kind),
        recipient=row.recipient,
        facility_ori=row.facility_ori,
        detainer_id=row.detainer_id,
        number=row.number,
        stage=Stage(row.state),
        send_at=row.send_at,
        due_by=row.due_by,
        case_id=row.case_id,
        outcome=row.outcome,
        rule=row.rule,
        replaces=row.replaces,
        window_id=row.window_id,
        decision_id=row.decision_id,
        booking_number=row.booking_number,
        came_late=row.came_late,
        said=Span(told.window.opens_at, told.window.closes_at) if told.window else None,
        release_at=told.release_at,
    )
