"""Sessions: the only place that commits. Reading and writing are different types.

A transaction begins by reading the clock's instant where time lives in the database, so that everything
done in it is done at one instant.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.direct import Direct, Said, Speaks
from shared.db.together import Together
from shared.db.words import in_drivers_words
from shared.domain.errors import CountersignError
from shared.runtime.clock import Anchor, Clock, ClockSetting, clock_from


class ReadSession:
    """Runs queries inside one transaction."""

    def __init__(self, connection: Speaks) -> None:
        self._connection = connection

    async def all(self, sql: str, **values: Any) -> list[Row[Any]]:
        """Give every row of a query."""
        return list((await self._execute(sql, values)).all())

    async def one(self, sql: str, **values: Any) -> Row[Any] | None:
        """Give the first row of a query, or None."""
        return (await self._execute(sql, values)).first()

    async def _execute(self, sql: str, values: Mapping[str, Any]) -> Said:
        numbered, names = in_drivers_words(sql)
        return await self._connection.exec_driver_sql(numbered, tuple([values[name] for name in names]))


class WriteSession(ReadSession):
    """Runs queries and statements; what they did becomes visible together, or not at all."""

    def __init__(self, connection: Speaks) -> None:
        super().__init__(connection)
        self._afterwards: list[Callable[[], None]] = []
        self._together = Together()
        #: Under which trace the effects on a message's key go on; empty while traces are off.
        self.traces: dict[str, str] = {}

    async def run(self, sql: str, **values: Any) -> int:
        """Run a statement and give the number of rows it touched."""
        return (await self._execute(sql, values)).rowcount

    async def later(self, sql: str, **values: Any) -> None:
        """Let a statement go to the server with others of its kind: one whose outcome nobody asks for.

        It is written before anything that speaks of its table, and before the commit in any case.
        """
        if self._together.must_go_before(sql):
            await self.write_out()
        self._together.add(sql, values)

    async def write_out(self) -> None:
        """Send what waits to be written."""
        if self._together:
            sql, values = self._together.take()
            await super()._execute(sql, values)

    async def _execute(self, sql: str, values: Mapping[str, Any]) -> Said:
        if self._together.must_go_before(sql):
            await self.write_out()
        return await super()._execute(sql, values)

    def afterwards(self, act: Callable[[], None]) -> None:
        """Do something once the transaction has been committed, and only then."""
        self._afterwards.append(act)

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Try a part of the work; if it fails, only that part is undone and the error goes on."""
        await self.write_out()
        before = len(self._afterwards)
        try:
            async with self._connection.begin_nested():
                yield
                await self.write_out()
        except BaseException:
            self._together.forget()
            del self._afterwards[before:]
            raise

    def committed(self) -> None:
        """Let those who waited for the commit act."""
        for act in self._afterwards:
            act()


#: What a request wants written down with whatever it does first, in the same transaction.
beforehand: ContextVar[Callable[[WriteSession], Awaitable[None]] | None] = ContextVar("beforehand", default=None)


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
            direct = await Direct.under(connection)
            async with direct.begin():
                session = WriteSession(direct)
                await self._enter(session, scope)
                write = beforehand.get()
                if write is not None:
                    await write(session)
                yield session
                await session.write_out()
            session.committed()

    @asynccontextmanager
    async def reading(self, **scope: str) -> AsyncIterator[ReadSession]:
        """Open a transaction that only reads."""
        async with self._engine.connect() as connection:
            direct = await Direct.under(connection)
            async with direct.begin():
                session = ReadSession(direct)
                await self._enter(session, scope)
                yield session

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[ReadSession]:
        """Ask single questions without a transaction around them: a round trip each, as nobody in particular."""
        async with self._engine.connect() as connection:
            session = ReadSession(await Direct.under(connection))
            await self._enter(session, {})
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
