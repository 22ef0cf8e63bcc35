"""Open a question for a person; take the answer. An answer is a fact, not an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.decision.judge import LAPSED, Ruling
from services.decision.review_clock import clock_of
from shared.db.session import WriteSession
from shared.domain.decision import Outcome
from shared.outbox.alarms import Alarm, raise_all
from shared.outbox.journal import canonical
from shared.runtime.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What became of a detainer's question when the detainer was looked at."""

    case_id: UUID
    detainer_id: str
    decision_id: UUID
    facility_ori: str
    booking_number: str
    ruling: Ruling
    is_answered: bool
    #: Whether a REVIEW stood before: otherwise there is none to end.
    was_open: bool

    @property
    def is_open(self) -> bool:
        """Tell whether a person is asked."""
        return self.ruling.finding.outcome is Outcome.REVIEW

    @property
    def shown(self) -> bytes:
        """Give what the reviewer is shown: the facts, what is unknown, the rule that asks, how sure its law is."""
        finding = self.ruling.finding
        return canonical(
            {
                "facts": dict(self.ruling.question or {}),
                "policy": finding.policy,
                "rule": finding.rule,
                "citation": finding.citation,
                "confidence": finding.confidence,
                "unknown": list(finding.unknown),
            }
        )


async def keep(
    session: WriteSession, ids: Ids, questions: Sequence[Question], room: timedelta, now: datetime
) -> list[tuple[str, Any]]:
    """Open, renew or end reviews, all at once; give back what is to be told as (type, data) pairs."""
    asked = [q for q in questions if q.is_open]
    settled = [q for q in questions if q.was_open and not q.is_open]
    told = await _open(session, ids, asked, room, now)
    return told + await _end(session, ids, settled, now)


async def _open(
    session: WriteSession, ids: Ids, asked: Sequence[Question], room: timedelta, now: datetime
) -> list[tuple[str, Any]]:
    """Put questions; one put before that has changed is put anew, and its clock begins anew."""
    if not asked:
        return []
    clocks = [clock_of(now, q.ruling.due_by, room) for q in asked]
    rows = await session.all(
        "INSERT INTO decision.reviews AS r (id, case_id, detainer_id, decision_id, facility_ori, booking_number, state,"
        " question, office, opened_at, due_by, answer_by, call_at)"
        " SELECT u.id, u.case_id, u.detainer_id, u.decision_id, u.ori, u.booking, 'open', u.question, u.office,"
        " CAST(:now AS timestamptz), u.due_by, u.answer_by, u.call_at"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:cases AS uuid[]), CAST(:detainers AS text[]),"
        " CAST(:decisions AS uuid[]), CAST(:oris AS text[]), CAST(:bookings AS text[]), CAST(:questions AS bytea[]),"
        " CAST(:offices AS text[]), CAST(:dues AS timestamptz[]), CAST(:answers AS timestamptz[]),"
        " CAST(:calls AS timestamptz[]))"
        " AS u (id, case_id, detainer_id, decision_id, ori, booking, question, office, due_by, answer_by, call_at)"
        " ON CONFLICT (case_id, detainer_id) WHERE state IN ('open', 'claimed') DO UPDATE SET"
        " decision_id = excluded.decision_id, question = excluded.question, office = excluded.office,"
        " due_by = excluded.due_by, answer_by = excluded.answer_by, call_at = excluded.call_at,"
        " facility_ori = excluded.facility_ori, booking_number = excluded.booking_number"
        " WHERE r.question IS DISTINCT FROM excluded.question OR r.decision_id <> excluded.decision_id"
        " RETURNING id, case_id, detainer_id, decision_id, due_by, office",
        now=now,
        ids=[ids.new() for _ in asked],
        cases=[q.case_id for q in asked],
        detainers=[q.detainer_id for q in asked],
        decisions=[q.decision_id for q in asked],
        oris=[q.facility_ori for q in asked],
        bookings=[q.booking_number for q in asked],
        questions=[q.shown for q in asked],
        offices=[q.ruling.finding.decider for q in asked],
        dues=[q.ruling.due_by for q in asked],
        answers=[clock.answer_by for clock in clocks],
        calls=[clock.next_call(now) for clock in clocks],
    )
    return [("review.opened", dict(row._mapping)) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping


async def _end(session: WriteSession, ids: Ids, settled: Sequence[Question], now: datetime) -> list[tuple[str, Any]]:
    if not settled:
        return []
    rows = await session.all(
        "UPDATE decision.reviews r SET state = CASE WHEN u.answered THEN 'answered' ELSE 'lapsed' END, ended_at = :now"
        " FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:answered AS boolean[]))"
        " AS u (case_id, detainer_id, answered)"
        " WHERE r.case_id = u.case_id AND r.detainer_id = u.detainer_id AND r.state IN ('open', 'claimed')"
        " RETURNING r.id, r.case_id, r.detainer_id, r.decision_id, r.state, r.facility_ori, r.opened_at, r.due_by",
        now=now,
        cases=[q.case_id for q in settled],
        detainers=[q.detainer_id for q in settled],
        answered=[q.is_answered for q in settled],
    )
    lapsed = {(q.case_id, q.detainer_id) for q in settled if q.ruling.finding.rule == LAPSED}
    await raise_all(
        session, "decision", ids, [_unanswered(row) for row in rows if (row.case_id, row.detainer_id) in lapsed]
    )
    told = ("id", "case_id", "detainer_id", "decision_id", "state")
    return [("review.answered", {name: getattr(row, name) for name in told}) for row in rows if row.state == "answered"]


def _unanswered(row: Any) -> Alarm:
    return Alarm(
        kind="review_lapsed",
        subject=str(row.id),
        detail="Release was due before anybody had answered: the request ended in release, as the law has it.",
        since=row.opened_at,
        due=row.due_by,
        case_id=row.case_id,
        facility_ori=row.facility_ori,
    )
