"""Setting up a second factor: the password once more, the square code, a first right code, recovery codes once."""

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from services.console.access import Act, acting, people
from services.console.accounts.codes import address
from services.console.accounts.door import Door
from services.console.accounts.person import Person
from services.console.render import Pages
from shared.http.problems import not_found

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Acting = Annotated[Act, Depends(acting())]
_HERE = "/account/second-factor"
_NOT_YOURS = "That is not your password. After five wrong tries the account is locked."
_WRONG_CODE = "That is not the code of this moment. Look at the app again; its phone must show the right time."


@router.get(_HERE)
async def look(request: Request, person: Looking) -> Response:
    """Show how it stands, and what comes next."""
    return await _page(request, person)


@router.post(_HERE)
async def settle(request: Request, act: Acting) -> Response:
    """Begin, or take it into use by a first right code."""
    door = _door(request)
    if act.text("act") == "begin":
        if not await door.knows_password(act.person, act.text("password", most=256)):
            return await _page(request, act.person, trouble=_NOT_YOURS, status=422)
        await door.factors.begin(act.person)
        return RedirectResponse(_HERE, status_code=303)
    fresh = await door.factors.confirm(act.person, act.text("code", most=40))
    if fresh is None:
        return await _page(request, act.person, trouble=_WRONG_CODE, status=422)
    await door.has_set_up(act.person)
    return await _page(request, act.person, fresh=fresh)


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    if door.factors.sealer is None:
        raise not_found()
    return door


async def _page(
    request: Request, person: Person, *, trouble: str | None = None, fresh: list[str] | None = None, status: int = 200
) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    standing = await _door(request).factors.standing(person)
    values: dict[str, Any] = {
        "person": person,
        "standing": standing,
        "square": _square(address(standing.seed, person.name)) if standing.seed else None,
        "trouble": trouble,
        "fresh": fresh,
        "theme": request.cookies.get("theme", ""),
    }
    return HTMLResponse(pages.page("second_factor.html", **values), status_code=status)


def _square(text: str) -> Markup:
    """Draw a square code, dark on light in every theme, as cameras want it."""
    drawn = segno.make(text, micro=False).svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True)
    return Markup(drawn)  # noqa: S704 - drawn by a library from what we made
