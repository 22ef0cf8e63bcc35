"""Signing in and out. What went wrong is never said more exactly than that it did."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.console.access import Act, acting, cookie_name, read_form, session_token
from services.console.accounts.door import Door
from services.console.render import Pages
from shared.http.problems import Problem

router = APIRouter()

_NOT_IN = "That did not work. After five wrong passwords an account is locked until an administrator opens it."


def signed_in(request: Request, answer: Response, token: str) -> Response:
    """Give the session to the browser: a fresh one at each sign-in, for this site and for HTTP alone."""
    answer.set_cookie(
        cookie_name(request), token, path="/", secure=request.app.state.is_https, httponly=True, samesite="strict"
    )
    return answer


def form(request: Request, trouble: str | None = None, *, status: int = 200) -> HTMLResponse:
    """Show the sign-in page."""
    pages: Pages = request.app.state.pages
    values: dict[str, Any] = {
        "trouble": trouble,
        "elsewhere": request.app.state.issuer is not None,
        "theme": request.cookies.get("theme", ""),
    }
    return HTMLResponse(pages.page("sign_in.html", **values), status_code=status)


@router.get("/sign-in")
async def ask(request: Request) -> Response:
    """Ask who it is; who is signed in already goes on."""
    door: Door = request.app.state.door
    if await door.person(session_token(request)) is not None:
        return RedirectResponse("/", status_code=303)
    return form(request)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Let somebody in, or say that it did not work."""
    door: Door = request.app.state.door
    fields = await read_form(request)
    token = await door.sign_in(fields.get("name", "").strip(), fields.get("password", ""))
    if token is None:
        return form(request, _NOT_IN, status=403)
    return signed_in(request, RedirectResponse("/", status_code=303), token)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    door: Door = request.app.state.door
    act: Act = await acting()(request)
    token = session_token(request)
    if token is None:
        raise Problem(403, "not_allowed", "Nobody is signed in.")
    await door.sign_out(token, act.person)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(request), path="/", secure=request.app.state.is_https, httponly=True)
    return answer
