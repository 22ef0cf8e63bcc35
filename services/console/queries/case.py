"""Everything of one case but the person: what was sent, decided, told, and what is to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.console.queries.overview import window_of
from services.console.queries.places import Place, Places
from services.console.timebar import Window
from shared.db import casebook
from shared.db.casebook import CaseFile
from shared.db.session import ReadSession

#: A story longer than this is told from its end; no honest case comes near.
_MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A recorded decision."""

    id: UUID
    detainer_id: str
    number: int
    outcome: str
    policy: str
    rule: str
    citation: str
    decided_at: datetime
    decided_by: str
    due_by: datetime
    supersedes: UUID | None
    rulebook_version: int
    rulebook_digest: str
    snapshot_digest: str
    explanation: Mapping[str, Any]
    #: The facts as they were, or None where they were erased.
    facts: Mapping[str, Any] | None
    jurisdiction: str
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hold window of the case."""

    id: UUID
    detainer_id: str
    state: str
    rule: str
    citation: str
    window: Window
    start_event: str
    #: Whether the second calculator agreed; None where it has not said.
    agrees: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notice and how far it has come."""

    id: UUID
    kind: str
    recipient: str
    detainer_id: str
    outcome: str | None
    state: str
    send_at: datetime
    due_by: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    late_since: datetime | None
    unacknowledged_since: datetime | None
    receipt_by: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A case with all of its records."""

    file: CaseFile
    place: Place
    decisions: Sequence[Decided]
    holds: Sequence[Held]
    notices: Sequence[Told]
    events: Sequence[Any]
    reviews: Sequence[Any]
    answers: Sequence[Any]

    @property
    def standing(self) -> list[Decided]:
        """Give the last decision of each detainer."""
        last: dict[str, Decided] = {}
        for one in self.decisions:
            last[one.detainer_id] = one
        return list(last.values())


async def whole(session: ReadSession, where: Places, case_id: UUID) -> Whole | None:
    """Read a case; None where there is none that may be seen."""
    file = (await casebook.case_files(session, [case_id])).get(case_id)
    if file is None:
        return None
    place = where.of(file.facility_ori)
    return Whole(
        file=file,
        place=place,
        decisions=await _decisions(session, case_id),
        holds=await _holds(session, case_id, place.zone),
        notices=await _notices(session, case_id),
        events=await session.all(
            "SELECT time, type, source, id, detainer_id, state, reason, heard_at FROM intake.inbox"
            " WHERE case_id = :case ORDER BY time DESC, source, id LIMIT :most",
            case=case_id,
            most=_MOST,
        ),
        reviews=await session.all(
            "SELECT id, detainer_id, state, office, opened_at, coalesce(answer_by, due_by) AS answer_by, due_by,"
            " claimed_by, claimed_at, ended_at FROM decision.reviews WHERE case_id = :case ORDER BY opened_at",
            case=case_id,
        ),
        answers=await session.all(
            "SELECT a.answered_at, a.answer, a.office, a.reason_code, a.rationale, a.detainer_id, a.needs_second,"
            " p.approves, p.at AS second_at FROM decision.answers a LEFT JOIN decision.approvals p"
            " ON p.answer_id = a.id WHERE a.case_id = :case ORDER BY a.answered_at",
            case=case_id,
        ),
    )


async def _decisions(session: ReadSession, case_id: UUID) -> list[Decided]:
    rows = await session.all(
        "SELECT d.*, s.facts AS snapshot FROM decision.decisions d LEFT JOIN decision.snapshots s"
        " ON s.decision_id = d.id WHERE d.case_id = :case ORDER BY d.detainer_id, d.number",
        case=case_id,
    )
    return [_decided(row) for row in rows]


def _decided(row: Any) -> Decided:
    snapshot = msgspec.json.decode(row.snapshot) if row.snapshot is not None else {}
    return Decided(
        id=row.id,
        detainer_id=row.detainer_id,
        number=row.number,
        outcome=row.outcome,
        policy=row.policy,
        rule=row.rule,
        citation=row.citation,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        due_by=row.due_by,
        supersedes=row.supersedes,
        rulebook_version=row.rulebook_version,
        rulebook_digest=row.rulebook_digest,
        snapshot_digest=row.snapshot_digest.hex(),
        explanation=msgspec.json.decode(row.explanation),
        facts=snapshot.get("facts"),
        jurisdiction=snapshot.get("facility", {}).get("jurisdiction", ""),
        as_of=row.as_of,
    )


async def _holds(session: ReadSession, case_id: UUID, zone: str) -> list[Held]:
    rows = await session.all(
        "SELECT id, detainer_id, state, rule, citation, opens_at, closes_at, ended_at, ended_by, clock, evidence"
        " FROM notify.windows WHERE case_id = :case ORDER BY (state = 'closed'), opens_at DESC, id DESC",
        case=case_id,
    )
    return [_held(row, zone) for row in rows]


def _held(row: Any, zone: str) -> Held:
    evidence = msgspec.json.decode(row.evidence)
    start, second = evidence.get("start_event") or {}, evidence.get("second_count") or {}
    return Held(
        id=row.id,
        detainer_id=row.detainer_id,
        state=row.state,
        rule=row.rule,
        citation=row.citation,
        window=window_of(row, zone),
        start_event=" ".join(str(start[name]) for name in ("source", "id") if name in start),
        agrees=second.get("agrees"),
    )


async def _notices(session: ReadSession, case_id: UUID) -> list[Told]:
    rows = await session.all(
        "SELECT n.id, n.kind, n.recipient, n.detainer_id, n.outcome, d.state, d.send_at, d.due_by, d.sent_at,"
        " d.delivered_at, d.acknowledged_at, d.late_since, d.unacknowledged_since, d.receipt_by,"
        " (SELECT count(*) FROM notify.attempts a WHERE a.notice_id = n.id) AS attempts"
        " FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id WHERE n.case_id = :case"
        " ORDER BY d.send_at DESC, n.id DESC",
        case=case_id,
    )
    return [Told(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
