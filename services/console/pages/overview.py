"""The overview: whether everyone is in time, and if not, what is to be done first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.console import show
from services.console.access import people
from services.console.accounts.person import Person
from services.console.show import Values, View

router = APIRouter()

Looking = Annotated[Person, Depends(people())]


async def load(view: View) -> Values:
    """Read what the overview shows."""
    return {"verdict": {"stands": view.stands}}


@router.get("/")
async def overview(request: Request, person: Looking) -> Response:
    """Show the overview."""
    return await show.page(request, person, "overview.html", load)


@router.get("/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, load)
