"""Dead letters: what is set aside and who waits behind it; what a retry would do; retry, discard, one or many."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.acting import Services
from services.console.messages import reveals
from services.console.messages.masking import hexdump
from services.console.queries import parked as rows
from services.console.queries.waiting import waiting
from services.console.queries.who import names
from services.console.show import Values, View
from shared.http.access import Role
from shared.http.problems import Problem, not_found
from shared.runtime.clock import machine_now

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Acting = Annotated[Act, Depends(acting(Role.OPERATOR, Role.ADMINISTRATOR))]
Asking = Annotated[Act, Depends(acting())]

_SETTLED_FOR = timedelta(days=2)
_ACTS = frozenset({"retry", "discard"})
#: Messages of a group that are listed; the others come when these are settled.
_LISTED = 100


async def load(view: View) -> Values:
    """Read what the page shows."""
    found = await rows.groups(view.cases, view.now)
    asked = view.request.query_params.get("group")
    chosen = next((group for group in found if group.name == asked), found[0] if found else None)
    shared: dict[str, Any] = {"zone": view.stands.where.common_zone, "groups": found, "machine": machine_now()}
    return {
        "parked_head": shared,
        "parked_groups": {**shared, "chosen": chosen},
        "parked_list": {**shared, "group": chosen, "listed": chosen.messages[:_LISTED] if chosen else []},
        "parked_bulk": {**shared, "acts": await rows.waiting_acts(view.own)},
        "parked_settled": {
            **shared,
            "settled": await rows.settled_since(view.cases, view.now - _SETTLED_FOR, view.now),
            "names": await names(view.own),
        },
        "waiting": {**shared, "waiting": await waiting(view.cases), "where": view.stands.where},
    }


@router.get("/parked")
async def parked(request: Request, person: Looking) -> Response:
    """Show all that is set aside."""
    return await show.page(request, person, "parked.html", load)


@router.get("/parked/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, load)


@router.post("/parked/bulk")
async def bulk(request: Request, act: Acting) -> Response:
    """Ask for an act on several messages; a second person must agree."""
    what, reason = act.text("act"), act.text("reason", most=500)
    chosen = [_name(text) for text in act.chosen("pick:")]
    if what not in _ACTS or not chosen or not reason:
        raise Problem(422, "incomplete", "Choose messages and an act, and say why.")
    if len(chosen) == 1:
        ((service, parked_id),) = chosen
        await _do(request, act.person, what, service, parked_id, reason)
    else:
        await rows.ask(request.app.state.sessions, act.person, what, chosen, reason)
    return RedirectResponse("/parked#h-parked_bulk", status_code=303)


@router.post("/parked/bulk/{bulk_id}")
async def settle(request: Request, bulk_id: UUID, act: Acting) -> Response:
    """Agree to a bulk act and run it, or refuse it; whoever asked may only refuse."""
    own, agreed = request.app.state.sessions, act.text("answer") == "agree"
    there = next((one for one in await rows.waiting_acts(own) if one.id == bulk_id), None)
    if there is None:
        raise Problem(409, "settled", "Somebody has settled this already, or it has lapsed.")
    if agreed and there.asked_by == act.person.account_id:
        raise Problem(403, "same_person", "You asked for it; somebody else must agree.")
    if agreed and act.text("phrase") != there.phrase:
        raise Problem(422, "phrase", f"Type “{there.phrase}” to agree.")
    taken = await rows.take_act(own, bulk_id, act.person, agreed=agreed)
    if taken is None:
        raise Problem(409, "settled", "Somebody has settled this already, or it has lapsed.")
    if agreed:
        outcome = {}
        for service, parked_id in taken.parked:
            try:
                await _do(request, act.person, taken.act, service, parked_id, taken.reason)
                outcome[str(parked_id)] = "done"
            except Problem as problem:
                outcome[str(parked_id)] = problem.code
        await rows.note_outcome(own, bulk_id, outcome)
    return RedirectResponse("/parked#h-parked_settled", status_code=303)


async def _do(request: Request, person: Person, what: str, service: str, parked_id: UUID, reason: str) -> None:
    services: Services = request.app.state.services
    await services.ask(person, "POST", service, f"/v1/parked/{parked_id}/{what}", {"reason": reason})


def _name(text: str) -> tuple[str, UUID]:
    service, _, parked_id = text.partition(":")
    if service not in rows.SERVICES:
        raise not_found()
    try:
        return service, UUID(parked_id)
    except ValueError:
        raise not_found() from None


async def _one(view: View, service: str, parked_id: UUID) -> Values:
    """Read one message, its shape, what a retry would do, and its bytes if they were opened."""
    it = await rows.one_of(view.cases, service, parked_id, view.now)
    if it is None:
        raise not_found()
    services: Services = view.request.app.state.services
    told = await services.ask(view.person, "GET", service, f"/v1/parked/{parked_id}") if _asks(view.person) else {}
    spot = reveals.Spot(topic=it.topic, partition=it.part, offset=it.position)
    shown_to, now = await reveals.of_message(view.own, spot), machine_now()
    until = reveals.open_until(shown_to, view.person, now, raw=True)
    raw = await reveals.parked_bytes(view.own, view.person, service, parked_id) if until else None
    return {
        "letter": {
            "it": it,
            "told": told,
            "shape": told.get("shape"),
            "reveals": shown_to,
            "raw_until": until,
            "hex": hexdump(raw or b""),
            "machine": now,
            "place": view.stands.where.of(it.facility_ori),
            "names": await names(view.own),
            "may_see_bytes": view.person.role is Role.ADMINISTRATOR,
        }
    }


def _asks(person: Person) -> bool:
    return person.role in {Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR}


@router.get("/parked/{service}/{parked_id}")
async def letter(request: Request, service: str, parked_id: UUID, person: Looking) -> Response:
    """Show one message that is set aside, and what a retry would do now."""

    async def load_one(view: View) -> Values:
        return await _one(view, service, parked_id)

    services: Services = request.app.state.services
    preview = None
    if service in rows.SERVICES and _asks(person):
        preview = await services.ask(person, "POST", service, f"/v1/parked/{parked_id}/preview")
    return await show.page(
        request,
        person,
        "letter.html",
        load_one,
        service=service,
        parked_id=parked_id,
        preview=preview,
        changes=_changes(preview),
        moved=request.query_params.get("moved") == "1",
    )


@router.get("/parked/{service}/{parked_id}/stream")
async def follow_letter(request: Request, service: str, parked_id: UUID, person: Looking) -> Response:
    """Keep the page true."""

    async def load_one(view: View) -> Values:
        return await _one(view, service, parked_id)

    return await show.stream(request, person, load_one)


def _changes(preview: dict[str, Any] | None) -> list[tuple[str, Any, Any]]:
    """List what a retry would change: the fact, how it is, how it would be."""
    if preview is None:
        return []
    before, after = preview["before"], preview["after"]
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [(name.replace("_", " "), before.get(name, "none"), after.get(name, "none")) for name in names]


@router.post("/parked/{service}/{parked_id}")
async def act_on(request: Request, service: str, parked_id: UUID, act: Acting) -> Response:
    """Retry or discard one message. A retry goes by the preview that the person saw: if things moved, it shows anew."""
    what, reason = act.text("act"), act.text("reason", most=500)
    _name(f"{service}:{parked_id}")
    if what not in _ACTS or not reason:
        raise Problem(422, "no_reason", "Say why; the reason goes into the record.")
    if what == "retry":
        services: Services = request.app.state.services
        preview = await services.ask(act.person, "POST", service, f"/v1/parked/{parked_id}/preview")
        if preview["digest"] != act.text("digest"):
            return RedirectResponse(f"/parked/{service}/{parked_id}?moved=1", status_code=303)
    await _do(request, act.person, what, service, parked_id, reason)
    return RedirectResponse(f"/parked/{service}/{parked_id}", status_code=303)


@router.post("/parked/{service}/{parked_id}/bytes")
async def open_bytes(request: Request, service: str, parked_id: UUID, act: Asking) -> Response:
    """Show the bytes for a reason and for ten minutes; a refusal is written down as well."""
    reason = act.text("reason", most=500)
    if not reason:
        raise Problem(422, "no_reason", "Say why you need to see them; the reason goes into the record.")
    async with request.app.state.requests.reading(**act.person.scope) as session:
        it = await rows.one_of(session, service, parked_id, request.app.state.clock.now())
    if it is None:
        raise not_found()
    spot = reveals.Spot(topic=it.topic, partition=it.part, offset=it.position)
    own = request.app.state.sessions
    if not await reveals.ask(own, act.person, spot, reason, act.text("reference", most=200), raw=True):
        raise Problem(403, "not_shown", "Your role may not be shown bytes. That you asked is on record.")
    return RedirectResponse(f"/parked/{service}/{parked_id}", status_code=303)
