"""Who stands in for an office while its holder is away: for a while, with a reason, and told to everyone."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.decision.api import offices
from services.decision.api.places import row_id
from services.decision.api.review_forms import Delegations, DelegationShown, StandIn, instant_of
from services.decision.reviewing import ReviewRules
from shared.db.session import Sessions
from shared.http.access import Caller, Role, allowing
from shared.http.body import Reason, read_model, takes
from shared.http.paging import MOST, cursor, page
from shared.http.problems import Problem, not_found
from shared.runtime.ids import UuidV7

router = APIRouter(prefix="/v1/reviews/delegations", tags=["reviews"])

Looking = Annotated[Caller, Depends(allowing(Role.REVIEWER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Reviewing = Annotated[Caller, Depends(allowing(Role.REVIEWER))]

_IDS = UuidV7()
_COLUMNS = "id, office, from_key, to_key, starts_at, ends_at, reason, made_at, made_by, ended_by"


@router.get("", response_model=Delegations)
async def delegations(request: Request, caller: Looking, after: str | None = None, ended: bool = False) -> Any:
    """List who stands in for whom, the oldest first; those that are over only if asked for."""
    sessions: Sessions = request.app.state.sessions
    place = row_id(after)
    async with sessions.reading(**caller.scope) as session:
        rows = await session.all(
            f"SELECT {_COLUMNS} FROM decision.delegations WHERE (:ended OR ends_at > :now)"
            " AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid)) ORDER BY id LIMIT :most",
            ended=ended,
            now=sessions.clock.now(),
            after=place,
            most=MOST,
        )
    items = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return page(items, cursor(rows[-1].id) if len(rows) == MOST else None)


@router.post("", status_code=201, openapi_extra=takes(StandIn), response_model=DelegationShown)
async def stand_in(request: Request, caller: Reviewing) -> Any:
    """Let another reviewer answer for the caller's own office while the caller is away."""
    body = await read_model(request, StandIn)
    sessions: Sessions = request.app.state.sessions
    if caller.office is None:
        raise Problem(403, "no_office", "This key names no office that could be handed to somebody else.")
    async with sessions.transaction(**caller.scope) as session:
        now = sessions.clock.now()
        starts_at, ends_at = _span(body, request.app.state.review_rules, now)
        other = await offices.reviewer(session, body.to)
        if other.id == caller.key_id:
            raise Problem(422, "invalid_request", "Nobody stands in for themselves; name another reviewer's key.")
        row = await session.one(
            "INSERT INTO decision.delegations (id, office, from_key, to_key, starts_at, ends_at, reason, made_at,"
            " made_by) VALUES (:id, :office, :by, :to, :starts_at, :ends_at, :reason, :now, :by)"
            f" RETURNING {_COLUMNS}",
            id=_IDS.new(),
            office=caller.office,
            by=caller.key_id,
            to=other.id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=body.reason,
            now=now,
        )
    return _shown(row)


@router.post("/{delegation_id}/end", openapi_extra=takes(Reason), response_model=DelegationShown)
async def end(request: Request, delegation_id: UUID, caller: Reviewing) -> Any:
    """End a delegation before its time: either of the two may; one that is over stays as it was."""
    await read_model(request, Reason)
    sessions: Sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        now = sessions.clock.now()
        await session.run(
            "UPDATE decision.delegations SET ends_at = greatest(starts_at, CAST(:now AS timestamptz)), ended_by = :by"
            " WHERE id = :id AND ends_at > :now AND :by IN (from_key, to_key)",
            id=delegation_id,
            now=now,
            by=caller.key_id,
        )
        row = await session.one(
            f"SELECT {_COLUMNS} FROM decision.delegations WHERE id = :id AND :by IN (from_key, to_key)",
            id=delegation_id,
            by=caller.key_id,
        )
    if row is None:
        raise not_found()
    return _shown(row)


def _span(body: StandIn, rules: ReviewRules, now: datetime) -> tuple[datetime, datetime]:
    """Read from when to when, and refuse what has no end in sight."""
    starts_at = now if body.starts_at is None else instant_of(body.starts_at)
    ends_at = instant_of(body.ends_at)
    if starts_at is None or ends_at is None:
        raise Problem(422, "invalid_request", "Write instants as RFC 3339 with offset, such as 2012-02-24T17:00-05:00.")
    if not now < ends_at or not starts_at < ends_at or ends_at - starts_at > rules.longest_delegation:
        raise Problem(
            422,
            "invalid_request",
            f"It must end after it begins and after now, within {rules.longest_delegation.days} days.",
        )
    return starts_at, ends_at


def _shown(row: Any) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public mapping
