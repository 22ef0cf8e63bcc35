"""The database of a run: an embedded Postgres or the user's own, migrated, with roles that can log in."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console.up.place import Place
from services.console.up.ports import postgres_port
from shared.db.engine import make_engine
from shared.db.schema import ROLES, let_in, migrate
from shared.domain.errors import CountersignError
from shared.embedded.postgres import PostgresServer, start_postgres, stop_postgres
from shared.runtime.clock import ClockSetting

log = structlog.get_logger()

#: Owns the database and all tables; runs `migrate` and nothing else, and bypasses no row security.
OWNER = "countersign_owner"
DATABASE = "countersign"
_LOOK_EVERY_S = 0.5
_GUARD_LOOKS, _GUARD_PAUSE_S = 300, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A migrated database."""

    #: As the owner: ``postgresql+asyncpg://…``.
    owner_url: str
    passwords: dict[str, str]
    #: The clock it lives by.
    clock: ClockSetting

    def url(self, role: str) -> str:
        """Give the address as one of the services' roles."""
        url = make_url(self.owner_url).set(username=role, password=self.passwords[role])
        return url.render_as_string(hide_password=False)


@asynccontextmanager
async def owner_url(place: Place, port_base: int) -> AsyncIterator[str]:
    """Give the owner's address: of the server in COUNTERSIGN_DATABASE_URL, or of an embedded one kept alive."""
    given = os.environ.get("COUNTERSIGN_DATABASE_URL")
    if given:
        yield with_driver(given)
        return
    await _guard_gone(place)
    last = place.read("postgres.json").get("port")
    port = last if (place.postgres / "postmaster.pid").exists() and last else postgres_port(port_base, last)
    server = await start_postgres(place.postgres, port=port)
    place.write("postgres.json", {"port": port})
    keeper = asyncio.create_task(_keep(place, server))
    try:
        yield await _own(server)
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        # It may have been started anew meanwhile: what runs on the folder now is what has to end.
        await stop_postgres(await start_postgres(place.postgres, port=port))


async def prepare(url: str, asked: ClockSetting | None) -> Database:
    """Migrate, settle the clock and let the services' roles in.

    Without a clock asked for, the database keeps the one it was made with (a new one: the machine's).
    Raises WrongTime when another is asked for.
    """
    engine = make_engine(url, name="up", pool_size=1)
    try:
        clock = asked or await stored_clock(engine) or ClockSetting("system")
        await migrate(engine, clock)
        passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
        await let_in(engine, passwords)
        return Database(owner_url=url, passwords=passwords, clock=await stored_clock(engine) or clock)
    finally:
        await engine.dispose()


async def stored_clock(engine: AsyncEngine) -> ClockSetting | None:
    """Give the clock that the database was made with; None for a new one."""
    async with engine.connect() as connection:
        known = await connection.execute(text("SELECT to_regclass('runtime.clock')"))
        if known.scalar() is None:
            return None
        row = (await connection.execute(text("SELECT kind, starts_at, speed FROM runtime.clock"))).first()
    return None if row is None else ClockSetting(row.kind, row.starts_at, row.speed)


def with_driver(url: str) -> str:
    """Name our driver in an address that names none."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


async def _own(server: PostgresServer) -> str:
    """Make the owner and its database; the password is new at each start and stands in ``run.json`` only."""
    password = secrets.token_urlsafe(24)
    engine = make_engine(server.url("postgres"), name="up", pool_size=1)
    try:
        async with engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            found = await connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :owner"), {"owner": OWNER})
            verb = "ALTER" if found.first() else "CREATE"
            quoted = (await connection.execute(text("SELECT quote_literal(:p)"), {"p": password})).scalar_one()
            await connection.execute(
                text(f"{verb} ROLE {OWNER} LOGIN NOSUPERUSER CREATEROLE NOBYPASSRLS PASSWORD {quoted}")
            )
            there = await connection.execute(
                text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": DATABASE}
            )
            if not there.first():
                await connection.execute(text(f"CREATE DATABASE {DATABASE} OWNER {OWNER}"))
    finally:
        await engine.dispose()
    return server.url(DATABASE, OWNER, password)


async def _keep(place: Place, server: PostgresServer) -> None:
    """Start Postgres again when nobody answers on its port any more."""
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            _, writer = await asyncio.open_connection(server.host, server.port)
        except OSError:
            log.warning("part.died", part="postgres")
            await start_postgres(place.postgres, port=server.port)
        else:
            writer.close()


async def _guard_gone(place: Place) -> None:
    """Wait until the guard of a run that was killed has sent its Postgres home."""
    for _ in range(_GUARD_LOOKS):
        if not place.is_guarded():
            return
        await asyncio.sleep(_GUARD_PAUSE_S)
    raise CountersignError(f"the Postgres that an earlier run left on {place.root} does not end")
