"""Listen on loopback, read requests, answer them in order."""

import asyncio
import contextlib
import errno
import fcntl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import structlog

from shared.domain.errors import CountersignError
from shared.embedded.broker.cluster import Cluster
from shared.embedded.broker.codes import Code
from shared.embedded.broker.groups import Groups
from shared.embedded.broker.partition import SEGMENT_BYTES
from shared.embedded.broker.records import Records
from shared.embedded.broker.store import Store
from shared.embedded.broker.wire import API_VERSIONS, STRUCTS, VERSIONS, read_request, write_answer

log = structlog.get_logger()

HOST = "127.0.0.1"
_HEADER = struct.Struct(">hhih")
_LONGEST_REQUEST = 100 << 20
_READ_BUFFER = 1 << 20
_SWEEP_EVERY_S = 60.0

Answer = Callable[[SimpleNamespace], Awaitable[dict[str, Any] | None]]


class CannotServe(CountersignError):
    """The port or the data folder is taken; the text says which, and what to do."""


class Broker:
    """The handlers by API key, and the connections that ask them."""

    def __init__(self, store: Store, told_port: int) -> None:
        self._groups = Groups(store)
        self._answers = _by_key(Records(store), self._groups, Cluster(store, HOST, told_port))
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it ends or says something we cannot understand."""
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        requests: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=16)
        try:
            async with asyncio.TaskGroup() as tasks:
                answering = tasks.create_task(self._answer_all(requests, writer))
                await _read_all(reader, requests)
                answering.cancel()  # who has hung up waits for nothing
        except* (ConnectionError, asyncio.IncompleteReadError):
            log.debug("broker.connection_lost")
        finally:
            writer.close()

    async def _answer_all(self, requests: asyncio.Queue[bytes | None], writer: asyncio.StreamWriter) -> None:
        while (frame := await requests.get()) is not None:
            answer = await self._answer(frame)
            if answer is not None:
                writer.write(struct.pack(">i", len(answer)) + answer)
                await writer.drain()

    async def _answer(self, frame: bytes) -> bytes | None:
        """Answer one request; ConnectionError closes the connection, as Kafka does with what it cannot read."""
        key, version, correlation, length = _HEADER.unpack_from(frame)
        prefix = struct.pack(">i", correlation)
        if key == API_VERSIONS and (key, version) not in STRUCTS:
            return prefix + await self._version_unknown()
        if (key, version) not in STRUCTS:
            log.warning("broker.not_spoken", api_key=key, version=version)
            raise ConnectionAbortedError(f"version {version} of request {key} is not spoken here")
        body_at = _HEADER.size + max(length, 0)
        try:
            request = read_request(key, version, frame[body_at:])
            request.client = frame[_HEADER.size : body_at].decode() or "client"
        except (ValueError, TypeError, struct.error) as error:
            log.warning("broker.unreadable", api_key=key, version=version)
            raise ConnectionAbortedError("a request could not be read") from error
        answer = await self._answers[key](request)
        return None if answer is None else prefix + write_answer(key, version, answer)

    async def _version_unknown(self) -> bytes:
        """Name our versions in the oldest form, which every client can read."""
        answer = await self._answers[API_VERSIONS](SimpleNamespace())
        return write_answer(API_VERSIONS, 0, {**(answer or {}), "error_code": Code.UNSUPPORTED_VERSION})

    async def close(self) -> None:
        """Hang up on everyone."""
        self._groups.coordinator.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


def _by_key(*handlers: object) -> dict[int, Answer]:
    """Find the handler of each request by its name in the table of versions."""
    return {
        key: next(getattr(handler, name) for handler in handlers if hasattr(handler, name))
        for key, (name, _, _) in VERSIONS.items()
    }


async def _read_all(reader: asyncio.StreamReader, requests: asyncio.Queue[bytes | None]) -> None:
    """Queue requests until the connection ends."""
    while True:
        (size,) = struct.unpack(">i", await reader.readexactly(4))
        if not _HEADER.size <= size <= _LONGEST_REQUEST:
            raise ConnectionAbortedError(f"a request of {size} bytes makes no sense")
        await requests.put(await reader.readexactly(size))


async def _sweep_forever(store: Store) -> None:
    while True:
        dropped = store.sweep()
        if dropped:
            log.info("broker.swept", files=dropped)
        await asyncio.sleep(_SWEEP_EVERY_S)


@contextlib.asynccontextmanager
async def running(
    folder: Path, port: int, *, segment_bytes: int = SEGMENT_BYTES, told_port: int | None = None
) -> AsyncIterator[None]:
    """Serve the data in ``folder`` on ``port`` for as long as the block runs.

    Clients are told to come to ``told_port``, where a proxy stands before us.
    """
    with _locked(folder):
        store = Store(folder, segment_bytes=segment_bytes)
        broker = Broker(store, told_port or port)
        try:
            server = await asyncio.start_server(broker.serve, HOST, port, limit=_READ_BUFFER)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise CannotServe(f"port {port} on {HOST} is taken: end what uses it, or choose another") from error
        sweeper = asyncio.create_task(_sweep_forever(store))
        log.info("broker.ready", host=HOST, port=port, kind="development broker, not Apache Kafka")
        try:
            yield
        finally:
            sweeper.cancel()
            server.close()
            await broker.close()
            await store.close()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder, so that no second broker writes to it; the system lets go even of a killed one's."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotServe(f"another broker already serves {folder}") from error
        yield
