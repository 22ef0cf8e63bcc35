"""A migrated database for each test, cloned from one template, living in stepped time."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import make_engine
from shared.db.schema import ROLES, let_in, migrate, step
from shared.db.session import Sessions
from shared.embedded.postgres import PostgresServer
from shared.http.access import Role, new_key
from shared.runtime.clock import ClockSetting, SteppedClock, machine_now

#: When every test begins: a Wednesday morning in Connecticut, before anybody is booked.
BEGINS = datetime(2012, 2, 22, 8, tzinfo=UTC)
_TEMPLATE = "template_countersign"


@dataclass(frozen=True, slots=True)
class Database:
    """One test's own database."""

    server: PostgresServer = field(repr=False)
    name: str
    password: str = field(repr=False)

    @property
    def owner_url(self) -> str:
        """Give the address of the owner, who migrates and whom no service is."""
        return self.server.url(self.name)

    def role_url(self, service: str, kind: str = "pipeline") -> str:
        """Give the address of a service's role; ``kind`` is pipeline or api."""
        return self.server.url(self.name, f"countersign_{service}_{kind}", self.password)

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[AsyncEngine]:
        """Give the owner's engine, for what a test arranges or looks at behind everyone's back."""
        engine = make_engine(self.owner_url, name="test-owner", pool_size=1)
        try:
            yield engine
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def sessions(self, service: str, kind: str = "pipeline") -> AsyncIterator[Sessions]:
        """Give sessions of a service's role, with a clock of their own that follows the database."""
        sessions = Sessions(make_engine(self.role_url(service, kind), name=f"test-{service}"), SteppedClock(BEGINS))
        try:
            yield sessions
        finally:
            await sessions.close()

    async def step(self, instant: datetime) -> None:
        """Move the clock on."""
        async with self.owner() as engine:
            await step(engine, instant)

    async def run(self, sql: str, **values: object) -> None:
        """Run a statement as the owner's server role, past all row security."""
        async with self.owner() as engine, engine.begin() as connection:
            await connection.execute(text(sql), values)

    async def all(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        """Give every row of a query, past all row security."""
        async with self.owner() as engine, engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql), values)]

    async def key(
        self, role: Role, *, oris: tuple[str, ...] = (), office: str | None = None, holder: str | None = None
    ) -> str:
        """Issue an API key and give its token."""
        made = new_key()
        await self.run(
            "INSERT INTO access.keys (id, digest, role, oris, sources, label, office, holder, issued_at)"
            " VALUES (:id, :digest, :role, :oris, '{}', 'test', :office, :holder, :now)",
            id=made.id,
            digest=made.digest,
            role=role.value,
            oris=list(oris),
            office=office,
            holder=holder,
            now=machine_now(),
        )
        return made.token


async def _admin(server: PostgresServer, statement: str) -> None:
    engine = make_engine(server.url("postgres"), name="test-admin", pool_size=1)
    try:
        async with engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text(statement))
    finally:
        await engine.dispose()


async def _make_template(server: PostgresServer, password: str) -> None:
    await _admin(server, f"CREATE DATABASE {_TEMPLATE}")
    engine = make_engine(server.url(_TEMPLATE), name="test-migrate", pool_size=1)
    try:
        await migrate(engine, ClockSetting("stepped", BEGINS))
        await let_in(engine, dict.fromkeys(ROLES, password))
    finally:
        await engine.dispose()


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> Database:
    """Give the migrated database that every test's own is cloned from; nobody may be connected to it."""
    password = secrets.token_hex(8)
    asyncio.run(_make_template(postgres, password))
    return Database(postgres, _TEMPLATE, password)


@pytest.fixture
async def database(template: Database) -> AsyncIterator[Database]:
    """Give a database of the test's own."""
    name = f"test_{secrets.token_hex(6)}"
    # Copying files takes a third less time (measured) than writing a log that nobody will replay.
    await _admin(template.server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    yield Database(template.server, name, template.password)
    await _admin(template.server, f"DROP DATABASE {name} WITH (FORCE)")
