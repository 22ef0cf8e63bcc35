"""Bring the database to the newest version, anchor its clock, let the roles log in."""

from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

import migrations
from shared.runtime.clock import Anchor, ClockSetting, machine_now

ROLES = tuple(
    f"countersign_{service}_{kind}"
    for service in ("intake", "decision", "notify", "console", "watchdog")
    for kind in ("pipeline", "api")
)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS runtime"))
    command.upgrade(_config(connection), "head")


def _downgrade(connection: Connection, revision: str) -> None:
    command.downgrade(_config(connection), revision)


async def migrate(engine: AsyncEngine, clock: ClockSetting) -> None:
    """Migrate as the owner, and anchor the clock if the database is new."""
    async with engine.begin() as connection:
        # Two migrations at once would race: the second waits, and finds nothing to do.
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('countersign.migrate'))"))
        await connection.run_sync(_upgrade)
        await anchor(connection, clock)


async def downgrade(engine: AsyncEngine, revision: str) -> None:
    """Take migrations back to a revision; for tests of the way down."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda c: _downgrade(c, revision))


async def anchor(connection: AsyncConnection, setting: ClockSetting) -> None:
    """Write the clock's anchor once; later settings must agree with it."""
    now = machine_now()
    starts_at = setting.starts_at or now
    await connection.execute(
        text(
            "INSERT INTO runtime.clock (kind, starts_at, speed, machine_anchor, instant)"
            " VALUES (:kind, :starts_at, :speed, :now, :starts_at) ON CONFLICT DO NOTHING"
        ),
        {"kind": setting.kind, "starts_at": starts_at, "speed": setting.speed, "now": now},
    )
    row = (
        await connection.execute(text("SELECT kind, starts_at, speed, machine_anchor, instant FROM runtime.clock"))
    ).one()
    Anchor(*row).check(setting)


async def step(engine: AsyncEngine, instant: datetime) -> None:
    """Move a stepped clock on (never back) and tell every process at once."""
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE runtime.clock SET instant = greatest(instant, :instant) WHERE kind = 'stepped'"),
            {"instant": instant},
        )
        await connection.execute(text("SELECT pg_notify('countersign_clock', '')"))


async def let_in(engine: AsyncEngine, passwords: dict[str, str]) -> None:
    """Give the services' roles their passwords: made anew at each start, kept nowhere but in memory."""
    async with engine.begin() as connection:
        for role in ROLES:
            quoted = (await connection.execute(text("SELECT quote_literal(:p)"), {"p": passwords[role]})).scalar_one()
            await connection.execute(text(f"ALTER ROLE {role} PASSWORD {quoted}"))
