"""The review queue: what waits for a person, by when, and all that was done with it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.decision.api import review_rows
from services.decision.api.places import instant_and_id
from services.decision.api.review_forms import Reasons, Reviewers, Reviews, ReviewWhole
from services.decision.api.review_rows import COLUMNS, OPEN
from services.decision.reviewing import REASONS
from shared.http.access import Caller, Role, allowing
from shared.http.paging import MOST, cursor, page, place_of, plain
from shared.http.problems import not_found

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

Looking = Annotated[Caller, Depends(allowing(Role.REVIEWER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Text = Annotated[str | None, Query(max_length=128, pattern=r"^[^\x00]*$")]


@router.get("", response_model=Reviews)
async def reviews(
    request: Request,
    caller: Looking,
    state: Literal["open", "claimed", "answered", "lapsed"] = "open",
    detainer_id: Text = None,
    facility_ori: Text = None,
    office: Text = None,
    after: str | None = None,
) -> dict[str, Any]:
    """List reviews, the most urgent first; ``open`` gives those that somebody has claimed as well."""
    due_by, review_id = instant_and_id(after) or (None, None)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await session.all(
            f"SELECT {COLUMNS} FROM decision.reviews WHERE state = ANY (CAST(:states AS text[]))"
            " AND (CAST(:detainer AS text) IS NULL OR detainer_id = CAST(:detainer AS text))"
            " AND (CAST(:ori AS text) IS NULL OR facility_ori = CAST(:ori AS text))"
            " AND (CAST(:office AS text) IS NULL OR office = CAST(:office AS text))"
            " AND (CAST(:due_by AS timestamptz) IS NULL"
            " OR (due_by, id) > (CAST(:due_by AS timestamptz), CAST(:id AS uuid)))"
            " ORDER BY due_by, id LIMIT :most",
            states=list(OPEN) if state == "open" else [state],
            detainer=detainer_id,
            ori=facility_ori,
            office=office,
            due_by=due_by,
            id=review_id,
            most=MOST,
        )
        shown = await review_rows.shown(session, rows)
    following = cursor(rows[-1].due_by.isoformat(), rows[-1].id) if len(rows) == MOST else None
    return page(shown, following)


@router.get("/reasons", response_model=Reasons)
async def reasons(_: Looking) -> dict[str, Any]:
    """List the reasons that have a name; an answer may give another one, which stands as it is."""
    return page([{"code": code, "meaning": meaning} for code, meaning in REASONS.items()], None)


@router.get("/reviewers", response_model=Reviewers)
async def reviewers(request: Request, caller: Looking, after: str | None = None) -> dict[str, Any]:
    """List the keys that answer reviews, so that one can be handed over or stand in."""
    place = place_of(after, plain)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await session.all(
            "SELECT id, office, label FROM access.keys WHERE role = :role AND revoked_at IS NULL"
            " AND (CAST(:after AS text) IS NULL OR id > CAST(:after AS text)) ORDER BY id LIMIT :most",
            role=Role.REVIEWER.value,
            after=place[0] if place else None,
            most=MOST,
        )
    items = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return page(items, cursor(rows[-1].id) if len(rows) == MOST else None)


@router.get("/{review_id}", response_model=ReviewWhole)
async def review(request: Request, review_id: UUID, caller: Looking) -> dict[str, Any]:
    """Give one review with every answer, what the rule would have said without it, and all that was done."""
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await session.all(f"SELECT {COLUMNS} FROM decision.reviews WHERE id = :id", id=review_id)
        if not rows:
            raise not_found()
        (shown,) = await review_rows.shown(session, rows)
        return shown | await review_rows.history(session, review_id)
