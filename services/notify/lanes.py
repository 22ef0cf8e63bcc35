"""A lane for each recipient, so that none waits for another; a fault in one stops that one alone, and is seen."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

from shared.db.engine import is_weather
from shared.runtime.health import Progress

log = structlog.get_logger()

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes(Generic[Key]):
    """The lanes of one way out that are open at present."""

    name: str
    progress: Progress
    _open: set[Key] = field(default_factory=set)

    @property
    def busy(self) -> frozenset[Key]:
        """Give whose lanes are open."""
        return frozenset(self._open)

    def open(self, group: asyncio.TaskGroup, keys: Iterable[Key], serve: Callable[[Key], Awaitable[None]]) -> None:
        """Open a lane for each key; none of them is waited for."""
        for key in keys:
            self._open.add(key)
            group.create_task(self._lane(key, serve))

    async def _lane(self, key: Key, serve: Callable[[Key], Awaitable[None]]) -> None:
        try:
            await serve(key)
        except Exception as error:  # noqa: BLE001 - said aloud by readiness and log, and it stops this lane alone
            if is_weather(error):
                # What was claimed comes free with its lease.
                log.warning("lane.waits", way=self.name, lane=str(key), error=type(error).__name__)
            else:
                # A fault of ours with one recipient must stop neither the others nor the clock that ends holds.
                await self.progress.stopped(f"{self.name} to {key}", error)
        finally:
            self._open.discard(key)
