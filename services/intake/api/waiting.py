"""The waiting list: events without a booking, which an operator links or lets go."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.shapes import Candidates, LetGoDone, Linked, WaitingList
from services.intake.candidates import candidates
from services.intake.handlers import Intake
from shared.http.access import Caller, Role, allowing
from shared.http.body import read_model, takes
from shared.http.paging import MOST, cursor, instant, page, place_of, plain
from shared.http.problems import Problem, not_found
from shared.outbox.parts import Parts

router = APIRouter(tags=["waiting"])

Looking = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Acting = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.ADMINISTRATOR))]

_BOOKING = re.compile(r"([A-Z]{2}[A-Z0-9]{7})/(.{1,64})")


class Link(BaseModel):
    """To which booking a waiting event belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)

    #: The event's CloudEvents source.
    source: str = Field(min_length=1, max_length=256)
    #: ``ORI/booking number``.
    booking: str = Field(min_length=11, max_length=80)
    reason: str = Field(default="", max_length=500)


class LetGo(BaseModel):
    """Why a waiting event is let go."""

    model_config = ConfigDict(extra="forbid", strict=True)

    source: str = Field(min_length=1, max_length=256)
    reason: str = Field(min_length=1, max_length=500)


@router.get("/v1/waiting", response_model=WaitingList)
async def list_waiting(request: Request, caller: Looking, after: str | None = None) -> dict[str, Any]:
    """List events that wait for a booking, longest first."""
    place = place_of(after, instant, plain, plain) or [None, None, None]
    parts: Parts = request.app.state.parts
    async with parts.requests.reading(**caller.scope) as session:
        rows = await session.all(
            "SELECT source, id, type, facility_ori, reason, time, since, ask_at, asked_at FROM intake.waiting"
            " WHERE CAST(:since AS timestamptz) IS NULL"
            " OR (since, source, id) > (CAST(:since AS timestamptz), :source, :id)"
            " ORDER BY since, source, id LIMIT :most",
            since=place[0],
            source=place[1],
            id=place[2],
            most=MOST,
        )
    items = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    last = rows[-1] if len(rows) == MOST else None
    return page(items, cursor(last.since.isoformat(), last.source, last.id) if last else None)


@router.get("/v1/waiting/{event_id:path}/candidates", response_model=Candidates)
async def list_candidates(request: Request, event_id: str, _: Looking, source: str) -> dict[str, Any]:
    """List the bookings that a waiting event comes nearest to: what is alike, and never what it says."""
    parts: Parts = request.app.state.parts
    # Persons are compared on the pipeline's role, so that no request reads them.
    async with parts.sessions.reading() as session:
        found = await candidates(session, (source, event_id))
    if found is None:
        raise not_found()
    return page(found, None)


@router.post("/v1/waiting/{event_id:path}/link", openapi_extra=takes(Link), response_model=Linked)
async def link(request: Request, event_id: str, caller: Acting) -> dict[str, Any]:
    """Put a waiting event on a booking; the link is kept against the matcher."""
    body = await read_model(request, Link)
    match = _BOOKING.fullmatch(body.booking)
    if match is None:
        raise Problem(422, "invalid_booking", "A booking is named ORI/number, such as CT0009300/12-004711.")
    parts: Parts = request.app.state.parts
    intake: Intake = request.app.state.intake
    # An operator sees every county, and the link changes a case: this is the pipeline's work, done on its role.
    async with parts.sessions.transaction() as session:
        case_id = await intake.link(session, (body.source, event_id), match[1], match[2], parts.clock.now())
    if case_id is None:
        raise not_found()
    return {"status": "linked", "case_id": case_id, "by": caller.key_id}


@router.post("/v1/waiting/{event_id:path}/discard", openapi_extra=takes(LetGo), response_model=LetGoDone)
async def discard(request: Request, event_id: str, caller: Acting) -> dict[str, Any]:
    """Let a waiting event go, with a reason; it stays on record as discarded."""
    body = await read_model(request, LetGo)
    parts: Parts = request.app.state.parts
    intake: Intake = request.app.state.intake
    async with parts.sessions.transaction() as session:
        done = await intake.let_go(session, (body.source, event_id), f"{caller.key_id}: {body.reason}")
    if not done:
        raise not_found()
    return {"status": "discarded", "by": caller.key_id}
