"""One statement at a time, in the seed's order; at each the connection may be lost, before or after it is done."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rig.sim.loop import current
from shared.db.session import ReadSession, Sessions, WriteSession
from shared.runtime.clock import Clock

T = TypeVar("T")

_LOCKED = "55P03"


class Lost(ConnectionError):
    """The connection broke, or a statement would have had to wait for another's lock."""


class Gate:
    """Lets one statement through at a time, after a moment of the seed's choosing."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.count: Counter[str] = Counter()
        #: How likely a statement is to meet with a misfortune; 0 while nothing goes wrong.
        self.risk = 0.0
        self._turn = asyncio.Lock()

    async def through(self, work: Coroutine[Any, Any, T], *, may_fail: bool = True) -> T:
        """Do a piece of work on the database alone; who is cancelled meanwhile is cancelled once it is done."""
        try:
            await asyncio.sleep(self.chance.uniform(0.0005, 0.01))
            if may_fail and self.chance.random() < self.risk:
                self.count["connections lost before a statement"] += 1
                raise Lost("lost before")  # noqa: TRY301 - the same clean-up as for a cancellation
        except BaseException:
            work.close()
            raise
        done = asyncio.ensure_future(self._alone(work))
        try:
            result = await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait([done])
            if isinstance(opened := done.exception() or done.result(), AsyncConnection):
                # Nobody is there any more to give it back.
                await self._alone(opened.close())
            raise
        if may_fail and self.chance.random() < self.risk:
            self.count["connections lost after a statement"] += 1
            raise Lost("lost after")
        return result

    async def surely(self, work: Coroutine[Any, Any, T]) -> T:
        """Clean up: nothing goes wrong, and whoever is cancelled meanwhile is cancelled once it is done."""
        done, cancelled = asyncio.ensure_future(self._alone(work)), False
        while not done.done():
            try:
                await asyncio.shield(done)
            except asyncio.CancelledError:
                cancelled = True
        if cancelled:
            raise asyncio.CancelledError
        return done.result()

    async def _alone(self, work: Coroutine[Any, Any, T]) -> T:
        async with self._turn:
            loop = current()
            loop.in_flight += 1
            try:
                self.count["statements"] += 1
                return await work
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == _LOCKED:
                    self.count["statements refused for a lock"] += 1
                    raise Lost("somebody else has it locked") from error
                raise
            finally:
                loop.in_flight -= 1


class _Connection:
    """A connection whose every step goes through the gate."""

    def __init__(self, real: AsyncConnection, gate: Gate) -> None:
        self._real = real
        self._gate = gate

    async def exec_driver_sql(self, statement: str, values: Any) -> Any:
        """Run a statement."""
        return await self._gate.through(self._real.exec_driver_sql(statement, values))

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """Open a savepoint."""
        point = self._real.begin_nested()
        await self._gate.through(_begin(point), may_fail=False)
        try:
            yield
        except BaseException:
            await self._gate.surely(point.rollback())
            raise
        await self._gate.through(point.commit(), may_fail=False)


async def _begin(transaction: Any) -> None:
    await transaction.start()


async def _open(engine: AsyncEngine) -> AsyncConnection:
    return await engine.connect().start()


class SimSessions(Sessions):
    """Sessions whose statements, and whose commits, go through the gate."""

    def __init__(self, engine: AsyncEngine, clock: Clock, gate: Gate) -> None:
        super().__init__(engine, clock)
        self._gate = gate

    @asynccontextmanager
    async def transaction(self, **scope: str) -> AsyncIterator[WriteSession]:
        """Open a transaction; its commit may be lost on the way there or on the way back."""
        gate = self._gate
        real = await gate.through(_open(self._engine), may_fail=False)
        try:
            begun = real.begin()
            await gate.through(_begin(begun), may_fail=False)
            try:
                session = WriteSession(_Connection(real, gate))
                await self._enter(session, scope)
                yield session
                await session.write_out()
            except BaseException:
                await gate.surely(begun.rollback())
                raise
            await gate.through(_commit(begun))
        finally:
            await gate.surely(_close(real))
        session.committed()

    @asynccontextmanager
    async def reading(self, **scope: str) -> AsyncIterator[ReadSession]:
        """Open a transaction that only reads."""
        async with self.transaction(**scope) as session:
            yield session


async def _commit(begun: Any) -> None:
    await begun.commit()


async def _close(real: AsyncConnection) -> None:
    if real.in_transaction():
        await real.rollback()
    await real.close()
