"""The database as its owner sees it at one instant: read-only, whether a service runs or not."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from services.console.cli.owner import owner_url
from services.console.up import database
from services.console.up.place import Place, PlaceTaken
from services.console.up.run import data_dir
from shared.db.engine import make_engine
from shared.runtime.logging import set_up_logging


@asynccontextmanager
async def records_of(root: Path | None) -> AsyncIterator[AsyncConnection]:
    """Open one read-only transaction that sees everything as it is now, whatever is written meanwhile.

    Where no service runs on the data directory its Postgres is started for as long as this takes.
    """
    async with _url(root) as url:
        engine = make_engine(url, name="audit", pool_size=1)
        try:
            async with engine.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                async with connection.begin():
                    yield connection
        finally:
            await engine.dispose()


@asynccontextmanager
async def _url(root: Path | None) -> AsyncIterator[str]:
    place = Place(data_dir(root))
    is_named_elsewhere = root is None and "COUNTERSIGN_DATABASE_URL" in os.environ
    if is_named_elsewhere or not place.postgres.is_dir():
        yield owner_url(root)
        return
    try:
        with place.opened():
            # What is told of the start goes to standard error: standard output is for the result.
            set_up_logging("audit", "1", "console")
            async with database.owner_url(place, port_base=0) as url:
                yield url
    except PlaceTaken:
        yield owner_url(root)
