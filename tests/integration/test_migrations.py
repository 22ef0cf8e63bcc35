"""The database's versions: numbered, in one line, up from nothing, down to nothing and up again."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import migrations
from shared.db.engine import make_engine
from shared.db.schema import downgrade, migrate, step
from shared.db.session import open_clock
from shared.domain.errors import CountersignError, WrongTime
from shared.embedded.postgres import PostgresServer
from shared.runtime.clock import ClockSetting
from tests.support.builders import at
from tests.support.database import Database

STARTS = at("2012-02-15 00:00")
STEPPED = ClockSetting("stepped", STARTS)
FOLDER = Path(migrations.__file__).parent
#: Everything that a database's shape is made of: columns, constraints, indexes, policies and grants.
SHAPE = """
    SELECT 'column', table_schema || '.' || table_name, column_name || ' ' || data_type || ' ' || is_nullable
        FROM information_schema.columns WHERE table_schema
        IN ('runtime', 'access', 'intake', 'decision', 'notify', 'watchdog')
    UNION ALL SELECT 'constraint', c.conrelid::regclass::text, pg_get_constraintdef(c.oid)
        FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
        WHERE n.nspname IN ('runtime', 'access', 'intake', 'decision', 'notify', 'watchdog')
    UNION ALL SELECT 'index', schemaname || '.' || tablename, indexdef FROM pg_indexes
        WHERE schemaname IN ('runtime', 'access', 'intake', 'decision', 'notify', 'watchdog')
    UNION ALL SELECT 'policy', schemaname || '.' || tablename, policyname || cmd || roles::text || qual FROM pg_policies
    UNION ALL SELECT 'grant', table_schema || '.' || table_name, grantee || ' ' || privilege_type
        FROM information_schema.role_table_grants WHERE grantee LIKE 'countersign%'
    ORDER BY 1, 2, 3
"""


@pytest.fixture
async def empty(postgres: PostgresServer) -> AsyncIterator[AsyncEngine]:
    """Give an owner's engine on a database with nothing in it; the owner is no superuser, as where it runs."""
    admin = make_engine(postgres.url("postgres"), name="test-admin", pool_size=1)
    async with admin.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        for line in ("DROP DATABASE IF EXISTS test_empty WITH (FORCE)", "DROP ROLE IF EXISTS test_owner"):
            await connection.execute(text(line))
        await connection.execute(text("CREATE ROLE test_owner LOGIN CREATEROLE PASSWORD 'x'"))
        await connection.execute(text("CREATE DATABASE test_empty OWNER test_owner"))
    engine = make_engine(postgres.url("test_empty", "test_owner", "x"), name="test-owner", pool_size=2)
    yield engine
    await engine.dispose()
    async with admin.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("DROP DATABASE test_empty WITH (FORCE)"))
        await connection.execute(text("DROP OWNED BY test_owner"))
        await connection.execute(text("DROP ROLE test_owner"))
    await admin.dispose()


async def shape(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    """Give the shape of a database."""
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(SHAPE))]


def test_versions_are_numbered_and_stand_in_one_line() -> None:
    """Each file is called by its number, follows the one before, and says why; there is one head."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    line = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    assert [revision.revision for revision in line] == [f"{n:04}" for n in range(1, len(line) + 1)]
    assert [revision.down_revision for revision in line] == [None, *(r.revision for r in line[:-1])]
    for revision in line:
        name = Path(revision.path).name
        assert re.fullmatch(rf"{revision.revision}_[a-z_]+\.py", name)
        assert revision.doc.endswith(".")
        assert "lock_timeout" in Path(revision.path).read_text(encoding="utf-8")


async def test_up_down_and_up_again(empty: AsyncEngine) -> None:
    """Each version can be taken back, to nothing at all, and what is then built is what was built first."""
    await migrate(empty, STEPPED)
    built = await shape(empty)
    assert len(built) > 300
    for revision in ("0008", "0007", "0006", "0005", "0003", "0002", "0001", "base"):
        await downgrade(empty, revision)
    assert [row for row in await shape(empty) if not row[1].endswith("alembic_version")] == []
    await migrate(empty, STEPPED)
    assert await shape(empty) == built


async def test_migrating_twice_changes_nothing(empty: AsyncEngine) -> None:
    """The second finds the newest version and the clock as it stands, and moves neither."""
    await migrate(empty, STEPPED)
    await step(empty, STARTS + timedelta(days=1))
    built = await shape(empty)
    await migrate(empty, STEPPED)
    assert await shape(empty) == built
    assert (await open_clock(empty, STEPPED)).now() == STARTS + timedelta(days=1)


async def test_a_database_refuses_another_time(empty: AsyncEngine) -> None:
    """What lives in stepped time cannot be opened in the machine's, by the owner or by a service."""
    await migrate(empty, STEPPED)
    with pytest.raises(WrongTime, match="lives in stepped time"):
        await migrate(empty, ClockSetting("system"))
    with pytest.raises(WrongTime, match="asks for scaled"):
        await open_clock(empty, ClockSetting("scaled", STARTS, 10.0))


async def test_a_clock_is_never_stepped_back(empty: AsyncEngine) -> None:
    """Whatever instant a player asks for, time goes on."""
    await migrate(empty, STEPPED)
    await step(empty, STARTS + timedelta(days=2))
    await step(empty, STARTS + timedelta(days=1))
    assert (await open_clock(empty, STEPPED)).now() == STARTS + timedelta(days=2)


async def test_a_database_without_a_clock_says_what_to_do(database: Database) -> None:
    """A service on a database that nobody has migrated names the command."""
    await database.run("DELETE FROM runtime.clock")
    async with database.owner() as engine:
        with pytest.raises(CountersignError, match="countersign migrate"):
            await open_clock(engine, STEPPED)
