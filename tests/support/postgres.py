"""One Postgres for the whole test session, thrown away afterwards."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.embedded.postgres import PostgresServer, start_postgres, stop_postgres
from tests.support.ports import free_port


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Give a running server that forgets everything in a power cut, and is the faster for it."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-"))
    server = asyncio.run(start_postgres(folder / "postgres", port=free_port(), durable=False))
    try:
        yield server
    finally:
        asyncio.run(stop_postgres(server, mode="immediate"))
        shutil.rmtree(folder)
