"""A Postgres of our own on loopback TCP: made when new, started, stopped, and found again after a crash."""

import asyncio
import errno
import os
import secrets
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import asyncpg
import structlog

from shared.embedded.binaries import Binaries, PostgresUnusable, find_binaries, launcher, lend, run
from shared.embedded.postmaster import adopt, is_alive, noted, remove_stale_note, serves

__all__ = ["HOST", "PostgresServer", "PostgresUnusable", "start_postgres", "stop_postgres"]

log = structlog.get_logger()

HOST = "127.0.0.1"
SUPERUSER = "countersign"
#: After a crash the last server's processes may need a moment to let go of the data folder.
_START_S = 30.0
_ATTEMPTS = 40
_PAUSE_S = 0.05
_RETRY_S = 0.25
_STOP_S = 30.0
#: Smart waits for clients to leave, fast sends them away, immediate leaves the log to be replayed.
_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
#: What a new start may cure: the last server has not quite gone.
_PASSING = ("is still in use", "already exists", "Address already in use")
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server and its superuser."""

    host: str
    port: int
    superuser: str
    password: str = field(repr=False)
    data_dir: Path
    pid: int

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """Give SQLAlchemy's address of a database; the superuser's unless another is named."""
        who = f"{user or self.superuser}:{self.password if password is None else password}"
        return f"postgresql+asyncpg://{who}@{self.host}:{self.port}/{database}"


async def start_postgres(
    data_dir: Path, *, port: int, durable: bool = True, bindir: Path | None = None
) -> PostgresServer:
    """Give a server on ``data_dir`` that answers; make the folder when it is new.

    A server that already runs there on this port is used as it is. Raises
    PostgresUnusable when the port is taken, when a server runs there on another
    port, or when Postgres does not come up; the text holds its last words.
    ``durable=False`` is for tests: a power cut may lose everything.
    """
    data_dir = _absolute(data_dir)
    running = await _running(data_dir, port)
    if running is not None:
        return running
    _check_port(port)
    made_with = await asyncio.to_thread(_made_with, data_dir)
    binaries = await asyncio.to_thread(find_binaries, bindir, major=made_with)
    if made_with is None:
        await asyncio.to_thread(_initialise, binaries, data_dir)
    settings = {**_SETTINGS, "port": str(port), **({} if durable else _NOT_DURABLE)}
    return await _start(binaries, data_dir, port, settings)


async def stop_postgres(server: PostgresServer, *, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
    """Stop the server and wait until it is gone; nothing happens when it is gone already."""
    if is_alive(server.pid):
        os.kill(server.pid, _SIGNALS[mode])
    async with asyncio.timeout(_STOP_S):
        while is_alive(server.pid):  # noqa: ASYNC110  # another process rings no bell when it ends
            await asyncio.sleep(_PAUSE_S)
    log.info("postgres.stopped", port=server.port)


def _absolute(path: Path) -> Path:
    return path.absolute()


def _made_with(data_dir: Path) -> int | None:
    """Give the major version that made the folder, or None when it is new."""
    version = data_dir / "PG_VERSION"
    return int(version.read_text().strip()) if version.exists() else None


def _password_file(data_dir: Path) -> Path:
    return data_dir.with_name(data_dir.name + ".password")


def _log_file(data_dir: Path) -> Path:
    return data_dir.with_name(data_dir.name + ".log")


def _initialise(binaries: Binaries, data_dir: Path) -> None:
    """Make the data folder beside its place and move it there whole, so that a crash leaves no half of one."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    kept = _password_file(data_dir)
    kept.touch(mode=0o600)
    kept.write_text(secrets.token_urlsafe(24))
    fresh = data_dir.with_name(data_dir.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    handed = _password_file(fresh)
    shutil.copy(kept, handed)
    lend(fresh)
    lend(handed)
    options = [f"--username={SUPERUSER}", f"--pwfile={handed}", "--auth=scram-sha-256"]
    command = [
        *launcher(),
        str(binaries.folder / "initdb"),
        "-D",
        str(fresh),
        *options,
        "--encoding=UTF8",
        "--locale=C",
    ]
    made = run(command)
    handed.unlink()
    if made.returncode:
        raise PostgresUnusable(f"the data folder could not be made: {made.stderr.strip()}")
    fresh.replace(data_dir)
    log.info("postgres.initialised", version=binaries.major)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PostgresUnusable(f"port {port} on {HOST} is taken: end what uses it, or choose another") from error


async def _start(binaries: Binaries, data_dir: Path, port: int, settings: dict[str, str]) -> PostgresServer:
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [*launcher(), str(binaries.folder / "postgres"), "-D", str(data_dir), *options]
    last_words = ""
    for _ in range(_ATTEMPTS):
        child, heard_from = await asyncio.to_thread(_spawn, command, data_dir)
        server = PostgresServer(HOST, port, SUPERUSER, _password(data_dir), data_dir, child.pid)
        adopt(child)
        if await _comes_up(server, child):
            log.info("postgres.ready", port=port, version=binaries.major)
            return server
        last_words = _read_from(_log_file(data_dir), heard_from)
        if not any(sign in last_words for sign in _PASSING):
            break
        await asyncio.sleep(_RETRY_S)
    raise PostgresUnusable(f"Postgres did not come up on port {port}: {last_words.strip()}")


def _spawn(command: list[str], data_dir: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server in a session of its own: Ctrl-C must reach the services first, and them alone."""
    remove_stale_note(data_dir)
    with _log_file(data_dir).open("ab") as out:
        heard_from = out.tell()
        child = subprocess.Popen(  # noqa: S603  # a program we looked for ourselves
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/"
        )
    return child, heard_from


async def _comes_up(server: PostgresServer, child: subprocess.Popen[bytes]) -> bool:
    """Wait until it answers; False when it ended instead."""
    try:
        async with asyncio.timeout(_START_S):
            while child.poll() is None:
                if await _answers(server):
                    return True
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        child.send_signal(_SIGNALS["immediate"])
        child.wait()
    except BaseException:
        child.send_signal(_SIGNALS["immediate"])  # nobody will be there to stop it
        raise
    return False


async def _answers(server: PostgresServer) -> bool:
    try:
        connection = await asyncpg.connect(
            host=server.host,
            port=server.port,
            user=server.superuser,
            password=server.password,
            database="postgres",
            timeout=5,
            ssl=False,
        )
    except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
        return False
    await connection.close()
    return True


def _password(data_dir: Path) -> str:
    kept = _password_file(data_dir)
    if not kept.exists():
        raise PostgresUnusable(f"{kept} is gone: without it nobody can log in to the data in {data_dir}")
    return kept.read_text()


def _read_from(path: Path, at: int) -> str:
    with path.open("rb") as file:
        file.seek(at)
        return file.read().decode(errors="replace")


async def _running(data_dir: Path, port: int) -> PostgresServer | None:
    """Give the server that already runs on the folder, if one does."""
    found = noted(data_dir)
    if found is None or not serves(found[0], data_dir):
        return None
    pid, its_port = found
    if its_port != port:
        raise PostgresUnusable(f"a server already runs on {data_dir}, on port {its_port} and not {port}: stop it first")
    server = PostgresServer(HOST, port, SUPERUSER, _password(data_dir), data_dir, pid)
    deadline = asyncio.get_running_loop().time() + _START_S
    while is_alive(pid):
        if await _answers(server):
            log.info("postgres.reused", port=port)
            return server
        if asyncio.get_running_loop().time() > deadline:
            raise PostgresUnusable(f"a server (process {pid}) runs on {data_dir} but does not answer on port {port}")
        await asyncio.sleep(_PAUSE_S)
    return None
