"""Hear at once what the database calls out, over connections of their own: a stepped clock, news in a feed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from sqlalchemy.engine import make_url

from shared.domain.errors import CountersignError

log = structlog.get_logger()

_TRIES = 15
_PAUSE_S = 0.2
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Wake:
    """Something has happened that timers may wait for: the clock moved, or work was written down."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def call(self, *_: Any) -> None:
        """Wake whoever waits."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a call, or for the machine's seconds to pass, whichever comes first."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()


@asynccontextmanager
async def clock_calls(url: str, name: str, *wakes: Wake) -> AsyncIterator[None]:
    """Call every wake when the clock is stepped; and hold the process's name, so that no second one takes it."""
    connection = await _connect(url, f"{name}-clock")
    try:
        await _hold(connection, name)

        def call_all(*_: Any) -> None:
            for wake in wakes:
                wake.call()

        await connection.add_listener("countersign_clock", call_all)
        yield
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Hearer:
    """Who wants to hear: of each call, and whenever hearing begins or ends; in between calls may be missed."""

    called: Callable[[str], None]
    hears: Callable[[], None]
    is_deaf: Callable[[], None]


async def hear(channel: str, url: str, name: str, leaving: asyncio.Event, hearer: Hearer) -> None:
    """Hand on what is called out on a channel until the process leaves; a lost connection is made anew."""
    while not leaving.is_set():
        try:
            connection = await _connect(url, name)
        except _AWAY as error:
            log.warning("listen.waits", channel=channel, error=type(error).__name__)
            await _first_of(leaving, seconds=_PAUSE_S)
            continue
        try:
            await _hear_on(connection, channel, leaving, hearer)
        except _AWAY as error:
            log.warning("listen.waits", channel=channel, error=type(error).__name__)
        finally:
            hearer.is_deaf()
            connection.terminate()


async def _hear_on(
    connection: "asyncpg.Connection[asyncpg.Record]", channel: str, leaving: asyncio.Event, hearer: Hearer
) -> None:
    """Hear until the connection is lost or the process leaves."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    await connection.add_listener(channel, lambda *call: hearer.called(str(call[-1])))
    hearer.hears()
    await _first_of(leaving, lost)


async def _first_of(*events: asyncio.Event, seconds: float | None = None) -> None:
    """Wait for one of the events, or for the machine's seconds to pass."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


async def _connect(url: str, name: str) -> "asyncpg.Connection[asyncpg.Record]":
    parsed = make_url(url)
    return await asyncpg.connect(
        host=parsed.host,
        port=parsed.port,
        user=parsed.username,
        password=parsed.password,
        database=parsed.database,
        timeout=10,
        # A machine that vanished must not keep the name from its successor.
        server_settings={
            "application_name": name,
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
        },
    )


async def _hold(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    """Take the lock of this name; a process that was just killed may hold it for a moment longer."""
    for _ in range(_TRIES):
        if await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1), 1)", f"countersign.{name}"):
            return
        await asyncio.sleep(_PAUSE_S)
    raise CountersignError(f"another process named {name} is running: give this one its own COUNTERSIGN_INSTANCE")
