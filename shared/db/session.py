"""Sessions: the only place that commits. Reading and writing are different types.

A transaction begins by reading the clock's instant where time lives in the database, so that everything
done in it is done at one instant.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import CursorResult, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.domain.errors import CountersignError
from shared.runtime.clock import Anchor, Clock, ClockSetting, clock_from

#: A parameter: a colon and a name, where neither a cast nor a word goes before.
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)(?!:)")


@lru_cache(maxsize=1024)
def _in_drivers_words(sql: str) -> tuple[str, tuple[str, ...]]:
    """Give a statement with the driver's numbered parameters, and their names in that order.

    Statements are few and come again and again; compiling each anew took as long as the small ones take to run.
    """
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found[1], len(numbers) + 1)}"

    return _PARAMETER.sub(number, sql), tuple(numbers)


class ReadSession:
    """Runs queries inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self, sql: str, **values: Any) -> list[Row[Any]]:
        """Give every row of a query."""
        return list((await self._execute(sql, values)).all())

    async def one(self, sql: str, **values: Any) -> Row[Any] | None:
        """Give the first row of a query, or None."""
        return (await self._execute(sql, values)).first()

    async def _execute(self, sql: str, values: Mapping[str, Any]) -> CursorResult[Any]:
        numbered, names = _in_drivers_words(sql)
        return await self._connection.exec_driver_sql(numbered, tuple([values[name] for name in names]))


class WriteSession(ReadSession):
    """Runs queries and statements; what they did becomes visible together, or not at all."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._afterwards: list[Callable[[], None]] = []
        #: Under which trace the effects on a message's key go on; empty while traces are off.
        self.traces: dict[str, str] = {}

    async def run(self, sql: str, **values: Any) -> int:
        """Run a statement and give the number of rows it touched."""
        return (await self._execute(sql, values)).rowcount

    def afterwards(self, act: Callable[[], None]) -> None:
        """Do something once the transaction has been committed, and only then."""
        self._afterwards.append(act)

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Try a part of the work; if it fails, only that part is undone and the error goes on."""
        before = len(self._afterwards)
        try:
            async with self._connection.begin_nested():
                yield
        except BaseException:
            del self._afterwards[before:]
            raise

    def committed(self) -> None:
        """Let those who waited for the commit act."""
        for act in self._afterwards:
            act()


class Sessions:
    """Opens sessions for one database role and one clock."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self.clock = clock

    @asynccontextmanager
    async def transaction(self, **scope: str) -> AsyncIterator[WriteSession]:
        """Open a transaction that commits at the end of the block; an error rolls all of it back.

        ``scope`` sets what a request may see (``reach``, ``oris``) for this transaction alone.
        """
        async with self._engine.connect() as connection:
            async with connection.begin():
                session = WriteSession(connection)
                await self._enter(session, scope)
                yield session
            session.committed()

    @asynccontextmanager
    async def reading(self, **scope: str) -> AsyncIterator[ReadSession]:
        """Open a transaction that only reads."""
        async with self._engine.connect() as connection, connection.begin():
            session = ReadSession(connection)
            await self._enter(session, scope)
            yield session

    async def _enter(self, session: ReadSession, scope: dict[str, str]) -> None:
        """Set what the request may see and follow the clock, in one round trip; none where neither is needed."""
        wanted = [f"set_config('countersign.{name}', :{name}, true)" for name in scope]
        if self.clock.follows:
            wanted.append("(SELECT instant FROM runtime.clock) AS instant")
        if not wanted:
            return
        row = await session.one(f"SELECT {', '.join(wanted)}", **scope)
        if row is not None and self.clock.follows and row.instant is not None:
            self.clock.follow(row.instant)

    async def close(self) -> None:
        """Give back all connections."""
        await self._engine.dispose()


async def open_clock(engine: AsyncEngine, setting: ClockSetting) -> Clock:
    """Give the clock that this database lives by; ``WrongTime`` when the settings ask for another."""
    async with engine.connect() as connection:
        row = (
            await connection.execute(text("SELECT kind, starts_at, speed, machine_anchor, instant FROM runtime.clock"))
        ).first()
    if row is None:
        raise CountersignError("this database has no clock yet: run `countersign migrate` first")
    anchor = Anchor(*row)
    anchor.check(setting)
    return clock_from(anchor)
