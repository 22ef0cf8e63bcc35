"""One event that waits for a booking: which bookings are near, in words; link it or let it go."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.acting import Services
from services.console.queries.waiting import waiting
from services.console.show import Values, View
from shared.http.access import Role
from shared.http.problems import Problem, not_found

router = APIRouter()

Looking = Annotated[Person, Depends(people(Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Acting = Annotated[Act, Depends(acting(Role.OPERATOR, Role.ADMINISTRATOR))]


async def load(view: View) -> Values:
    """Read the event and what is near it."""
    asked = view.request.query_params
    source, event_id = asked.get("source", ""), asked.get("id", "")
    it = next((one for one in await waiting(view.cases) if (one.source, one.id) == (source, event_id)), None)
    if it is None:
        raise not_found()
    services: Services = view.request.app.state.services
    path = f"/v1/waiting/{quote(event_id, safe='')}/candidates"
    told: dict[str, Any] = await services.ask(view.person, "GET", "intake", path, source=source)
    return {
        "waiting_one": {
            "it": it,
            "candidates": told["items"],
            "where": view.stands.where,
            "zone": view.stands.where.common_zone,
        }
    }


@router.get("/waiting")
async def event(request: Request, person: Looking) -> Response:
    """Show an event that waits; without one named, the list of them."""
    if not request.query_params.get("id"):
        return RedirectResponse("/parked#h-waiting", status_code=303)
    return await show.page(request, person, "waiting.html", load)


@router.get("/waiting/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, load)


@router.post("/waiting")
async def settle(request: Request, act: Acting) -> Response:
    """Link the event to a booking, or let it go."""
    services: Services = request.app.state.services
    source, event_id, reason = act.text("source"), act.text("id"), act.text("reason", most=500)
    path = f"/v1/waiting/{quote(event_id, safe='')}"
    if not reason:
        raise Problem(422, "no_reason", "Say why; the reason goes into the record.")
    if act.text("act") == "link":
        body = {"source": source, "booking": act.text("booking"), "reason": reason}
        await services.ask(act.person, "POST", "intake", f"{path}/link", body)
    else:
        await services.ask(act.person, "POST", "intake", f"{path}/discard", {"source": source, "reason": reason})
    return RedirectResponse("/parked#h-waiting", status_code=303)
