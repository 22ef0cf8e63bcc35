"""Group commit: everyone who waits for the disk shares one sync."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import structlog

log = structlog.get_logger()


class Syncable(Protocol):
    """A file that can wait for the disk."""

    def sync(self) -> None:
        """Return when everything written is on disk."""
        ...


class Syncer:
    """Runs one round of syncs at a time in a thread; who comes meanwhile goes with the next."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._files: set[Syncable] = set()
        self._next: asyncio.Future[None] | None = None
        self._round: asyncio.Task[None] | None = None

    async def durable(self, *files: Syncable) -> None:
        """Return when what was written to the files before this call is on disk."""
        self._files.update(files)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        waiter = self._next
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._rounds())
        await asyncio.shield(waiter)

    async def _rounds(self) -> None:
        loop = asyncio.get_running_loop()
        while self._next is not None:
            files, self._files = self._files, set()
            done, self._next = self._next, None
            await loop.run_in_executor(self._thread, _sync_all, files)
            done.set_result(None)

    async def close(self) -> None:
        """Let the last round end."""
        if self._round is not None:
            await self._round
        self._thread.shutdown()


def _sync_all(files: set[Syncable]) -> None:
    """Sync each file. After a failed sync nobody knows what is on disk, so the process ends at once."""
    try:
        for file in files:
            file.sync()
    except OSError as error:
        log.critical("broker.sync_failed", error=str(error))
        os._exit(74)
