"""Cases: where a booking is, found by number and never by name."""

from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import show
from services.console.access import people
from services.console.accounts.person import Person
from services.console.queries.cases import Wanted, find
from services.console.show import Values, View

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Number = Annotated[str, Query(max_length=128, pattern=r"^[^\x00]*$")]
Outcome = Literal["", "HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW"]


def wanted(
    number: Number = "",
    facility: Annotated[str, Query(max_length=9, pattern=r"^[A-Z0-9]*$")] = "",
    outcome: Outcome = "",
    state: Literal["running", "ended"] = "running",
    within: Literal["", "1", "4", "24"] = "",
    due: Literal["", "hold", "answer", "review", "receipt"] = "",
    page: Annotated[int, Query(ge=1, le=4000)] = 1,
) -> Wanted:
    """Read what is asked for."""
    return Wanted(
        number=number.strip(), facility=facility, outcome=outcome, state=state, within=within, due=due, page=page
    )


Asked = Annotated[Wanted, Depends(wanted)]


async def load(asked: Wanted, view: View) -> Values:
    """Read a page of cases."""
    found = await find(view.cases, view.stands.where, view.stands.deadlines, asked, view.now)
    return {
        "cases_head": {"stands": view.stands},
        "cases": {"found": found, "asked": asked, "link": partial(link, asked)},
    }


def link(asked: Wanted, **change: object) -> str:
    """Give the address of the same question with something changed."""
    fields = {
        name: getattr(asked, name) for name in ("number", "facility", "outcome", "state", "within", "due", "page")
    }
    said = {name: value for name, value in {**fields, **change}.items() if value and (name, value) not in _PLAIN}
    return f"/cases?{urlencode(said)}" if said else "/cases"


_PLAIN = {("state", "running"), ("page", 1)}


@router.get("/cases")
async def cases(request: Request, person: Looking, asked: Asked) -> Response:
    """Show the cases."""
    return await show.page(request, person, "cases.html", partial(load, asked), asked=asked)


@router.get("/cases/stream")
async def follow(request: Request, person: Looking, asked: Asked) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, partial(load, asked))
