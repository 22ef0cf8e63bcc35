"""Make the console's web application: its pages, its headers, and how it says that something went wrong."""

from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.console import assets
from services.console.access import SetUpFirst, SignInFirst
from services.console.headers import Headers, dress
from services.console.pages import ROUTERS
from services.console.render import Pages
from shared.db.engine import is_weather
from shared.http.app import Scraping
from shared.http.measure import Measured, figures
from shared.http.problems import Problem
from shared.runtime.metrics import FIGURES_AGE_SECONDS

log = structlog.get_logger()

#: Routes that ask nobody's name and hold no data.
OPEN = frozenset({"/healthz", "/readyz", "/sign-in", "/sign-in/elsewhere", "/sign-in/back", "/static/{digest}/{name}"})

common = APIRouter()


@common.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "alive"}


@common.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Say whether the loops move and the database answers."""
    troubles = request.app.state.progress.troubles()
    try:
        async with request.app.state.sessions.reading() as session:
            await session.one("SELECT 1")
    except Exception as error:
        if not is_weather(error):
            raise
        troubles = troubles | {"database": "does not answer"}
    told = {"status": "not ready" if troubles else "ready", "troubles": troubles}
    return JSONResponse(told | {"loops": request.app.state.progress.loops()}, status_code=503 if troubles else 200)


@common.get("/metrics")
async def metrics(request: Request, _: Scraping) -> Response:
    """Give the figures in Prometheus' text form, with how old they are; for a key, as in every service."""
    FIGURES_AGE_SECONDS.set(request.app.state.figures.age())
    return figures("console", request.app.state.progress)


def make_app(public_url: str, **state: Any) -> FastAPI:
    """Make the application; ``state`` is what its pages need."""
    app = FastAPI(title="Countersign console", docs_url=None, redoc_url=None, openapi_url=None)
    is_https = urlsplit(public_url).scheme == "https"
    for name, value in {**state, "is_https": is_https, "public_url": public_url.rstrip("/")}.items():
        setattr(app.state, name, value)
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(SetUpFirst, _set_up_first)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for kind in (DBAPIError, OSError, TimeoutError):
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(Exception, _ours)
    for router in (*ROUTERS, assets.router, common):
        app.include_router(router)
    app.add_middleware(Headers, is_https=is_https)
    app.add_middleware(Measured, service="console")
    return app


def _page(request: Request, status: int, title: str, detail: str, *, again: bool = False) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    theme = request.cookies.get("theme", "")
    return HTMLResponse(
        pages.page("problem.html", title=title, detail=detail, again=again, theme=theme), status_code=status
    )


async def _sign_in_first(request: Request, _: Exception) -> Response:
    """Send a person to the sign-in; a stream or a form is told plainly."""
    if request.method == "GET" and not request.url.path.endswith("/stream"):
        return RedirectResponse("/sign-in", status_code=303)
    return _page(request, 401, "Sign in first", "Your session has ended, and nothing was done. Sign in and repeat it.")


async def _set_up_first(request: Request, _: Exception) -> Response:
    """Send a person to where a second factor is set up; a stream or a form is told plainly."""
    if request.method == "GET" and not request.url.path.endswith("/stream"):
        return RedirectResponse("/account/second-factor", status_code=303)
    return _page(request, 403, "A second factor first", "Your role needs one, and nothing was done. Set it up first.")


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class alone
    return _page(request, error.status, error.code.replace("_", " ").capitalize(), error.detail)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 404:  # noqa: PLR2004
        return _page(request, 404, "Not found", "There is nothing here under this address that you may see.")
    return _page(request, error.status_code, "Refused", str(error.detail))


async def _invalid(request: Request, _: Exception) -> Response:
    return _page(request, 422, "Not understood", "The address asks for something in a form this page does not know.")


async def _away(request: Request, error: Exception) -> Response:
    if not is_weather(error):
        raise error
    return _page(
        request,
        503,
        "The database does not answer",
        "No deadline can be read at the moment. They all still run, and the end of each hold needs neither this page"
        " nor its services' pages. Try again in a moment; if it lasts, see the runbook.",
        again=True,
    )


async def _ours(request: Request, error: Exception) -> Response:
    """Answer for a fault of ours; the log says where it arose, and nothing of what was asked."""
    log.error("request.failed", method=request.method, exc_info=error)
    answer = _page(request, 500, "This failed", "Through a fault of ours, which is in our log. Nothing was done.")
    dress(answer.headers, is_https=request.app.state.is_https)
    return answer
