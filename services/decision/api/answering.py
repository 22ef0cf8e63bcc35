"""Answer a review, and approve or refuse what somebody else has answered.

Where the rulebook or the house wants two persons, an answer is a proposal until another one approves it; whoever
gave it may take it back. The database refuses what this file should have: that somebody approves their own.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.decision.api import answers, offices
from services.decision.api.answers import Asked
from services.decision.api.review_forms import AnswerGiven, Second, Taken
from services.decision.api.review_rows import OPEN, OUTCOMES
from services.decision.judge import Ruling
from shared.db.session import WriteSession
from shared.http.access import Caller, Role, allowing
from shared.http.body import read_model, takes
from shared.http.problems import Problem, not_found

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

Reviewing = Annotated[Caller, Depends(allowing(Role.REVIEWER))]


@router.post("/{review_id}/answer", status_code=202, openapi_extra=takes(AnswerGiven), response_model=Taken)
async def answer(request: Request, review_id: UUID, caller: Reviewing) -> dict[str, Any]:
    """Take an answer as a fact, if the law leaves room for it; the decision follows at once, and is not made here."""
    given = await read_model(request, AnswerGiven)
    if given.outcome not in answers.ANSWERS:
        raise Problem(422, "no_such_answer", "Answer HOLD or RELEASE; all else follows from the law.")
    state = request.app.state
    async with state.sessions.transaction(**caller.scope) as session:
        now: datetime = state.sessions.clock.now()
        asked = await answers.lock(session, review_id)
        before = await answers.last_given(session, asked)
        if before is not None:
            if (before.answer, before.answered_by) != (answers.ANSWERS[given.outcome], caller.key_id):
                raise answers.refuse_another(asked, before)
            return _taken(review_id, before.id, is_proposed=before.needs_second and before.approves is None)
        answers.refuse_those_kept_away(asked, caller, now)
        acting = await offices.acting(session, caller, asked.office, now)
        tried = await answers.check(session, asked, acting.office, given.outcome, state.rulebook, now)
        kept = answers.Given(
            id=state.parts.ids.new(),
            asked=asked,
            caller=caller,
            acting=acting,
            outcome=given.outcome,
            reason_code=given.reason_code,
            rationale=given.rationale,
            answered_at=now,
            needs_second=_needs_second(request, tried.ruling),
            without=tried.without,
        )
        await answers.keep(session, kept)
        session.afterwards(state.parts.wake.call)
    return _taken(review_id, kept.id, is_proposed=kept.needs_second)


@router.post("/{review_id}/approve", status_code=202, openapi_extra=takes(Second), response_model=Taken)
async def approve(request: Request, review_id: UUID, caller: Reviewing) -> dict[str, Any]:
    """Approve somebody else's answer; it counts from now on, if the law still leaves room for it."""
    said = await read_model(request, Second)
    state = request.app.state
    async with state.sessions.transaction(**caller.scope) as session:
        now: datetime = state.sessions.clock.now()
        asked, given = await _proposed(session, review_id, said)
        if given.approves:
            return _taken(review_id, given.id, status="approved")
        if caller.key_id == given.answered_by or caller.person == given.person:
            raise Problem(403, "own_answer", "Somebody else must approve an answer: this one is your own.")
        acting = await offices.acting(session, caller, given.office, now)
        if acting.office != given.office:
            raise Problem(403, "another_office", f"A second person of the same office approves: {given.office}.")
        await answers.check(session, asked, given.office, OUTCOMES[given.answer], state.rulebook, now)
        await _second(session, asked, given, caller, said, now, approves=True)
        await answers.decide_again(session, asked, now)
        session.afterwards(state.parts.wake.call)
    return _taken(review_id, given.id, status="approved")


@router.post("/{review_id}/refuse", status_code=202, openapi_extra=takes(Second), response_model=Taken)
async def refuse(request: Request, review_id: UUID, caller: Reviewing) -> dict[str, Any]:
    """Refuse somebody else's answer, or take one's own back; the question is open again."""
    said = await read_model(request, Second)
    state = request.app.state
    async with state.sessions.transaction(**caller.scope) as session:
        now: datetime = state.sessions.clock.now()
        asked, given = await _proposed(session, review_id, said)
        if given.approves:
            raise answers.refuse_another(asked, given)
        acting = await offices.acting(session, caller, given.office, now)
        if caller.key_id != given.answered_by and acting.office != given.office:
            raise Problem(403, "another_office", f"A second person of the same office refuses: {given.office}.")
        await _second(session, asked, given, caller, said, now, approves=False)
    return _taken(review_id, given.id, status="refused")


async def _proposed(session: WriteSession, review_id: UUID, said: Second) -> tuple[Asked, Any]:
    """Lock a review and give the answer that is spoken of; a Problem where it waits for nobody."""
    asked = await answers.lock(session, review_id)
    given = await answers.last_given(session, asked)
    if asked.state not in OPEN and not (given is not None and given.approves):
        raise answers.over()
    if given is None or str(given.id) != said.answer_id or not given.needs_second:
        raise _no_longer(given)
    return asked, given


def _no_longer(given: Any) -> Problem:
    return answers.changed() if given is None else not_found()


async def _second(
    session: WriteSession, asked: Asked, given: Any, caller: Caller, said: Second, now: datetime, *, approves: bool
) -> None:
    await session.run(
        "INSERT INTO decision.approvals (answer_id, answered_by, answered_person, review_id, case_id, facility_ori,"
        " approves, by_key, by_person, office, rationale, at) VALUES (:answer, :answered_by, :answered_person, :review,"
        " :case, :ori, :approves, :by, :person, :office, :rationale, :now)",
        answer=given.id,
        answered_by=given.answered_by,
        answered_person=given.person,
        review=asked.review_id,
        case=asked.case_id,
        ori=asked.facility_ori,
        approves=approves,
        by=caller.key_id,
        person=caller.person,
        office=given.office,
        rationale=said.rationale,
        now=now,
    )


def _needs_second(request: Request, ruling: Ruling) -> bool:
    """Tell whether the rulebook or the house wants a second person for what an answer leads to."""
    state, finding = request.app.state, ruling.finding
    by_law: frozenset[Any] = state.rulebook.second_person(finding.policy)
    return finding.outcome in by_law or finding.outcome.value in state.review_rules.second_person


def _taken(review_id: UUID, answer_id: UUID, *, is_proposed: bool = False, status: str | None = None) -> dict[str, Any]:
    told = status or ("proposed" if is_proposed else "answered")
    return {"status": told, "review_id": review_id, "answer_id": answer_id}
