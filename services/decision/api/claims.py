"""Who works on a review: claim it, let it go, hand it over. A claim runs out, so that nobody can sit on one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.decision.api import offices, review_rows
from services.decision.api.answers import claimed, over
from services.decision.api.review_forms import HandOver, ReviewShown
from services.decision.api.review_rows import COLUMNS, OPEN
from services.decision.reviewing import ReviewRules
from shared.db.session import ReadSession, Sessions, WriteSession
from shared.http.access import Caller, Role, allowing
from shared.http.body import read_model, takes
from shared.http.problems import Problem, not_found
from shared.runtime.ids import UuidV7

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

Reviewing = Annotated[Caller, Depends(allowing(Role.REVIEWER))]
_IDS = UuidV7()


@router.post("/{review_id}/claim", response_model=ReviewShown)
async def claim(request: Request, review_id: UUID, caller: Reviewing) -> dict[str, Any]:
    """Take a review, so that nobody else works on it for a while; taking one's own again changes nothing."""
    sessions: Sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        now = sessions.clock.now()
        row = await _locked(session, review_id)
        if row.claimed_by == caller.key_id and not _has_run_out(row, now):
            return await _shown(session, review_id)
        if row.state == "claimed" and not await _may_take_over(session, row, caller, now):
            raise claimed()
        await _claim(session, row, caller.key_id, request.app.state.review_rules, now)
        await review_rows.add_act(session, _IDS, row, "claimed", caller.key_id, now)
        return await _shown(session, review_id)


@router.post("/{review_id}/release", response_model=ReviewShown)
async def release(request: Request, review_id: UUID, caller: Reviewing) -> dict[str, Any]:
    """Let a review go that one has claimed; the next one may take it. One that nobody has stays as it is."""
    sessions: Sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        row = await _locked(session, review_id)
        if row.claimed_by not in (None, caller.key_id):
            raise claimed()
        if row.claimed_by is not None:
            await session.run(
                "UPDATE decision.reviews SET state = 'open', claimed_by = NULL, claimed_at = NULL,"
                " claimed_until = NULL WHERE id = :id",
                id=review_id,
            )
            await review_rows.add_act(session, _IDS, row, "released", caller.key_id, sessions.clock.now())
        return await _shown(session, review_id)


@router.post("/{review_id}/delegate", response_model=ReviewShown, openapi_extra=takes(HandOver))
async def delegate(request: Request, review_id: UUID, caller: Reviewing) -> dict[str, Any]:
    """Hand a review to another reviewer, who can answer it; the claim is then theirs."""
    body = await read_model(request, HandOver)
    sessions: Sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        now = sessions.clock.now()
        row = await _locked(session, review_id)
        if row.state == "claimed" and row.claimed_by != caller.key_id and not _has_run_out(row, now):
            raise claimed()
        other = await offices.reviewer(session, body.to)
        theirs = Caller(other.id, Role.REVIEWER, frozenset(), (), other.office, other.holder)
        if row.office is not None and (await offices.acting(session, theirs, row.office, now)).office != row.office:
            raise Problem(409, "not_their_office", f"That reviewer does not answer for {row.office}.")
        await _claim(session, row, other.id, request.app.state.review_rules, now)
        await review_rows.add_act(
            session, _IDS, row, "handed_over", caller.key_id, now, to=other.id, reason=body.reason
        )
        return await _shown(session, review_id)


async def _locked(session: WriteSession, review_id: UUID) -> Any:
    """Lock a review that waits for a person, and give it; a Problem for one that is over or not there."""
    row = await session.one(f"SELECT {COLUMNS} FROM decision.reviews WHERE id = :id FOR UPDATE", id=review_id)
    if row is None:
        raise not_found()
    if row.state not in OPEN:
        raise over()
    return row


def _has_run_out(row: Any, now: datetime) -> bool:
    return row.claimed_until is not None and row.claimed_until <= now


async def _may_take_over(session: ReadSession, row: Any, caller: Caller, now: datetime) -> bool:
    """Tell whether a claim can be taken from its holder: it has run out, or the holder is away."""
    return _has_run_out(row, now) or await offices.stands_in_for(session, caller.key_id, row.claimed_by, now)


async def _claim(session: WriteSession, row: Any, key_id: str, rules: ReviewRules, now: datetime) -> None:
    await session.run(
        "UPDATE decision.reviews SET state = 'claimed', claimed_by = :by, claimed_at = :now, claimed_until = :until"
        " WHERE id = :id",
        id=row.id,
        by=key_id,
        now=now,
        until=rules.claim_until(now, row.answer_by),
    )


async def _shown(session: ReadSession, review_id: UUID) -> dict[str, Any]:
    rows = await session.all(f"SELECT {COLUMNS} FROM decision.reviews WHERE id = :id", id=review_id)
    return (await review_rows.shown(session, rows))[0]
