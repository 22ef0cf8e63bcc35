"""Run one service from its settings; bring the database to the newest version."""

import asyncio
import os
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

import typer
import uvloop
from pydantic import ValidationError

from services.console.accounts.make import trust
from services.console.cli.options import AsJson, DataDir
from services.console.cli.owner import owner_url
from services.console.cli.say import as_json, note
from shared.db.engine import make_engine
from shared.db.schema import ROLES, let_in
from shared.db.schema import migrate as bring_up
from shared.kafka.topics import ensure_topics
from shared.runtime.clock import ClockSetting
from shared.runtime.logging import set_up_logging
from shared.runtime.tracing import set_up_tracing


class Service(StrEnum):
    """The services there are."""

    INTAKE = "intake"
    DECISION = "decision"
    NOTIFY = "notify"
    CONSOLE = "console"
    WATCHDOG = "watchdog"


def serve(service: Annotated[Service, typer.Argument(help="Which service.")]) -> None:
    """Run one service, from COUNTERSIGN_* settings, until SIGTERM."""
    # Only the service asked for is loaded: the others' parts would cost memory and a second at start.
    main: Any = import_module(f"services.{service.value}.main")
    made: Any = import_module(f"services.{service.value}.settings")
    try:
        settings = made.Settings()
    except ValidationError as error:
        raise typer.BadParameter(_lacking(error), param_hint="settings") from error
    set_up_logging(service.value, settings.instance, settings.log_format)
    set_up_tracing(service.value, settings.instance, getattr(settings, "traces_to", ""))
    uvloop.run(main.run(settings))


def migrate(data_dir: DataDir = None, json: AsJson = False) -> None:
    """Bring the database to the newest version, as its owner (COUNTERSIGN_DATABASE_URL).

    Where COUNTERSIGN_KAFKA names brokers, the topics that are missing there are made too.
    COUNTERSIGN_CLOCK sets the clock of a new database. COUNTERSIGN_INTAKE_PASSWORD, _DECISION_, _NOTIFY_
    _CONSOLE_ and _WATCHDOG_ set the passwords of the services' roles; without them the roles are left as they are.
    COUNTERSIGN_CONSOLE_SIGNING_KEY lets the services know the console by its key.
    """
    try:
        clock = ClockSetting.parse(os.environ.get("COUNTERSIGN_CLOCK", "system"))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="COUNTERSIGN_CLOCK") from error
    passwords = _passwords()
    asyncio.run(_migrate(owner_url(data_dir), clock, passwords))
    kafka = os.environ.get("COUNTERSIGN_KAFKA")
    if kafka:
        asyncio.run(ensure_topics(kafka))
    if json:
        as_json({"migrated": True, "clock": clock.kind, "roles": sorted(passwords), "topics": bool(kafka)})
    else:
        note("the database is at the newest version")


def _passwords() -> dict[str, str]:
    """Read the passwords; all services' or none, since half of a system helps nobody."""
    found = {role: os.environ.get(f"COUNTERSIGN_{role.split('_')[1].upper()}_PASSWORD") for role in ROLES}
    given = {role: password for role, password in found.items() if password}
    if given and len(given) < len(ROLES):
        lacking = sorted({role.split("_")[1].upper() for role in found if role not in given})
        names = ", ".join(f"COUNTERSIGN_{name}_PASSWORD" for name in lacking)
        raise typer.BadParameter(f"give all services a password or none; lacking: {names}", param_hint="settings")
    return given


async def _migrate(url: str, clock: ClockSetting, passwords: dict[str, str]) -> None:
    engine = make_engine(url, name="migrate", pool_size=1)
    try:
        await bring_up(engine, clock)
        if passwords:
            await let_in(engine, passwords)
        if signing_key := os.environ.get("COUNTERSIGN_CONSOLE_SIGNING_KEY"):
            async with engine.begin() as connection:
                await trust(connection, signing_key)
    finally:
        await engine.dispose()


def _lacking(error: ValidationError) -> str:
    """Say which settings are wrong, and never what they hold."""
    found = (
        f"COUNTERSIGN_{'_'.join(str(step) for step in one['loc']).upper()}: {one['msg']}" for one in error.errors()
    )
    return "; ".join(found)
