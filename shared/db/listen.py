"""Hear at once when the clock is stepped, over one connection of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from shared.domain.errors import CountersignError

_TRIES = 15
_PAUSE_S = 0.2


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
    parsed = make_url(url)
    connection = await asyncpg.connect(
        host=parsed.host,
        port=parsed.port,
        user=parsed.username,
        password=parsed.password,
        database=parsed.database,
        # A machine that vanished must not keep the name from its successor.
        server_settings={
            "application_name": f"{name}-clock",
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
        },
    )
    try:
        await _hold(connection, name)

        def call_all(*_: Any) -> None:
            for wake in wakes:
                wake.call()

        await connection.add_listener("countersign_clock", call_all)
        yield
    finally:
        await connection.close()


async def _hold(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    """Take the lock of this name; a process that was just killed may hold it for a moment longer."""
    for _ in range(_TRIES):
        if await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1), 1)", f"countersign.{name}"):
            return
        await asyncio.sleep(_PAUSE_S)
    raise CountersignError(f"another process named {name} is running: give this one its own COUNTERSIGN_INSTANCE")
