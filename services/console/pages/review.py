"""The desk: one question with its facts, what each answer would do, and the answer with its reason."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import answers, show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.acting import Services
from services.console.explain import Explainer
from services.console.queries import reviews as queries
from services.console.queries.case import whole
from services.console.show import Values, View
from services.console.timebar import Skipped, Window, bar
from shared.http.access import Role
from shared.http.problems import Problem, not_found

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Reviewing = Annotated[Act, Depends(acting(Role.REVIEWER))]
#: Fewer characters than this say nothing to whoever reads the record later.
_LEAST_WORDS = 20


async def load(review_id: UUID, view: View) -> Values:
    """Read the question."""
    review = await queries.one(view.cases, view.stands.where, review_id)
    case = await whole(view.cases, view.stands.where, review.case_id) if review is not None else None
    if review is None or case is None:
        raise not_found()
    explainer: Explainer = view.request.app.state.explainer
    office = review.office or view.person.office or ""
    would = list(answers.would(review, case.file.case, explainer.book, view.now, office))
    given = await queries.answers_to(view.cases, review_id)
    keys = [review.claimed_by, *(row.answered_by for row in given)]
    shown = answers.facts(review, case.events)
    mine = view.person.key_id
    common = {"review": review, "mine": mine, "zone": review.place.zone, "case": case.file.case}
    return {
        "review_head": {**common, "who": await queries.who(view.cases, keys)},
        "facts": {**common, "facts": shown},
        "would": {**common, "would": [(one, _drawn(one, view)) for one in would]},
        "given": {**common, "given": given, "who": await queries.who(view.cases, keys)},
    }


def _drawn(one: answers.Would, view: View) -> Any:
    """Draw the window that a HOLD would have."""
    if one.until is None or one.until.at <= one.until.starts_at:
        return None
    skipped = tuple(
        Skipped(begins=each.start, ends=each.end, why=each.why, source=each.source) for each in one.until.skipped
    )
    window = Window(
        opens_at=one.until.starts_at,
        closes_at=one.until.at,
        ended_at=None,
        ended_by=None,
        zone=one.until.zone,
        clock=one.until.rule.value,
        calendar=one.until.calendar,
        skipped=skipped,
    )
    return bar(window, min(view.now, window.opens_at))


@router.get("/reviews/{review_id}")
async def review(request: Request, person: Looking, review_id: UUID) -> Response:
    """Show the question."""
    return await _page(request, person, review_id)


@router.get("/reviews/{review_id}/stream")
async def follow(request: Request, person: Looking, review_id: UUID) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, partial(load, review_id))


@router.post("/reviews/{review_id}/claim")
async def claim(request: Request, act: Reviewing, review_id: UUID) -> Response:
    """Take the review, so that nobody else works on it."""
    return await _do(request, act, review_id, "claim", None)


@router.post("/reviews/{review_id}/release")
async def give_back(request: Request, act: Reviewing, review_id: UUID) -> Response:
    """Give the review back."""
    return await _do(request, act, review_id, "release", None)


@router.post("/reviews/{review_id}/answer")
async def answer(request: Request, act: Reviewing, review_id: UUID) -> Response:
    """Record an answer; what was typed stays where it cannot be taken."""
    typed = {name: act.text(name) for name in ("outcome", "reason_code", "rationale")}
    lacking = _lacking(typed)
    if lacking:
        return await _page(request, act.person, review_id, trouble=lacking, typed=typed, status=422)
    return await _do(request, act, review_id, "answer", typed, typed=typed)


@router.post("/reviews/{review_id}/approve")
async def approve(request: Request, act: Reviewing, review_id: UUID) -> Response:
    """Agree with somebody else's answer, which then counts."""
    return await _second(request, act, review_id, "approve")


@router.post("/reviews/{review_id}/refuse")
async def refuse(request: Request, act: Reviewing, review_id: UUID) -> Response:
    """Refuse somebody else's answer; the question is open again."""
    return await _second(request, act, review_id, "refuse")


async def _second(request: Request, act: Act, review_id: UUID, step: str) -> Response:
    body = {"answer_id": act.text("answer_id", most=64), "rationale": act.text("second_rationale")}
    if not body["rationale"]:
        return await _page(request, act.person, review_id, trouble="Say why, in your own words.", status=422)
    return await _do(request, act, review_id, step, body)


def _lacking(typed: Mapping[str, str]) -> str | None:
    if typed["outcome"] not in answers.ANSWERS:
        return "Nothing was recorded: choose an outcome."
    if not typed["reason_code"]:
        return "Nothing was recorded: choose a reason code."
    if len(typed["rationale"]) < _LEAST_WORDS:
        return f"Nothing was recorded: say why in your own words, at least {_LEAST_WORDS} characters."
    return None


async def _do(
    request: Request,
    act: Act,
    review_id: UUID,
    step: str,
    body: Mapping[str, str] | None,
    *,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Ask decision to do it; a refusal is shown where it was asked for."""
    services: Services = request.app.state.services
    try:
        await services.ask(act.person, "POST", "decision", f"/v1/reviews/{review_id}/{step}", body)
    except Problem as problem:
        return await _page(
            request, act.person, review_id, trouble=f"Nothing was recorded. {problem.detail}", typed=typed, status=409
        )
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


async def _page(
    request: Request,
    person: Person,
    review_id: UUID,
    *,
    status: int = 200,
    trouble: str | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    return await show.page(
        request,
        person,
        "review.html",
        partial(load, review_id),
        status=status,
        stream=f"/reviews/{review_id}/stream",
        review_id=review_id,
        reasons=await _reasons(request, person),
        trouble=trouble,
        typed=typed or {"outcome": "", "reason_code": "", "rationale": ""},
    )


async def _reasons(request: Request, person: Person) -> list[dict[str, str]]:
    """Give the reasons that have a name; without decision there are none, and nothing can be answered either."""
    services: Services = request.app.state.services
    if not person.is_reviewing:
        return []
    try:
        told = await services.ask(person, "GET", "decision", "/v1/reviews/reasons")
    except Problem:
        return []
    return list(told["items"])
