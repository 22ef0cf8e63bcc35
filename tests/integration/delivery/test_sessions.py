"""Transactions on the driver's own connection: whole or not at all, and no connection is used that is in doubt."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.db.session import Sessions, WriteSession
from tests.support.database import Database

ADD = "INSERT INTO intake.identifiers VALUES ('word', :value)"
FORGET = "DELETE FROM intake.outbox WHERE key = :value"


async def words(sessions: Sessions) -> list[str]:
    """Give what was written down."""
    async with sessions.reading() as session:
        return [row.value for row in await session.all("SELECT value FROM intake.identifiers ORDER BY value")]


async def test_what_is_left_for_later_is_there_after_the_commit(database: Database) -> None:
    """Statements that wait for each other go out at the end, in whatever company."""
    async with database.sessions("intake") as sessions:
        async with sessions.transaction() as session:
            await session.later(ADD, value="a")
            await session.later(FORGET, value="a")
        assert await words(sessions) == ["a"]


async def test_whoever_asks_for_a_table_sees_what_was_left_for_later(database: Database) -> None:
    """A transaction sees what it has written, sent or not; and two changes of one row both take place."""
    async with database.sessions("intake") as sessions, sessions.transaction() as session:
        await session.later(ADD, value="a")
        await session.later("UPDATE intake.identifiers SET value = value || 'b' WHERE kind = 'word'")
        await session.later("UPDATE intake.identifiers SET value = value || 'c' WHERE kind = 'word'")
        row = await session.one("SELECT value FROM intake.identifiers")
    assert row is not None
    assert row.value == "abc"


async def test_a_part_that_fails_takes_what_it_left_for_later_with_it(database: Database) -> None:
    """What was left before the part stays; what was left in it is gone, also where only the sending fails."""
    async with database.sessions("intake") as sessions:
        async with sessions.transaction() as session:
            await session.later(ADD, value="before")
            with pytest.raises(KeyError):
                await _leave_and_fail(session)
            with pytest.raises(IntegrityError):
                await _leave_twice(session)
            await session.later(ADD, value="after")
        assert await words(sessions) == ["after", "before"]


async def _leave_and_fail(session: WriteSession) -> None:
    async with session.attempt():
        await session.later(ADD, value="undone")
        raise KeyError


async def _leave_twice(session: WriteSession) -> None:
    async with session.attempt():
        await session.run(ADD, value="twice")
        await session.later(ADD, value="twice")


async def test_what_cannot_be_written_at_the_end_undoes_all(database: Database) -> None:
    """The commit is not reached, and nobody who waited for it acts."""
    done: list[str] = []
    async with database.sessions("intake") as sessions:
        with pytest.raises(IntegrityError):
            await _add_twice(sessions, done)
        assert (await words(sessions), done) == ([], [])


async def _add_twice(sessions: Sessions, done: list[str]) -> None:
    async with sessions.transaction() as session:
        session.afterwards(lambda: done.append("told"))
        await session.run(ADD, value="a")
        await session.later(ADD, value="a")


async def test_an_error_does_not_say_what_the_values_were(database: Database) -> None:
    """They may be persons, and errors reach logs."""
    async with database.sessions("intake") as sessions:
        with pytest.raises(DBAPIError) as caught:
            await _add_twice(sessions, [])
    told = [str(caught.value), str(caught.value.orig)]
    assert not [text for text in told if "(word, a)" in text or "'a'" in text]


async def test_who_is_cancelled_leaves_no_transaction_behind(database: Database) -> None:
    """The next to come finds a connection on which nothing has begun."""
    async with database.sessions("intake") as sessions:
        begun = asyncio.Event()

        async def wait_for_ever() -> None:
            async with sessions.transaction() as session:
                await session.run(ADD, value="a")
                begun.set()
                await session.run("SELECT pg_sleep(3600)")

        waiting = asyncio.create_task(wait_for_ever())
        await begun.wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with sessions.transaction() as session:
            await session.run(ADD, value="b")
        assert await words(sessions) == ["b"]


async def test_a_connection_that_the_server_ended_is_not_handed_out_again(database: Database) -> None:
    """After a restart of the server the first to come need not fail for every connection that was open."""
    async with database.sessions("intake") as sessions:
        async with sessions.reading() as session:
            row = await session.one("SELECT pg_backend_pid() AS pid")
        assert row is not None
        await database.run("SELECT pg_terminate_backend(:pid, 5000)", pid=row.pid)
        async with asyncio.timeout(20):
            while not await _is_another(sessions, row.pid):  # noqa: ASYNC110 - the end of a connection rings no bell
                await asyncio.sleep(0)


async def _is_another(sessions: Sessions, pid: int) -> bool:
    try:
        async with sessions.reading() as session:
            row = await session.one("SELECT pg_backend_pid() AS pid")
    except DBAPIError:
        return False
    return row is not None and row.pid != pid


async def test_a_table_that_changes_under_a_statement_is_asked_anew(database: Database) -> None:
    """A migration beside running services spoils what they had prepared once, and not for good."""
    async with database.sessions("intake") as sessions:
        sql = "SELECT * FROM intake.waiting"
        async with sessions.reading() as session:
            await session.all(sql)
        await database.run("ALTER TABLE intake.waiting ADD COLUMN more text")
        with pytest.raises(DBAPIError, match="cached"):
            await _ask(sessions, sql)
        assert await _ask(sessions, sql) == 0


async def _ask(sessions: Sessions, sql: str) -> int:
    async with sessions.reading() as session:
        return len(await session.all(sql))
