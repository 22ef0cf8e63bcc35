"""Reviews: what waits for a person, who has it, and what was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.console.queries.places import Place, Places
from shared.db.session import ReadSession

_COLUMNS = (
    "r.id, r.case_id, r.detainer_id, r.facility_ori, r.booking_number, r.state, r.office, r.opened_at,"
    " coalesce(r.answer_by, r.due_by) AS answer_by, r.due_by, r.question, r.claimed_by, r.claimed_at,"
    " r.claimed_until, r.ended_at, coalesce(c.parked_events, 0) AS parked_events,"
    " EXISTS (SELECT FROM decision.answers a LEFT JOIN decision.approvals p ON p.answer_id = a.id"
    " WHERE a.review_id = r.id AND a.needs_second AND p.answer_id IS NULL) AS wants_second"
)
_FROM = "FROM decision.reviews r LEFT JOIN intake.cases c ON c.case_id = r.case_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review as the desk shows it."""

    id: UUID
    case_id: UUID
    detainer_id: str
    place: Place
    booking_number: str
    state: str
    office: str | None
    opened_at: datetime
    answer_by: datetime
    due_by: datetime
    facts: Mapping[str, Any]
    unknown: tuple[str, ...]
    policy: str
    rule: str
    citation: str
    claimed_by: str | None
    claimed_at: datetime | None
    claimed_until: datetime | None
    ended_at: datetime | None
    parked_events: int
    #: An answer was given and waits for a second person.
    wants_second: bool

    @property
    def is_open(self) -> bool:
        """Tell whether it still waits for somebody."""
        return self.state in ("open", "claimed")


async def waiting(session: ReadSession, where: Places, *, most: int = 500) -> list[Review]:
    """Give the reviews that wait, the most urgent first."""
    rows = await session.all(
        f"SELECT {_COLUMNS} {_FROM} WHERE r.state IN ('open', 'claimed')"
        " ORDER BY coalesce(r.answer_by, r.due_by), r.id LIMIT :most",
        most=most,
    )
    return [_review(row, where) for row in rows]


async def one(session: ReadSession, where: Places, review_id: UUID) -> Review | None:
    """Give one review; None where there is none that may be seen."""
    row = await session.one(f"SELECT {_COLUMNS} {_FROM} WHERE r.id = :id", id=review_id)
    return _review(row, where) if row is not None else None


async def answered(session: ReadSession, *, most: int = 20) -> Sequence[Any]:
    """Give the last answers, the newest first."""
    return await session.all(
        "SELECT a.answered_at, a.answer, a.office, a.reason_code, a.case_id, a.facility_ori, a.review_id,"
        " coalesce(r.answer_by, r.due_by) AS answer_by, a.needs_second, p.approves FROM decision.answers a"
        " JOIN decision.reviews r ON r.id = a.review_id LEFT JOIN decision.approvals p ON p.answer_id = a.id"
        " ORDER BY a.id DESC LIMIT :most",
        most=most,
    )


async def answers_to(session: ReadSession, review_id: UUID) -> Sequence[Any]:
    """Give every answer to a review, the newest first."""
    return await session.all(
        "SELECT a.id, a.answered_at, a.answer, a.office, a.reason_code, a.rationale, a.answered_by, a.needs_second,"
        " p.approves, p.at AS second_at, p.rationale AS second_rationale FROM decision.answers a"
        " LEFT JOIN decision.approvals p ON p.answer_id = a.id WHERE a.review_id = :id ORDER BY a.id DESC",
        id=review_id,
    )


async def who(session: ReadSession, keys: Sequence[str | None]) -> dict[str, str]:
    """Say who holds keys: the office, or what the key is called; never a person's name."""
    rows = await session.all(
        "SELECT id, coalesce(office, role) AS said FROM access.keys WHERE id = ANY (CAST(:ids AS text[]))",
        ids=sorted({key for key in keys if key}),
    )
    return {row.id: row.said for row in rows}


def _review(row: Any, where: Places) -> Review:
    question = msgspec.json.decode(row.question)
    return Review(
        id=row.id,
        case_id=row.case_id,
        detainer_id=row.detainer_id,
        place=where.of(row.facility_ori),
        booking_number=row.booking_number,
        state=row.state,
        office=row.office,
        opened_at=row.opened_at,
        answer_by=row.answer_by,
        due_by=row.due_by,
        facts=question.get("facts", {}),
        unknown=tuple(question.get("unknown", ())),
        policy=question.get("policy", ""),
        rule=question.get("rule", ""),
        citation=question.get("citation", ""),
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
        claimed_until=row.claimed_until,
        ended_at=row.ended_at,
        parked_events=row.parked_events,
        wants_second=row.wants_second,
    )
