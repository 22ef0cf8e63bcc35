"""Facilities: who is registered, whose law and clock they go by, and how they are reached."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.acting import Services
from services.console.explain import Explainer
from services.console.queries.facilities import register
from services.console.show import Values, View
from shared.domain.jurisdiction import Agency
from shared.http.access import Role
from shared.http.problems import Problem

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Keeping = Annotated[Act, Depends(acting(Role.OPERATOR, Role.ADMINISTRATOR))]
_FIELDS = ("ori", "name", "jurisdiction", "agency", "time_zone", "contact")


async def load(view: View) -> Values:
    """Read the register."""
    return {"register": {"rows": await register(view.cases), "stands": view.stands}}


@router.get("/facilities")
async def facilities(request: Request, person: Looking) -> Response:
    """Show the register."""
    return await _page(request, person)


@router.get("/facilities/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, load)


@router.post("/facilities")
async def put(request: Request, act: Keeping) -> Response:
    """Register a facility, or change what is registered; it counts for what is decided from now on."""
    services: Services = request.app.state.services
    typed = {name: act.text(name, most=200) for name in _FIELDS}
    body = {name: value for name, value in typed.items() if name != "ori" and value}
    try:
        await services.ask(act.person, "PUT", "intake", f"/v1/facilities/{quote(typed['ori'], safe='')}", body)
    except Problem as problem:
        return await _page(request, act.person, trouble=_said(problem), typed=typed, status=422)
    return RedirectResponse("/facilities", status_code=303)


def _said(problem: Problem) -> str:
    told = problem.members.get("told", {})
    each = "; ".join(f"{one.get('where', '').strip('/')}: {one.get('how', '')}" for one in told.get("errors", ()))
    return f"Nothing was changed. {problem.detail} {each}".strip()


async def _page(request: Request, person: Person, *, status: int = 200, **values: Any) -> Response:
    explainer: Explainer = request.app.state.explainer
    more = {
        "trouble": None,
        "typed": dict.fromkeys(_FIELDS, ""),
        "places": explainer.book.jurisdictions(),
        "agencies": [one.value for one in Agency],
        **values,
    }
    return await show.page(request, person, "facilities.html", load, status=status, stream="/facilities/stream", **more)
