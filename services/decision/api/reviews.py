"""The review queue: what waits for a person, who has taken it, and the answer."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.decision.api import answers
from services.decision.api.places import instant_and_id
from shared.db.session import Sessions
from shared.http.access import Caller, Role, allowing
from shared.http.body import read_model, takes
from shared.http.paging import MOST, cursor, page
from shared.http.problems import Problem, not_found

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

Looking = Annotated[Caller, Depends(allowing(Role.REVIEWER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Reviewing = Annotated[Caller, Depends(allowing(Role.REVIEWER))]

_COLUMNS = (
    "id, case_id, detainer_id, facility_ori, booking_number, state, office, opened_at, due_by, question,"
    " claimed_by, claimed_at, ended_at"
)


class AnswerGiven(BaseModel):
    """What a reviewer answers, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    outcome: Literal["HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW"]
    reason_code: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    rationale: str = Field(min_length=1, max_length=4000)


@router.get("")
async def reviews(
    request: Request,
    caller: Looking,
    state: Literal["open", "claimed", "answered", "lapsed"] = "open",
    detainer_id: Annotated[str | None, Query(max_length=128, pattern=r"^[^\x00]*$")] = None,
    after: str | None = None,
) -> dict[str, Any]:
    """List reviews, the most urgent first; ``open`` gives those that somebody has claimed as well."""
    due_by, review_id = instant_and_id(after) or (None, None)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await session.all(
            f"SELECT {_COLUMNS} FROM decision.reviews WHERE state = ANY (CAST(:states AS text[]))"
            " AND (CAST(:detainer AS text) IS NULL OR detainer_id = CAST(:detainer AS text))"
            " AND (CAST(:due_by AS timestamptz) IS NULL"
            " OR (due_by, id) > (CAST(:due_by AS timestamptz), CAST(:id AS uuid)))"
            " ORDER BY due_by, id LIMIT :most",
            states=["open", "claimed"] if state == "open" else [state],
            detainer=detainer_id,
            due_by=due_by,
            id=review_id,
            most=MOST,
        )
    following = cursor(rows[-1].due_by.isoformat(), rows[-1].id) if len(rows) == MOST else None
    return page([_shown(row) for row in rows], following)


@router.post("/{review_id}/claim")
async def claim(request: Request, review_id: UUID, caller: Reviewing) -> dict[str, Any]:
    """Take a review, so that nobody else works on it; taking one's own again changes nothing."""
    sessions: Sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        taken = await session.one(
            "UPDATE decision.reviews SET state = 'claimed', claimed_by = :by, claimed_at = coalesce(claimed_at, :now)"
            " WHERE id = :id AND (state = 'open' OR (state = 'claimed' AND claimed_by = :by))"
            f" RETURNING {_COLUMNS}",
            by=caller.key_id,
            now=sessions.clock.now(),
            id=review_id,
        )
        if taken is not None:
            return _shown(taken)
        there = await session.one("SELECT state FROM decision.reviews WHERE id = :id", id=review_id)
    if there is None:
        raise not_found()
    raise answers.claimed() if there.state in answers.OPEN else answers.over()


@router.post("/{review_id}/answer", status_code=202, openapi_extra=takes(AnswerGiven))
async def answer(request: Request, review_id: UUID, caller: Reviewing) -> dict[str, Any]:
    """Take an answer as a fact, if the law leaves room for it; the decision follows at once, and is not made here."""
    given = await read_model(request, AnswerGiven)
    if given.outcome not in answers.ANSWERS:
        raise Problem(422, "no_such_answer", "Answer HOLD or RELEASE; all else follows from the law.")
    state = request.app.state
    async with state.sessions.transaction(**caller.scope) as session:
        now: datetime = state.sessions.clock.now()
        asked = await answers.lock(session, review_id)
        answer_id = await answers.already_given(session, asked, caller, given.outcome)
        if answer_id is None:
            await answers.check(session, asked, caller, given.outcome, state.rulebook, now)
            answer_id = state.parts.ids.new()
            await answers.keep(
                session,
                answers.Given(
                    id=answer_id,
                    asked=asked,
                    caller=caller,
                    outcome=given.outcome,
                    reason_code=given.reason_code,
                    rationale=given.rationale,
                    answered_at=now,
                ),
            )
            session.afterwards(state.parts.wake.call)
    return {"status": "answered", "review_id": review_id, "answer_id": answer_id}


def _shown(row: Any) -> dict[str, Any]:
    shown = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public mapping
    return shown | {"question": msgspec.json.decode(row.question)}
