"""What was set aside, for operators: list it, look at its shape, retry or discard it with a reason."""

import hashlib
import json
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from shared.domain.errors import CountersignError
from shared.http.access import Caller, Role, allowing
from shared.http.body import Reason, read_model, takes
from shared.http.paging import MOST, cursor, page, place_of
from shared.http.problems import Problem, not_found
from shared.http.shapes import ParkedList, ParkedWhole, Preview, Settled

router = APIRouter(tags=["parked"])

Looking = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Acting = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.ADMINISTRATOR))]

_COLUMNS = (
    "id, topic, part AS partition, position AS offset, code, reason, place, mend, source, event_id, event_type,"
    " facility_ori, case_id, case_key, state, parked_at, settled_at, settled_by, settled_reason"
)
_DEEPEST = 16
#: How we name fields; a key of another form may be anybody's name.
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")


@router.get("/v1/parked", response_model=ParkedList)
async def list_parked(
    request: Request, caller: Looking, after: str | None = None, state: str = "parked", case_id: UUID | None = None
) -> dict[str, Any]:
    """List what this service has set aside, oldest first."""
    place = place_of(after, UUID)
    schema: str = request.app.state.service
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await session.all(
            f"SELECT {_COLUMNS} FROM {schema}.parked WHERE state = :state"
            " AND (CAST(:case_id AS uuid) IS NULL OR case_id = CAST(:case_id AS uuid))"
            " AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid)) ORDER BY id LIMIT :most",
            state=state,
            case_id=case_id,
            after=place[0] if place else None,
            most=MOST,
        )
    items = [dict(row._mapping) | {"service": schema} for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return page(items, cursor(rows[-1].id) if len(rows) == MOST else None)


@router.get("/v1/parked/{parked_id}", response_model=ParkedWhole)
async def show_parked(request: Request, parked_id: UUID, caller: Looking) -> dict[str, Any]:
    """Show one: why, where, how to mend it, and the shape of its message without what it says."""
    schema: str = request.app.state.service
    async with request.app.state.sessions.reading(**caller.scope) as session:
        row = await session.one(f"SELECT {_COLUMNS}, message FROM {schema}.parked WHERE id = :id", id=parked_id)
    if row is None:
        raise not_found()
    shown = dict(row._mapping) | {"service": schema}  # noqa: SLF001 - SQLAlchemy's public mapping
    message: bytes = shown.pop("message") or b""
    return shown | {"bytes": len(message), "sha256": hashlib.sha256(message).hexdigest(), "shape": shape_of(message)}


@router.post("/v1/parked/{parked_id}/retry", openapi_extra=takes(Reason), response_model=Settled)
async def retry(request: Request, parked_id: UUID, caller: Acting) -> dict[str, str]:
    """Handle the event again; harmless if somebody was quicker."""
    body = await read_model(request, Reason)
    try:
        done = await request.app.state.parking.retry(parked_id, caller.key_id, body.reason)
    except CountersignError as error:
        raise Problem(409, "still_unhandled", f"It cannot be handled yet, and stays set aside: {error}") from error
    return await _settled(request, parked_id, caller, done=done, state="retried")


@router.post("/v1/parked/{parked_id}/preview", response_model=Preview)
async def preview(request: Request, parked_id: UUID, caller: Looking) -> dict[str, Any]:
    """Tell what a retry would do, found out by doing it and taking it back; nothing is changed.

    ``digest`` names the state it was tried on: whoever acts on it can see whether things have moved since.
    """
    tried = await request.app.state.parking.preview(parked_id)
    if tried is None:
        state = await _settled(request, parked_id, caller, done=False, state="")
        return {"would": "nothing", "why": f"it is {state['status']} already", "before": {}, "after": {}, "digest": ""}
    digest = hashlib.sha256(json.dumps(tried.before, default=str, sort_keys=True).encode()).hexdigest()[:16]
    return {
        "would": "be set aside again" if tried.why_not else "be handled",
        "why": tried.why_not,
        "before": tried.before,
        "after": tried.after,
        "digest": digest,
    }


@router.post("/v1/parked/{parked_id}/discard", openapi_extra=takes(Reason), response_model=Settled)
async def discard(request: Request, parked_id: UUID, caller: Acting) -> dict[str, str]:
    """Let the event go; what queued behind it goes on."""
    body = await read_model(request, Reason)
    done = await request.app.state.parking.discard(parked_id, caller.key_id, body.reason)
    return await _settled(request, parked_id, caller, done=done, state="discarded")


async def _settled(request: Request, parked_id: UUID, caller: Caller, *, done: bool, state: str) -> dict[str, str]:
    if done:
        return {"status": state}
    async with request.app.state.sessions.reading(**caller.scope) as session:
        row = await session.one(f"SELECT state FROM {request.app.state.service}.parked WHERE id = :id", id=parked_id)
    if row is None:
        raise not_found()
    return {"status": row.state}


def shape_of(message: bytes) -> Any:
    """Give a JSON message with every value replaced by its kind, so that it can be looked at without reading it.

    Keys of our form stay; one of another form is replaced like a value.
    """
    try:
        return _shape(json.loads(message), 0)
    except (ValueError, RecursionError):
        return "no JSON"


def _key(key: str) -> str:
    return key if _FIELD.fullmatch(key) else f"key of {len(key)}"


def _shape(value: Any, depth: int) -> Any:
    if isinstance(value, dict | list) and depth >= _DEEPEST:
        return "too deep"
    if isinstance(value, dict):
        return {_key(key): _shape(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_shape(each, depth + 1) for each in value]
    if value is None:
        return None
    return f"text of {len(value)}" if isinstance(value, str) else type(value).__name__
