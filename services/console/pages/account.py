"""One's own account: who is signed in, the theme, the keys, and what the console's words and shapes mean."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.door import Door
from services.console.accounts.person import Person
from shared.http.problems import Problem

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
_YEAR_S = 365 * 86_400
_THEMES = ("system", "light", "dark")


@router.get("/account")
async def account(request: Request, person: Looking) -> Response:
    """Show the account."""
    theme = request.cookies.get("theme", "system")
    keys = "off" if request.cookies.get("keys") == "off" else "on"
    door: Door = request.app.state.door
    standing = await door.factors.standing(person) if door.factors.sealer is not None else None
    return await show.page(
        request, person, "account.html", show.nothing, chosen=theme, keys=keys, rules=door.rules, factor=standing
    )


@router.get("/account/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, show.nothing)


@router.post("/account")
async def settle(request: Request, act: Annotated[Act, Depends(acting())]) -> Response:
    """Keep what was chosen, in this browser."""
    theme, keys = act.text("theme"), act.text("keys")
    if theme not in _THEMES or keys not in ("on", "off"):
        raise Problem(422, "no_such_choice", "Choose one of what is offered.")
    answer = RedirectResponse("/account", status_code=303)
    for name, value in (("theme", theme), ("keys", keys)):
        answer.set_cookie(name, value, max_age=_YEAR_S, path="/", secure=request.app.state.is_https, samesite="strict")
    return answer
