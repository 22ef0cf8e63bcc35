"""One case as one story: its clock, what happened and what comes next, why it was decided so, who was told."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.explain import Explainer
from services.console.messages.reveals import LASTS
from services.console.queries.case import Held, Whole, whole
from services.console.queries.copies import copies
from services.console.queries.persons import REASONS, Revealer
from services.console.show import Values, View
from services.console.story import story
from services.console.timebar import bar, close_up
from shared.http.access import Role
from shared.http.problems import Problem, not_found
from shared.runtime.clock import machine_now

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Revealing = Annotated[Act, Depends(acting(Role.OPERATOR, Role.REVIEWER))]


async def load(case_id: UUID, view: View) -> Values:
    """Read the case."""
    case = await whole(view.cases, view.stands.where, case_id)
    if case is None:
        raise not_found()
    explainer: Explainer = view.request.app.state.explainer
    revealer: Revealer = view.request.app.state.revealer
    zone = case.place.zone
    own = {(one.kind, one.detainer_id): one for one in view.stands.deadlines if one.case_id == case_id}
    reasons = [explainer.reasons(one, zone) for one in sorted(case.standing, key=lambda one: one.detainer_id)]
    return {
        "case_head": {"case": case, "zone": zone},
        "clocks": {"case": case, "drawn": [_drawn(one, view, own) for one in _shown(case)], "own": own, "zone": zone},
        "story": {"story": story(case, view.now), "zone": zone},
        "decision": {"reasons": reasons, "case": case, "zone": zone},
        "notices": {"case": case, "zone": zone},
        "copies": {"copies": await copies(view.cases, case.notices), "case_id": case_id, "zone": zone},
        "reveals": {"times": await revealer.count(case_id)},
    }


def _shown(case: Whole) -> list[Held]:
    """Give the windows to draw: all that live, or else the last one that did."""
    live = [one for one in case.holds if one.state != "closed"]
    return live or list(case.holds[:1])


def _drawn(hold: Held, view: View, own: dict[tuple[str, str], Any]) -> dict[str, Any]:
    return {
        "hold": hold,
        "bar": bar(hold.window, view.now),
        "close_up": close_up(hold.window, view.now),
        "deadline": own.get(("hold", hold.detainer_id)),
        "gone": hold.window.gone(view.now),
    }


@router.get("/cases/{case_id}")
async def case(request: Request, person: Looking, case_id: UUID) -> Response:
    """Show the case."""
    return await _page(request, person, case_id)


@router.get("/cases/{case_id}/stream")
async def follow(request: Request, person: Looking, case_id: UUID) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, partial(load, case_id))


@router.post("/cases/{case_id}/reveal")
async def reveal(request: Request, act: Revealing, case_id: UUID) -> Response:
    """Show the person's data for ten minutes; who asked and why is kept."""
    revealer: Revealer = request.app.state.revealer
    reason, reference = act.text("reason"), act.text("reference", most=200)
    if reason not in REASONS or not reference:
        return await _page(request, act.person, case_id, trouble="Choose a reason and give a reference.", status=422)
    shown = await revealer.person(act.person, case_id, reason, reference)
    if shown is None:
        raise Problem(
            404, "nothing_to_show", "Nothing is known of this person, or it was erased. The question is kept."
        )
    return await _page(request, act.person, case_id, revealed=shown, until=machine_now() + LASTS)


async def _page(request: Request, person: Person, case_id: UUID, *, status: int = 200, **more: Any) -> Response:
    values = {"revealed": None, "until": None, "trouble": None, "reasons": REASONS, "case_id": case_id, **more}
    return await show.page(
        request,
        person,
        "case.html",
        partial(load, case_id),
        status=status,
        stream=f"/cases/{case_id}/stream",
        **values,
    )
