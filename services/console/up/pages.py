"""The console of a run: its accounts, made once, and its process."""

import os
import secrets
from collections.abc import Mapping

from services.console.accounts.make import NewAccount, make, trust
from services.console.up.database import Database
from services.console.up.keys import OFFICE
from services.console.up.place import Place
from services.console.up.ports import HOST
from services.console.up.supervisor import Part
from shared.db.engine import make_engine
from shared.http.access import Role

_FACTOR_KEY = "second-factors.json"
#: An account for each role; a second reviewer, since some answers need two people.
_ACCOUNTS = (
    NewAccount(name="operator", role=Role.OPERATOR),
    NewAccount(name="reviewer", role=Role.REVIEWER, office=OFFICE),
    NewAccount(name="reviewer2", role=Role.REVIEWER, office=OFFICE),
    NewAccount(name="auditor", role=Role.AUDITOR),
    NewAccount(name="administrator", role=Role.ADMINISTRATOR),
)


async def make_accounts(database: Database, signing_key: str) -> dict[str, str]:
    """Make the run's accounts and let the services know its console; give the passwords of those just made."""
    engine = make_engine(database.owner_url, name="up", pool_size=1)
    try:
        async with engine.begin() as connection:
            await trust(connection, signing_key)
            return await make(connection, _ACCOUNTS)
    finally:
        await engine.dispose()


def new_signing_key() -> str:
    """Make the console's key of this run; it is kept nowhere."""
    return secrets.token_urlsafe(32)


def _factor_key(place: Place) -> str:
    """Give the key that seals second factors, made once for a data directory: what it has sealed outlives a run."""
    kept = place.read(_FACTOR_KEY).get("key")
    if not isinstance(kept, str):
        kept = secrets.token_urlsafe(32)
        place.write(_FACTOR_KEY, {"key": kept})
    return kept


def console_part(
    place: Place,
    database: Database,
    urls: Mapping[str, str],
    port: int,
    signing_key: str,
    settings: Mapping[str, str],
) -> Part:
    """Give the console's process; ``settings`` are those that every part of the run has."""
    env = {
        **os.environ,
        **settings,
        "COUNTERSIGN_DATABASE_URL": database.url("countersign_console_pipeline"),
        "COUNTERSIGN_API_DATABASE_URL": database.url("countersign_console_api"),
        "COUNTERSIGN_HOST": HOST,
        "COUNTERSIGN_PORT": str(port),
        "COUNTERSIGN_CONSOLE_URL": f"http://{HOST}:{port}",
        "COUNTERSIGN_CONSOLE_SIGNING_KEY": signing_key,
        "COUNTERSIGN_SECOND_FACTOR_KEY": os.environ.get("COUNTERSIGN_SECOND_FACTOR_KEY") or _factor_key(place),
        "COUNTERSIGN_CONSOLE_BANNER": os.environ.get("COUNTERSIGN_CONSOLE_BANNER", "Trial run on one machine"),
        **{f"COUNTERSIGN_{name.upper()}_URL": url for name, url in urls.items()},
    }
    return Part(
        name="console", module="services.console.cli", arguments=("serve", "console"), env=env, log=place.log("console")
    )
