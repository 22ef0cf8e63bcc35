"""Make a service's web application: its own routes, and those that all services have."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy.exc import DBAPIError

from shared.db.engine import is_weather
from shared.db.session import Sessions
from shared.http import docs, parked, schemas
from shared.http.access import Caller, Keys, Role, allowing
from shared.http.body import Reason, read_model, takes
from shared.http.measure import Measured, figures
from shared.http.openapi import route_id, whole
from shared.http.paging import MOST, cursor, page, place_of
from shared.http.problems import Problem, not_found, speak_problems
from shared.http.repeats import Known, Repeatable, Repeats, answered_before
from shared.http.shapes import AlarmCleared, Alarms, AlarmTaken, Alive, Ready
from shared.runtime.health import Progress

#: Routes that ask nobody's name and hold no data.
OPEN = frozenset(
    {"/healthz", "/readyz", "/docs", "/docs/{file}", "/openapi.json", "/schemas", "/schemas/{kind}/{version}"}
)

common = APIRouter(tags=["service"])

Operator = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Acting = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.ADMINISTRATOR))]
#: Prometheus has a role of its own, which reads figures and nothing else.
Scraping = Annotated[Caller, Depends(allowing(Role.MONITOR, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]


@common.get("/healthz", response_model=Alive)
async def healthz() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "alive"}


_NOT_READY: dict[int | str, dict[str, Any]] = {503: {"description": "Not ready; `troubles` says why.", "model": Ready}}


@common.get("/readyz", response_model=Ready, responses=_NOT_READY)
async def readyz(request: Request) -> JSONResponse:
    """Say whether every loop makes progress and the database answers."""
    troubles = request.app.state.progress.troubles()
    try:
        async with request.app.state.sessions.reading() as session:
            await session.one("SELECT 1")
    except Exception as error:
        if not is_weather(error):
            raise
        troubles = troubles | {"database": "does not answer"}
    return JSONResponse(
        {
            "status": "ready" if not troubles else "not ready",
            "troubles": troubles,
            "loops": request.app.state.progress.loops(),
        },
        status_code=503 if troubles else 200,
    )


@common.get("/metrics", response_class=PlainTextResponse, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, _: Scraping) -> Response:
    """Give the metrics in Prometheus' text form."""
    return figures(request.app.state.service, request.app.state.progress)


@common.get("/v1/alarms", response_model=Alarms)
async def alarms(request: Request, caller: Operator, after: str | None = None, cleared: bool = False) -> dict[str, Any]:
    """List this service's alarms, oldest first."""
    schema: str = request.app.state.service
    place = place_of(after, UUID)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await session.all(
            "SELECT id, kind, subject, case_id, facility_ori, contact, detail, since, due, cleared_at, cleared_by,"
            f" cleared_reason, taken_by, taken_at FROM {schema}.alarms WHERE (cleared_at IS NULL OR :cleared)"
            " AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid)) ORDER BY id LIMIT :most",
            cleared=cleared,
            after=place[0] if place else None,
            most=MOST,
        )
    items = [dict(row._mapping) | {"service": schema} for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return page(items, cursor(rows[-1].id) if len(rows) == MOST else None)


@common.post("/v1/alarms/{alarm_id}/take", response_model=AlarmTaken)
async def take_alarm(request: Request, alarm_id: UUID, caller: Acting) -> dict[str, str]:
    """Take an alarm, so that others see that somebody is at it; a second person may take it over."""
    sessions: Sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        done = await session.run(
            f"UPDATE {request.app.state.service}.alarms SET taken_at = :now, taken_by = :by"
            " WHERE id = :id AND cleared_at IS NULL",
            now=sessions.clock.now(),
            by=caller.key_id,
            id=alarm_id,
        )
    if not done:
        raise not_found()
    return {"status": "taken"}


@common.post("/v1/alarms/{alarm_id}/clear", openapi_extra=takes(Reason), response_model=AlarmCleared)
async def clear_alarm(request: Request, alarm_id: UUID, caller: Acting) -> dict[str, str]:
    """Clear an alarm by name, with a reason."""
    body = await read_model(request, Reason)
    sessions: Sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        done = await session.run(
            f"UPDATE {request.app.state.service}.alarms SET cleared_at = :now, cleared_by = :by, cleared_reason = :why"
            " WHERE id = :id AND cleared_at IS NULL",
            now=sessions.clock.now(),
            by=caller.key_id,
            why=body.reason,
            id=alarm_id,
        )
    if not done:
        raise not_found()
    return {"status": "cleared"}


#: The routes that every service has beside its own.
COMMON = (parked.router, schemas.router, docs.router, common)
#: Of a process that hears no events and so sets none aside.
COMMON_BUT_PARKED = COMMON[1:]


async def _database_away(_: Request, error: Exception) -> JSONResponse:
    if not is_weather(error):
        raise error
    problem = Problem(503, "database_away", "The database does not answer; try again shortly.")
    return JSONResponse(
        {
            "type": f"urn:countersign:problem:{problem.code}",
            "title": "database away",
            "status": 503,
            "detail": problem.detail,
        },
        status_code=503,
        media_type="application/problem+json",
        headers={"Retry-After": "1"},
    )


def make_app(
    service: str,
    *,
    sessions: Sessions,
    keys: Keys,
    progress: Progress,
    routers: Sequence[APIRouter],
    shapes: Mapping[str, Any] = MappingProxyType({}),
    common: Sequence[APIRouter] = COMMON,
    repeats: Repeats | None = None,
    **state: Any,
) -> FastAPI:
    """Make the application. ``sessions`` runs on the api role; ``state`` is what the routes need besides.

    ``shapes`` are the event types that the service takes or tells, for their schemas; ``repeats`` keeps what was
    answered to requests that may come twice.
    """
    app = FastAPI(
        title=f"Countersign {service}",
        version="1",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=route_id,
    )
    app.state.service = service
    app.state.sessions = sessions
    app.state.keys = keys
    app.state.progress = progress
    app.state.shapes = shapes
    for name, value in state.items():
        setattr(app.state, name, value)
    speak_problems(app)
    for kind in (DBAPIError, OSError, TimeoutError):
        app.add_exception_handler(kind, _database_away)
    for router in (*routers, *common):
        app.include_router(router)
    app.openapi = cache(partial(whole, app, OPEN))  # type: ignore[method-assign] # how FastAPI has it done
    app.add_exception_handler(Known, answered_before)
    if repeats is not None:
        app.add_middleware(Repeatable, repeats=repeats)
    app.add_middleware(Measured, service=service)
    return app
