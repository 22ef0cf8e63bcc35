"""Which database errors pass by themselves: judged on errors that a real Postgres and a real driver raise."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from rig.wires import PostgresWire, Proxy, Trap
from shared.db.engine import is_weather, make_engine
from tests.support.database import Database
from tests.support.ports import free_port

#: As long as a service is patient in these tests.
_SHORT_S = 0.5


async def error_of(database: Database, sql: str, **values: Any) -> BaseException:
    """Give the error that a statement ends in."""
    async with database.sessions("intake") as sessions:
        with pytest.raises(SQLAlchemyError) as caught:
            async with sessions.transaction() as session:
                await session.run(sql, **values)
    return caught.value


#: What server or driver refuse every time.
UNFIT: Sequence[tuple[str, dict[str, Any]]] = (
    ("INSERT INTO intake.identifiers VALUES ('word', :value)", {"value": "a NUL \x00"}),
    ("INSERT INTO intake.identifiers VALUES ('word', NULL)", {}),
    ("SELECT CAST(:value AS integer)", {"value": 1 << 40}),
    ("SELECT CAST(:value AS integer)", {"value": "no number"}),
    ("SELECT CAST(:value AS text)", {"value": "a lone surrogate \ud800"}),
    ("SELECT CAST(CAST(:value AS text) AS integer)", {"value": "no number"}),
    ("UPDATE decision.dossiers SET number = 1", {}),
)
#: Deadlock, serialization, too many connections, cancelled, shut down, connection lost.
PASSING = ("40P01", "40001", "53300", "57014", "57P01", "08006")


async def test_a_value_that_does_not_fit_is_no_weather(database: Database) -> None:
    """Such an event is set aside, not tried again for ever."""
    for sql, values in UNFIT:
        assert not is_weather(await error_of(database, sql, **values)), (sql, values)


async def test_what_the_server_asks_to_try_again_is_weather(database: Database) -> None:
    """The same work may succeed when it is simply done again."""
    for state in PASSING:
        sql = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
        assert is_weather(await error_of(database, sql)), state


async def test_a_connection_that_is_cut_is_weather(database: Database) -> None:
    """A server that ends our connection in the middle of a transaction is no event's fault."""

    async def cut() -> None:
        async with database.sessions("intake") as sessions, sessions.transaction() as session:
            row = await session.one("SELECT pg_backend_pid() AS pid")
            assert row is not None
            await database.run("SELECT pg_terminate_backend(:pid, 5000)", pid=row.pid)
            await session.run("INSERT INTO intake.identifiers VALUES ('word', 'a')")

    with pytest.raises(Exception, match=r".+") as caught:
        await cut()
    assert is_weather(caught.value)


async def test_a_server_that_is_not_there_is_weather() -> None:
    """Nobody listening on the port is what a restart looks like."""
    engine = make_engine(f"postgresql+asyncpg://x:x@127.0.0.1:{free_port()}/x", name="test")
    with pytest.raises(OSError, match=r".+") as caught:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    await engine.dispose()
    assert is_weather(caught.value)


async def test_a_deadlock_of_two_is_weather_to_one(database: Database) -> None:
    """Two transactions that wait for each other: one of them is told to try again, the other goes on."""
    await database.run("INSERT INTO intake.identifiers VALUES ('word', 'a'), ('word', 'b')")
    both_hold_one = asyncio.Barrier(2)

    async def take(first: str, second: str) -> BaseException | None:
        async with database.sessions("intake") as sessions:
            try:
                async with sessions.transaction() as session:
                    lock = "SELECT 1 FROM intake.identifiers WHERE value = :value FOR UPDATE"
                    await session.all(lock, value=first)
                    await both_hold_one.wait()
                    await session.all(lock, value=second)
            except SQLAlchemyError as error:
                return error
        return None

    ends = await asyncio.gather(take("a", "b"), take("b", "a"))
    errors = [end for end in ends if end is not None]
    assert len(errors) == 1
    assert is_weather(errors[0])


async def test_a_network_that_swallows_everything_is_weather(database: Database) -> None:
    """A statement that gets no answer fails in time, instead of holding up a loop for ever."""
    proxy = Proxy(PostgresWire, database.server.port, Trap(lambda _: None), dict)
    port = free_port()
    await proxy.listen(port)
    url = database.role_url("notify").replace(f":{database.server.port}/", f":{port}/")
    engine = make_engine(url, name="notify-1", pool_size=1, patience_s=_SHORT_S)
    silence = None
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            silence = asyncio.create_task(proxy.black_hole(60))
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError) as caught:
                await connection.execute(text("SELECT 1"))
            assert is_weather(caught.value)
            proxy.cut_all()
    finally:
        if silence is not None:
            silence.cancel()
        proxy.cut_all()
        await engine.dispose()
        await proxy.close()


async def test_who_stands_still_gives_its_locks_to_others(database: Database) -> None:
    """A process that sleeps in the middle of a transaction loses it, and learns that by an error that passes."""
    still = make_engine(database.role_url("notify"), name="notify-1", pool_size=1, patience_s=_SHORT_S)
    other = make_engine(database.role_url("notify"), name="notify-2", pool_size=1)
    await database.run("INSERT INTO notify.recipients VALUES ('ice', 0)")
    try:
        async with still.connect() as sleeping:
            await sleeping.execute(text("UPDATE notify.recipients SET last_position = 1"))
            async with other.begin() as working:
                # Waits for the sleeper's lock, which the server takes away.
                await working.execute(text("UPDATE notify.recipients SET last_position = 2"))
            with pytest.raises(DBAPIError) as caught:
                await sleeping.execute(text("SELECT 1"))
            assert is_weather(caught.value)
            await sleeping.invalidate()
    finally:
        await still.dispose()
        await other.dispose()
