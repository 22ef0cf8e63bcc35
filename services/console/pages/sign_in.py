"""Signing in and out. What went wrong is never said more exactly than that it did."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.console.access import Act, acting, cookie_name, read_form, session_token
from services.console.accounts.door import Door, is_same
from services.console.accounts.issuer import Away, Issuer, not_vouched
from services.console.render import Pages
from shared.http.problems import Problem, not_found
from shared.runtime.clock import machine_now

router = APIRouter()

#: How long somebody may be away at the issuer.
_AWAY_S = 600
_NOT_IN = "That did not work. After five wrong tries an account is locked until an administrator opens it."


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
        "has_factors": request.app.state.door.factors.sealer is not None,
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
    token = await door.sign_in(fields.get("name", "").strip(), fields.get("password", ""), fields.get("code", ""))
    if token is None:
        return form(request, _NOT_IN, status=403)
    return signed_in(request, RedirectResponse("/", status_code=303), token)


def _away_cookie(request: Request) -> str:
    return "__Host-countersign-away" if request.app.state.is_https else "countersign-away"


def _issuer(request: Request) -> Issuer:
    issuer: Issuer | None = request.app.state.issuer
    if issuer is None:
        raise not_found()
    return issuer


@router.get("/sign-in/elsewhere")
async def elsewhere(request: Request) -> Response:
    """Send somebody to the organisation's sign-in; what they must bring back stays in their browser."""
    away = Away.new()
    answer = RedirectResponse(await _issuer(request).way_there(away), status_code=303)
    # Lax, since the way back begins at another site; what it holds is worth nothing without the issuer's word.
    answer.set_cookie(
        _away_cookie(request),
        away.text(),
        max_age=_AWAY_S,
        path="/",
        secure=request.app.state.is_https,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/sign-in/back")
async def back(request: Request, code: str = "", state: str = "") -> Response:
    """Let in who comes back with the issuer's word and has an account here."""
    issuer, door = _issuer(request), request.app.state.door
    away = Away.read(request.cookies.get(_away_cookie(request)))
    if away is None or not code or not is_same(away.state, state):
        raise not_vouched()
    token = await door.sign_in_as(await issuer.who_came_back(away, code, int(machine_now().timestamp())))
    if token is None:
        raise Problem(403, "no_account", "You are known to the organisation, and have no open account here.")
    # A page of our own goes on from here: the cookie is for this site alone, and this request came from another.
    pages: Pages = request.app.state.pages
    page = pages.page("signed_in.html", theme=request.cookies.get("theme", ""))
    answer = signed_in(request, HTMLResponse(page), token)
    answer.delete_cookie(_away_cookie(request), path="/", secure=request.app.state.is_https, httponly=True)
    return answer


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
