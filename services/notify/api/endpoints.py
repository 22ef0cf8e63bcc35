"""Webhooks, self-service: register, prove, rotate secrets, test, look at the attempts, disable and enable.

A secret is shown once, in the answer that made it; the requests' role can add secrets and read none.
"""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.notify.api import shapes
from services.notify.api.endpoint_forms import Again, NewEndpoint, Owner, attempt_line, endpoint_line, owner_of
from services.notify.api.endpoint_rows import add_secret, insert, owned
from services.notify.api.feeds import After, answer, id_of
from services.notify.channels.address import AddressRefused, target_of
from services.notify.channels.signature import new_secret, shown
from services.notify.endpoints import EndpointState, set_state
from services.notify.prove import Prover
from shared.db.session import Sessions
from shared.http.access import Caller, Role, allowing
from shared.http.body import Reason, read_model, takes
from shared.http.paging import MOST, cursor, page, place_of
from shared.http.problems import Problem
from shared.runtime.clock import machine_now
from shared.runtime.ids import UuidV7

router = APIRouter(prefix="/v1/endpoints", tags=["endpoints"])

Looking = Annotated[Caller, Depends(allowing(Role.JAIL, Role.ICE, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Owning = Annotated[Caller, Depends(allowing(Role.JAIL, Role.ICE))]
#: An operator may help along, but never holds a secret.
Tending = Annotated[Caller, Depends(allowing(Role.JAIL, Role.ICE, Role.OPERATOR))]

#: Secrets of one endpoint that count at a time.
_MOST_SECRETS = 3
#: How long the old secret still signs beside the new one, machine time.
_OVERLAP = timedelta(hours=24)
_IDS = UuidV7()
_ANY = tuple(EndpointState)
_NOT_ACTIVE = tuple(state for state in EndpointState if state is not EndpointState.ACTIVE)


@router.get("", response_model=shapes.EndpointsShown)
async def list_endpoints(request: Request, caller: Looking, after: After = None) -> Response:
    """List the caller's endpoints, oldest first."""
    place = place_of(after)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await session.all(
            "SELECT * FROM notify.endpoints WHERE (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid))"
            " ORDER BY id LIMIT :most",
            after=id_of(str(place[0])) if place else None,
            most=MOST,
        )
    return answer(page([endpoint_line(row) for row in rows], cursor(rows[-1].id) if len(rows) == MOST else None))


@router.post("", status_code=201, openapi_extra=takes(NewEndpoint), response_model=shapes.Registered)
async def register(request: Request, caller: Owning) -> Response:
    """Register an endpoint and test it; it stays unproven, and gets nothing, until it has answered a test."""
    body = await read_model(request, NewEndpoint)
    owner = owner_of(caller, body.facility_ori)
    try:
        target_of(body.url, request.app.state.webhook_rules)
    except AddressRefused as error:
        raise Problem(422, "address_refused", f"Notices are not sent to this URL: {error}.") from error
    endpoint_id, secret = _IDS.new(), new_secret()
    sessions: Sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        await insert(session, endpoint_id, owner, body, caller, sessions.clock.now())
        await add_secret(session, endpoint_id, owner, secret)
    prover: Prover = request.app.state.prover
    tested = await prover.prove(endpoint_id, activating=[EndpointState.UNPROVEN])
    return answer(
        await _shown(request, caller, endpoint_id) | shown(secret, body.signature) | {"tested": attempt_line(tested)},
        201,
    )


@router.get("/{endpoint_id}", response_model=shapes.EndpointShown)
async def show_endpoint(request: Request, caller: Looking, endpoint_id: str) -> Response:
    """Give one endpoint."""
    return answer(await _shown(request, caller, id_of(endpoint_id)))


@router.post("/{endpoint_id}/rotate", response_model=shapes.Rotated)
async def rotate(request: Request, caller: Owning, endpoint_id: str) -> Response:
    """Make a new secret; the old one goes on signing beside it for a day."""
    wanted, secret = id_of(endpoint_id), new_secret()
    async with request.app.state.sessions.transaction(**caller.scope) as session:
        row = await owned(session, wanted)
        machine = machine_now()
        live = await session.one(
            "SELECT count(*) AS n FROM notify.endpoint_secrets WHERE endpoint_id = :id"
            " AND (retires_at IS NULL OR retires_at > :machine)",
            id=wanted,
            machine=machine,
        )
        if live is not None and live.n >= _MOST_SECRETS:
            raise Problem(409, "too_many_secrets", "Several secrets still count; rotate again once one has retired.")
        await session.run(
            "UPDATE notify.endpoint_secrets SET retires_at = :until WHERE endpoint_id = :id AND retires_at IS NULL",
            id=wanted,
            until=machine + _OVERLAP,
        )
        await add_secret(session, wanted, Owner(row.recipient, row.facility_ori), secret)
    old = {"old_secret_retires_at": machine + _OVERLAP}
    return answer(await _shown(request, caller, wanted) | shown(secret, row.signature) | old)


@router.post("/{endpoint_id}/test", response_model=shapes.TestedShown)
async def test(request: Request, caller: Tending, endpoint_id: str) -> Response:
    """Send a test message now, and say how it went; an unproven endpoint that answers it becomes active."""
    wanted = id_of(endpoint_id)
    await _shown(request, caller, wanted)
    tested = await request.app.state.prover.prove(wanted, activating=[EndpointState.UNPROVEN])
    return answer(attempt_line(tested) | {"state": (await _shown(request, caller, wanted))["state"]})


@router.post("/{endpoint_id}/disable", openapi_extra=takes(Reason), response_model=shapes.EndpointShown)
async def disable(request: Request, caller: Tending, endpoint_id: str) -> Response:
    """Send nothing to an endpoint any more; the feed goes on."""
    wanted, sessions = id_of(endpoint_id), request.app.state.sessions
    body = await read_model(request, Reason)
    async with sessions.transaction(**caller.scope) as session:
        await owned(session, wanted)
        await set_state(session, wanted, EndpointState.DISABLED, body.reason, sessions.clock.now(), was=_ANY)
    return answer(await _shown(request, caller, wanted))


@router.post("/{endpoint_id}/enable", response_model=shapes.Enabled)
async def enable(request: Request, caller: Tending, endpoint_id: str) -> Response:
    """Test an endpoint, and send notices to it again if it answers; what it missed lies in the feed."""
    wanted = id_of(endpoint_id)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        row = await owned(session, wanted)
        twin = await session.one(
            "SELECT 1 FROM notify.endpoints WHERE recipient = :recipient AND url = :url AND id <> :id"
            " AND state <> 'disabled'",
            recipient=row.recipient,
            url=row.url,
            id=wanted,
        )
    if twin is not None:
        raise Problem(409, "url_taken", "Another endpoint has this URL; disable that one first.")
    tested = await request.app.state.prover.prove(wanted, activating=_NOT_ACTIVE)
    line = await _shown(request, caller, wanted)
    if line["state"] != EndpointState.ACTIVE:
        raise Problem(409, "unproven", "The endpoint did not answer the test as it must.", tested=attempt_line(tested))
    return answer(line | {"tested": attempt_line(tested)})


@router.post("/{endpoint_id}/resend", status_code=202, openapi_extra=takes(Again), response_model=shapes.Resent)
async def resend(request: Request, caller: Tending, endpoint_id: str) -> Response:
    """Send notices of the feed once more; one that a later word has overtaken still is not sent."""
    wanted = id_of(endpoint_id)
    body = await read_model(request, Again)
    line = await _shown(request, caller, wanted)
    if line["state"] != EndpointState.ACTIVE:
        raise Problem(409, "not_active", "Nothing is sent to this endpoint at present; enable it first.")
    going = await request.app.state.courier.again(wanted, [id_of(each) for each in body.ids])
    return answer({"ids": going}, 202)


@router.get("/{endpoint_id}/attempts", response_model=shapes.AttemptsShown)
async def attempts(request: Request, caller: Looking, endpoint_id: str, after: After = None) -> Response:
    """List the attempts at an endpoint, the newest first."""
    wanted, place = id_of(endpoint_id), place_of(after)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        await owned(session, wanted)
        rows = await session.all(
            "SELECT id, notice_id, way, at, result, status, took_ms FROM notify.attempts WHERE endpoint_id = :id"
            " AND (CAST(:after AS uuid) IS NULL OR id < CAST(:after AS uuid)) ORDER BY id DESC LIMIT :most",
            id=wanted,
            after=id_of(str(place[0])) if place else None,
            most=MOST,
        )
    items = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return answer(page(items, cursor(rows[-1].id) if len(rows) == MOST else None))


async def _shown(request: Request, caller: Caller, endpoint_id: UUID) -> dict[str, Any]:
    async with request.app.state.sessions.reading(**caller.scope) as session:
        return endpoint_line(await owned(session, endpoint_id))
