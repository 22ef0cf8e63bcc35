"""Reviews as requests see them: the queries behind the desk, and the forms they answer in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.decision.judge import question_digest
from services.decision.reviewing import REASONS
from shared.db.session import ReadSession, WriteSession
from shared.runtime.ids import Ids

Shown = dict[str, Any]

COLUMNS = (
    "id, case_id, detainer_id, facility_ori, booking_number, state, office, opened_at,"
    " coalesce(answer_by, due_by) AS answer_by, due_by, question,"
    " claimed_by, claimed_at, claimed_until, ended_at"
)
OPEN = ("open", "claimed")
#: Answers in the words of the API, by the rulebook's.
OUTCOMES = {"honor": "HOLD", "decline": "RELEASE"}
_ANSWERS = (
    "SELECT a.id AS answer_id, a.review_id, a.answer, a.office, a.reason_code, a.rationale, a.answered_at,"
    " a.answered_by, a.delegation_id, a.needs_second, a.rule_said, a.question_digest, p.approves AS approved,"
    " p.by_key AS second_by, p.at AS second_at, p.rationale AS second_rationale"
    " FROM decision.answers a LEFT JOIN decision.approvals p ON p.answer_id = a.id"
    " WHERE a.review_id = ANY (CAST(:ids AS uuid[])) ORDER BY a.answered_at, a.id"
)


async def shown(session: ReadSession, rows: Sequence[Any]) -> list[Shown]:
    """Show reviews, each with the answer that waits for a second person."""
    waiting = await session.all(
        f"SELECT * FROM ({_ANSWERS}) AS given WHERE needs_second AND approved IS NULL",
        ids=[row.id for row in rows if row.state in OPEN],
    )
    return [_review(row, [one for one in waiting if one.review_id == row.id]) for row in rows]


def _review(row: Any, waiting: Sequence[Any]) -> Shown:
    question = msgspec.json.decode(row.question)
    # An answer to a question that has changed since waits for nobody.
    asked = question_digest(question["facts"])
    proposed = [one for one in waiting if one.question_digest == asked]
    return dict(row._mapping) | {  # noqa: SLF001 - SQLAlchemy's public mapping
        "question": question,
        "proposal": _given(proposed[-1]) if proposed else None,
    }


async def history(session: ReadSession, review_id: UUID) -> Shown:
    """Give all that was answered and done, oldest first."""
    answers = await session.all(_ANSWERS, ids=[review_id])
    acts = await session.all(
        "SELECT at, act, by_key, to_key, reason FROM decision.review_acts WHERE review_id = :id ORDER BY at, id",
        id=review_id,
    )
    return {"answers": [_answer(row) for row in answers], "acts": [dict(row._mapping) for row in acts]}  # noqa: SLF001


def _given(row: Any) -> Shown:
    return {
        "answer_id": row.answer_id,
        "outcome": OUTCOMES[row.answer],
        "office": row.office,
        "reason_code": row.reason_code,
        "rationale": row.rationale,
        "answered_at": row.answered_at,
        "answered_by": row.answered_by,
    }


def _answer(row: Any) -> Shown:
    names = ("delegation_id", "needs_second", "approved", "second_by", "second_at", "second_rationale")
    return _given(row) | {
        **{name: getattr(row, name) for name in names},
        "reason": REASONS.get(row.reason_code),
        "rule_said": msgspec.json.decode(row.rule_said) if row.rule_said is not None else None,
    }


async def add_act(
    session: WriteSession,
    ids: Ids,
    review: Any,
    act: str,
    by: str,
    now: datetime,
    *,
    to: str | None = None,
    reason: str | None = None,
) -> None:
    """Write down what a person did with a review."""
    await session.run(
        "INSERT INTO decision.review_acts (id, review_id, case_id, facility_ori, at, act, by_key, to_key, reason)"
        " VALUES (:id, :review, :case, :ori, :now, :act, :by, :to, :reason)",
        id=ids.new(),
        review=review.id,
        case=review.case_id,
        ori=review.facility_ori,
        now=now,
        act=act,
        by=by,
        to=to,
        reason=reason,
    )
