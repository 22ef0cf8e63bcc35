"""Deliveries: who has not heard, how each endpoint does, the attempts; send again, suspend, resume."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.acting import Services
from services.console.queries import deliveries as rows
from services.console.show import Values, View
from shared.http.access import Role
from shared.http.problems import Problem

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
#: A recipient's endpoints are its own: an operator may help along, and an administrator has no part in it.
Acting = Annotated[Act, Depends(acting(Role.OPERATOR))]


async def load(view: View) -> Values:
    """Read what the page shows."""
    wanted = await rows.wanted(view.cases, view.now)
    endpoints = await rows.endpoints(view.cases, view.now)
    shared: dict[str, Any] = {"where": view.stands.where, "zone": view.stands.where.common_zone}
    return {
        "deliveries_head": {"wanted": wanted, "endpoints": endpoints},
        "receipts_wanted": {**shared, "wanted": wanted, "endpoints": endpoints},
        "endpoints": {**shared, "endpoints": endpoints, "is_operator": view.person.role is Role.OPERATOR},
        "attempts": {**shared, "attempts": await rows.attempts(view.cases)},
    }


@router.get("/deliveries")
async def deliveries(request: Request, person: Looking) -> Response:
    """Show all deliveries that are not done, and the endpoints."""
    return await show.page(request, person, "deliveries.html", load)


@router.get("/deliveries/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, load)


@router.post("/deliveries/endpoints/{endpoint_id}")
async def act_on(request: Request, endpoint_id: UUID, act: Acting) -> Response:
    """Test an endpoint, suspend it with a reason, resume it, or send notices to it again."""
    services: Services = request.app.state.services
    what, path = act.text("act"), f"/v1/endpoints/{endpoint_id}"
    if what in {"test", "enable"}:
        await services.ask(act.person, "POST", "notify", f"{path}/{what}")
    elif what == "disable":
        reason = act.text("reason", most=500)
        if not reason:
            raise Problem(422, "no_reason", "Say why nothing is to be sent to it; the owner reads the reason.")
        await services.ask(act.person, "POST", "notify", f"{path}/disable", {"reason": reason})
    elif what == "resend":
        await services.ask(act.person, "POST", "notify", f"{path}/resend", {"ids": [act.text("notice")]})
    else:
        raise Problem(422, "incomplete", "Say what is to be done with it.")
    return RedirectResponse("/deliveries", status_code=303)
