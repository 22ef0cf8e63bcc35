"""`POST /v1/events`: 202 only after the broker has the event on every in-sync replica. And what became of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from services.intake import store
from services.intake.api.shapes import EventsTaken, EventState
from services.intake.messages import (
    BATCH,
    NDJSON,
    InboundEvent,
    Rejected,
    name_of,
    read_batch,
    read_event,
    read_lines,
    topic_key,
)
from shared.db.engine import is_weather
from shared.domain.errors import MalformedMessage
from shared.http.access import SEE_ALL, Caller, Role, allowing
from shared.http.body import BATCH_BYTES, EVENT_BYTES, read_body
from shared.http.problems import Problem, not_found
from shared.kafka.producer import OutMessage
from shared.kafka.topics import topic_for
from shared.outbox.parts import Parts
from shared.runtime import tracing

router = APIRouter(tags=["events"])

_EVENT = {
    "title": "CloudEvent",
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "maxLength": 256},
        "source": {"type": "string", "maxLength": 256},
        "type": {"type": "string", "description": "one of those listed at /schemas"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object", "description": "as /schemas/{type}/1 says"},
    },
}
#: What the route reads, for its OpenAPI: it checks the bytes itself. Generators of clients stumble over two forms of
#: one body, so the document has the form that every client needs, and tells of the others.
_TAKES = {
    "requestBody": {
        "required": True,
        "description": f"One CloudEvent, structured. A batch is an array of them, as {BATCH}, or one a line,"
        f" as {NDJSON}; binary mode has the attributes in `ce-` headers, and the data alone as body.",
        "content": {"application/cloudevents+json": {"schema": _EVENT}},
    }
}

#: How a body with several events is cut, by its content type.
_SEVERAL = {BATCH: read_batch, NDJSON: read_lines}

Sender = Annotated[Caller, Depends(allowing(Role.JAIL, Role.ICE, Role.BUREAU))]
Asker = Annotated[Caller, Depends(allowing(Role.JAIL, Role.ICE, Role.BUREAU, Role.OPERATOR, Role.AUDITOR))]


@router.post("/v1/events", status_code=202, openapi_extra=_TAKES, response_model=EventsTaken)
async def post_events(request: Request, caller: Sender) -> JSONResponse:
    """Take one CloudEvent or a batch; what the broker has not confirmed is rejected with ``retry``."""
    events, rejected = await _read(request)
    parts: Parts = request.app.state.parts
    known = await _known(parts, caller, events)
    latest = parts.clock.now() + timedelta(minutes=request.app.state.ahead_minutes)
    accepted: list[dict[str, Any]] = []
    fresh: dict[store.Name, InboundEvent] = {}
    for event in events:
        name = (event.source, event.id)
        before = fresh[name].digest if name in fresh else known.get(name)
        trouble = _trouble(caller, event, latest)
        if trouble is None and before is not None and before != event.digest:
            trouble = MalformedMessage(
                "this source and id came before with another body",
                where="/id",
                how="give a new event a new id",
                code="id_reused",
            )
        if trouble is not None:
            rejected.append(_rejection(event.id, event.source, trouble))
        elif before is not None:
            accepted.append({"id": event.id, "source": event.source, "status": "duplicate"})
        else:
            fresh[name] = event
    sent, unsent = await _send(parts, list(fresh.values()), request.headers.get(tracing.TRACEPARENT))
    accepted += [{"id": event.id, "source": event.source, "status": "accepted"} for event in sent]
    rejected += [_unconfirmed(event) for event in unsent]
    await _write_down(parts, caller, sent)
    return _answer(accepted, rejected, all_unsent=bool(unsent) and len(unsent) == len(rejected))


async def _read(request: Request) -> tuple[list[InboundEvent], list[dict[str, Any]]]:
    """Read the body: a batch or lines by its content type, else one event."""
    kind = request.headers.get("content-type", "")
    several = _SEVERAL.get(kind.partition(";")[0].strip().lower())
    body = await read_body(request, EVENT_BYTES if several is None else BATCH_BYTES)
    try:
        if several is None:
            return [read_event(body, content_type=kind, headers=request.headers)], []
        read = several(body)
    except MalformedMessage as error:
        source, event_id = name_of(body) if several is None else (None, None)
        rejected = [_rejection(event_id, source, error)] if several is None else []
        raise Problem(422, error.code, error.what, errors=[_error(error)], accepted=[], rejected=rejected) from error
    return (
        [event for event in read if isinstance(event, InboundEvent)],
        [_rejection(event.id, event.source, event.error) for event in read if isinstance(event, Rejected)],
    )


async def _known(parts: Parts, caller: Caller, events: Sequence[InboundEvent]) -> dict[store.Name, bytes]:
    """Give the digests of events heard before; without the database nothing is called a duplicate."""
    try:
        async with parts.requests.reading(**caller.scope) as session:
            return await store.digests(session, {(event.source, event.id) for event in events})
    except Exception as error:
        if not is_weather(error):
            raise
        return {}


def _trouble(caller: Caller, event: InboundEvent, latest: Any) -> MalformedMessage | None:
    """Say why this caller may not send this event, or not yet."""
    if not caller.speaks_for(event.source):
        return MalformedMessage(
            "your key does not speak for this source", where="/source", how="use your own source", code="not_yours"
        )
    if store.sender_of(event.type) != caller.role.value:
        return MalformedMessage(
            "your key does not send this type", where="/type", how="see /docs for your types", code="not_yours"
        )
    if caller.role is Role.JAIL and event.facility_ori not in caller.oris:
        return MalformedMessage(
            "your key is not this facility's", where="/data/facility_ori", how="use its key", code="not_yours"
        )
    if event.time > latest:
        return MalformedMessage(
            "the event's time has not come yet", where="/time", how="send it then", code="time_ahead"
        )
    return None


async def _send(
    parts: Parts, events: Sequence[InboundEvent], parent: str | None
) -> tuple[list[InboundEvent], list[InboundEvent]]:
    """Put events on their topics; give those that the broker confirmed, and those it did not."""
    if not events:
        return [], []
    with tracing.accepting(parent, "intake accepts") as trace:
        headers = (("content-type", b"application/cloudevents+json"), *tracing.header(trace))
        messages = [
            OutMessage(topic_for(event.type), topic_key(event).encode(), event.raw, headers) for event in events
        ]
        results = await parts.kafka.send(messages)
    confirmed = [error is None for error in results]
    return (
        [event for event, ok in zip(events, confirmed, strict=True) if ok],
        [event for event, ok in zip(events, confirmed, strict=True) if not ok],
    )


async def _write_down(parts: Parts, caller: Caller, events: Sequence[InboundEvent]) -> None:
    """Let the sender ask at once what became of an event; the topic has it already, so weather may pass."""
    if not events:
        return
    try:
        async with parts.requests.transaction(**caller.scope) as session:
            await store.mark_accepted(session, events, parts.clock.now())
    except Exception as error:
        if not is_weather(error):
            raise


def _answer(accepted: list[dict[str, Any]], rejected: list[dict[str, Any]], *, all_unsent: bool) -> JSONResponse:
    body = {"accepted": accepted, "rejected": rejected}
    if accepted or not rejected:
        return JSONResponse(body, status_code=202)
    problem = Problem(503, "not_confirmed", "The broker did not confirm the events; send them again.", **body)
    if not all_unsent:
        problem = Problem(422, "none_taken", "None of the events could be taken; each says why.", **body)
    else:
        problem.headers = {"Retry-After": "1"}
    raise problem


def _error(error: MalformedMessage) -> dict[str, Any]:
    return {"code": error.code, "what": error.what, "where": error.where, "how": error.how}


def _rejection(event_id: str | None, source: str | None, error: MalformedMessage) -> dict[str, Any]:
    return {"id": event_id, "source": source, "errors": [_error(error)]}


def _unconfirmed(event: InboundEvent) -> dict[str, Any]:
    what = {"code": "not_confirmed", "what": "the broker did not confirm it", "where": "", "how": "send it again"}
    return {"id": event.id, "source": event.source, "retry": True, "errors": [what]}


@router.get("/v1/events/{event_id:path}", response_model=EventState)
async def get_event(request: Request, event_id: str, caller: Asker, source: str | None = None) -> dict[str, Any]:
    """Say what became of an event: accepted, applied (to which case), waiting, set aside (why)."""
    if "\x00" in event_id or "\x00" in (source or ""):
        raise not_found()
    parts: Parts = request.app.state.parts
    async with parts.requests.reading(**caller.scope) as session:
        rows = await session.all(
            "SELECT source, id, type, state, reason, case_id, facility_ori, accepted_at, heard_at FROM intake.inbox"
            " WHERE id = :id AND (CAST(:source AS text) IS NULL OR source = :source) LIMIT 100",
            id=event_id,
            source=source,
        )
    rows = [row for row in rows if caller.role in SEE_ALL or caller.speaks_for(row.source)]
    if not rows:
        raise not_found()
    if len(rows) > 1:
        raise Problem(409, "several_sources", "Several of your sources use this id; add ?source=.")
    row = rows[0]
    return {
        "id": row.id,
        "source": row.source,
        "type": row.type,
        "status": row.state,
        "reason": row.reason,
        "case_id": row.case_id,
        "accepted_at": row.accepted_at,
        "heard_at": row.heard_at,
    }
