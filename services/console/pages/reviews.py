"""The review queue: which question first, who has it, what is missing."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response

from services.console import show
from services.console.access import people
from services.console.accounts.person import Person
from services.console.queries import reviews as queries
from services.console.show import Values, View

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Which = Literal["all", "yours", "open", "second"]


async def load(which: Which, view: View) -> Values:
    """Read the queue."""
    waiting = await queries.waiting(view.cases, view.stands.where)
    mine = view.person.key_id
    kinds = {
        "all": waiting,
        "yours": [one for one in waiting if one.claimed_by == mine],
        "open": [one for one in waiting if one.state == "open"],
        "second": [one for one in waiting if one.wants_second],
    }
    answered = await queries.answered(view.cases)
    risk = {one.subject: one for one in view.stands.deadlines if one.kind == "review"}
    keys = [one.claimed_by for one in waiting]
    return {
        "reviews_head": {
            "waiting": waiting,
            "which": which,
            "counts": {name: len(each) for name, each in kinds.items()},
        },
        "queue": {
            "rows": kinds[which],
            "risk": risk,
            "mine": mine,
            "who": await queries.who(view.cases, keys),
            "which": which,
        },
        "answered": {"rows": answered, "where": view.stands.where},
    }


@router.get("/reviews")
async def reviews(request: Request, person: Looking, which: Which = "all") -> Response:
    """Show the queue."""
    return await show.page(request, person, "reviews.html", partial(load, which), which=which)


@router.get("/reviews/stream")
async def follow(request: Request, person: Looking, which: Which = "all") -> Response:
    """Keep the page true."""
    return await show.stream(request, person, partial(load, which))
