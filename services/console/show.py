"""Show a page: its own parts and the shell's, made by the same code for the page and for its stream."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, StreamingResponse

from services.console import live
from services.console.accounts.person import Person
from services.console.queries.shell import Standing, shell, standing
from services.console.render import Pages
from shared.db.session import ReadSession, Sessions
from shared.runtime.clock import machine_now


@dataclass(frozen=True, slots=True)
class View:
    """What a page is made from: who looks, the database as that person may see it, and the time."""

    request: Request
    person: Person
    #: On the console's api role: case data by the person's reach.
    cases: ReadSession
    #: The console's own rows and the services' places in logs; no case data.
    own: Sessions
    now: datetime
    #: How things stand: the register, every deadline, the services.
    stands: Standing


#: The values of each live part of a page, by the part's name: `parts/<name>.html` is filled in with them.
Values = Mapping[str, Mapping[str, Any]]
#: Reads what a page's live parts show.
Load = Callable[[View], Awaitable[Values]]


async def page(
    request: Request,
    person: Person,
    template: str,
    load: Load,
    *,
    status: int = 200,
    stream: str | None = None,
    **values: Any,
) -> HTMLResponse:
    """Give a whole page; ``values`` are what the template names beside its live parts."""
    pages: Pages = request.app.state.pages
    read_at = machine_now()
    loaded, now = await _load(request, person, load)
    parts = {name: pages.part(name, now, **each) for name, each in loaded.items()}
    markup = pages.page(
        template,
        person=person,
        parts=parts,
        loaded=loaded,
        now=now,
        read_at=read_at,
        clock=live.clock_now(request.app.state.clock),
        theme=request.cookies.get("theme", ""),
        path=request.url.path,
        stream=stream or _stream_url(request),
        **values,
    )
    return HTMLResponse(markup, status_code=status)


async def stream(request: Request, person: Person, load: Load) -> StreamingResponse:
    """Give the live parts of a page as a stream."""
    pages: Pages = request.app.state.pages

    async def make() -> dict[str, str]:
        loaded, now = await _load(request, person, load)
        return {name: str(pages.part(name, now, **each)) for name, each in loaded.items()}

    key = f"{person.role}|{person.key_id}|{request.url.path}?{request.url.query}"
    return await live.stream(request, key, make)


async def _load(request: Request, person: Person, load: Load) -> tuple[dict[str, Mapping[str, Any]], datetime]:
    state = request.app.state
    requests: Sessions = state.requests
    async with requests.reading(**person.scope) as session:
        now = state.clock.now()
        stands = await standing(session, now, state.heartbeat)
        view = View(request, person, session, state.sessions, now, stands)
        loaded = {**await shell(session, stands), **await load(view)}
    person_values = {"person": person, "path": request.url.path.removesuffix("/stream") or "/"}
    return {name: {**person_values, **values} for name, values in loaded.items()}, now


def _stream_url(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path.rstrip('/')}/stream{query}"


async def nothing(_: View) -> Values:
    """Load nothing: a page whose only live parts are the shell's."""
    return {}
