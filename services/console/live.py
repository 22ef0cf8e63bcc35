"""Pages that stay true while one looks: their live parts are made anew each second and sent when they changed.

A page names its live parts and how to make them; the same code makes the page and the stream. What is sent is
always the state as the database has it now, never a difference, so a stream that was cut loses nothing. Those
who look at the same page share the work.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request
from fastapi.responses import StreamingResponse

from services.console.access import session_token
from services.console.accounts.door import Door
from shared.db.engine import is_weather
from shared.runtime.clock import Clock, machine_now, machine_seconds
from shared.runtime.health import Progress

#: How long what was made is good for others who look at the same page; with what making takes, well under two seconds.
_FRESH_S = 0.9
#: How often a stream looks whether its session still lives.
_SESSION_S = 10.0

#: The live parts of a page, by name: markup.
Parts = Mapping[str, str]
Make = Callable[[], Awaitable[Parts]]


@dataclass(frozen=True, slots=True)
class Made:
    """Parts as they were at an instant."""

    parts: Parts
    #: When the database was asked, machine time.
    read_at: datetime
    #: The clock's instant then.
    now: datetime


@dataclass(slots=True)
class _Shared:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    made: Made | None = None
    #: When making it began, on the machine's count of seconds.
    began: float = float("-inf")


class Live:
    """Makes live parts, once for all who look."""

    def __init__(self, clock: Clock, progress: Progress) -> None:
        self._clock = clock
        self._progress = progress
        self._shared: dict[str, _Shared] = {}

    async def made(self, key: str, make: Make, since: float) -> Made:
        """Give the parts of a page, no older than a second and none from before ``since``.

        ``key`` names who may share them.
        """
        if len(self._shared) > 500:  # noqa: PLR2004 - a bound for many different filters, not a tuning
            self._shared.clear()
        shared = self._shared.setdefault(key, _Shared())
        async with shared.lock:
            if shared.made is None or shared.began < max(since, machine_seconds() - _FRESH_S):
                shared.began, read_at = machine_seconds(), machine_now()
                shared.made = Made(await make(), read_at, self._clock.now())
            return shared.made

    async def events(self, key: str, make: Make, is_welcome: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
        """Yield server-sent events for one reader until the session ends or we do."""
        known: dict[str, str] = {}
        # Whoever begins to look has just been given the page, and must not be sent anything older.
        began, next_look = machine_seconds(), 0.0
        yield "retry: 2000\n\n"
        while not self._progress.leaving.is_set():
            try:
                if next_look < machine_seconds():
                    if not await is_welcome():
                        yield _event("over", {})
                        return
                    next_look = machine_seconds() + _SESSION_S
                made = await self.made(key, make, began)
            except Exception as error:
                if not is_weather(error):
                    raise
                yield _event("away", {})
            else:
                changed = {name: html for name, html in made.parts.items() if known.get(name) != _digest(html)}
                known |= {name: _digest(html) for name, html in changed.items()}
                if changed:
                    yield _event("parts", changed)
                yield _event("read", {"at": _ms(made.read_at), "sent": _ms(machine_now()), **clock_now(self._clock)})
            await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(1):
                await self._progress.leaving.wait()
        except TimeoutError:
            pass


def clock_now(clock: Clock) -> dict[str, float]:
    """Say what time it is and how fast it runs, for time that ticks in the browser; a stepped clock stands still."""
    return {"now": _ms(clock.now()), "speed": 0.0 if clock.follows else clock.speed}


async def stream(request: Request, key: str, make: Make) -> StreamingResponse:
    """Answer with a page's live parts, as long as the session of the request lives."""
    live: Live = request.app.state.live
    door: Door = request.app.state.door
    token = session_token(request)

    async def is_welcome() -> bool:
        return await door.is_open(token)

    return StreamingResponse(
        live.events(key, make, is_welcome),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _event(name: str, data: Mapping[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def _digest(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()


def _ms(at: datetime) -> float:
    return round(at.timestamp() * 1000)
