"""Speak to the driver's own connection: SQLAlchemy opens it, keeps it and names its errors, and stays out of the rest.

Through its cursor a small statement costs the processor some three times what it costs without.
"""

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, Self

import asyncpg
from sqlalchemy import Row
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

#: What goes wrong at the server, or between us and it.
_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError)
#: Statements are few, and each stays prepared; beyond so many something makes them up, and all are forgotten.
_MOST_PREPARED = 500
_PREPARED = "countersign.prepared"


class Said(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """Give how many rows it touched."""
        ...

    def all(self) -> Sequence[Row[Any]]:
        """Give every row."""
        ...

    def first(self) -> Row[Any] | None:
        """Give the first row, or None."""
        ...


class Speaks(Protocol):
    """A connection in the middle of a transaction."""

    def exec_driver_sql(self, statement: str, parameters: Any, /) -> Awaitable[Said]:
        """Run a statement that is in the driver's own words."""
        ...

    def begin_nested(self) -> AbstractAsyncContextManager[Any]:
        """Open a savepoint for the length of a block."""
        ...


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement that the server knows already, and how its rows are read."""

    statement: "asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]"
    names: SimpleResultMetaData | None

    def rows(self, records: Sequence[asyncpg.Record]) -> Sequence[Row[Any]]:
        if self.names is None or not records:
            return ()
        result: IteratorResult[Any] = IteratorResult(self.names, map(tuple, records))
        return result.all()


@dataclass(frozen=True, slots=True)
class _Answer:
    """Rows and their number, as SQLAlchemy would give them."""

    rows: Sequence[Row[Any]]
    rowcount: int

    def all(self) -> Sequence[Row[Any]]:
        return self.rows

    def first(self) -> Row[Any] | None:
        return self.rows[0] if self.rows else None


class Direct:
    """The driver's connection under one of SQLAlchemy's."""

    def __init__(self, connection: AsyncConnection, adapted: Any, prepared: dict[str, _Prepared]) -> None:
        self._connection = connection
        self._adapted = adapted
        self._driver: asyncpg.Connection[asyncpg.Record] = adapted.driver_connection
        self._prepared = prepared
        self._points = 0

    @classmethod
    async def under(cls, connection: AsyncConnection) -> Self:
        """Give what lies under an open connection; what was prepared on it before is kept with it."""
        raw = await connection.get_raw_connection()
        return cls(connection, raw.dbapi_connection, raw.info.setdefault(_PREPARED, {}))

    async def exec_driver_sql(self, statement: str, parameters: Sequence[Any], /) -> _Answer:
        """Run a statement with the driver's numbered parameters."""
        try:
            known = self._prepared.get(statement) or await self._prepare(statement)
            records = await known.statement.fetch(*parameters)
        except _ERRORS as error:
            self._refuse(error, statement)
        return _Answer(known.rows(records), _count(known.statement.get_statusmsg()))

    async def _prepare(self, statement: str) -> _Prepared:
        if len(self._prepared) >= _MOST_PREPARED:
            self._prepared.clear()
        prepared = await self._driver.prepare(statement)
        names = [column.name for column in prepared.get_attributes()]
        known = _Prepared(prepared, SimpleResultMetaData(names) if names else None)
        self._prepared[statement] = known
        return known

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[None]:
        """Open a transaction that is committed at the end of the block; an error rolls all of it back.

        A connection of which nobody can tell how it stands is not used again.
        """
        try:
            await self._say("BEGIN")
            yield
            await self._say("COMMIT")
        except BaseException:
            await self._take_back("ROLLBACK")
            raise
        finally:
            if self._driver.is_closed() or self._driver.is_in_transaction():
                await self._connection.invalidate()

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """Open a savepoint; an error undoes what was done since, and goes on."""
        self._points += 1
        point = f"point_{self._points}"
        await self._say(f"SAVEPOINT {point}")
        try:
            yield
        except BaseException:
            await self._take_back(f"ROLLBACK TO SAVEPOINT {point}")
            raise
        await self._say(f"RELEASE SAVEPOINT {point}")

    async def _say(self, word: str) -> None:
        try:
            await self._driver.execute(word)
        except _ERRORS as error:
            self._refuse(error, word)

    async def _take_back(self, word: str) -> None:
        """Undo what can be undone: with the connection lost, the server has done it."""
        with suppress(*_ERRORS, OSError):
            await self._driver.execute(word)

    def _refuse(self, error: Exception, statement: str) -> NoReturn:
        """Raise an error as SQLAlchemy names it: without what the parameters were."""
        if isinstance(error, asyncpg.InvalidCachedStatementError):
            self._prepared.clear()
        known = self._adapted.dbapi.Error
        try:
            self._adapted._handle_exception(error)  # noqa: SLF001 - the one place where it translates the driver's errors
        except known as named:
            raise DBAPIError.instance(
                statement,
                None,
                named,
                known,
                hide_parameters=True,
                connection_invalidated=self._driver.is_closed(),
            ) from error
        raise error


def _count(status: str) -> int:
    """Give how many rows a statement touched, from the words it ends with: ``UPDATE 3``, ``INSERT 0 3``."""
    number = status.rpartition(" ")[2]
    return int(number) if number.isdigit() else -1
