"""Alarms of all services in one list, the most liberty at risk first: who has taken each, and what became of others."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.acting import Services
from services.console.queries.alarms import cleared_since, open_alarms
from services.console.queries.who import names
from services.console.show import Values, View
from shared.http.access import Role
from shared.http.problems import Problem, not_found

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Acting = Annotated[Act, Depends(acting(Role.OPERATOR, Role.ADMINISTRATOR))]

#: More in one list nobody goes through; the first of them are those on which most liberty hangs.
_ROWS = 200
_CLEARED_FOR = timedelta(days=2)
_SERVICES = frozenset({"intake", "decision", "notify", "watchdog"})


async def load(view: View) -> Values:
    """Read what the page shows."""
    alarms = await open_alarms(view.cases, view.now)
    shared: dict[str, Any] = {
        "where": view.stands.where,
        "zone": view.stands.where.common_zone,
        "names": await names(view.own),
    }
    return {
        "alarms_head": {"alarms": alarms},
        "alarms_open": {**shared, "alarms": alarms[:_ROWS], "more": len(alarms) - _ROWS},
        "alarms_cleared": {**shared, "cleared": await cleared_since(view.cases, view.now - _CLEARED_FOR)},
    }


@router.get("/alarms")
async def alarms(request: Request, person: Looking) -> Response:
    """Show all alarms."""
    return await show.page(request, person, "alarms.html", load)


@router.get("/alarms/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, load)


@router.post("/alarms/{service}/{alarm_id}")
async def act_on(request: Request, service: str, alarm_id: UUID, act: Acting) -> Response:
    """Take an alarm, or clear it with a reason."""
    if service not in _SERVICES:
        raise not_found()
    services: Services = request.app.state.services
    path = f"/v1/alarms/{alarm_id}"
    if act.text("act") == "take":
        await services.ask(act.person, "POST", service, f"{path}/take")
    elif act.text("act") == "clear":
        reason = act.text("reason", most=500)
        if not reason:
            raise Problem(422, "no_reason", "Say what was done; the reason goes into the record.")
        await services.ask(act.person, "POST", service, f"{path}/clear", {"reason": reason})
    else:
        raise Problem(422, "incomplete", "An alarm is taken or cleared.")
    return RedirectResponse("/alarms", status_code=303)
