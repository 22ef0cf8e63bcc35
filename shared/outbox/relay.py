"""Publish what was written down: at once after its commit, and by sweep what a crash left behind."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog

from shared.db.engine import is_weather
from shared.db.session import Sessions
from shared.kafka.producer import Log, OutMessage
from shared.outbox.outbox import LEASE, Letter
from shared.runtime import tracing
from shared.runtime.clock import machine_now
from shared.runtime.health import Progress

log = structlog.get_logger()

_BATCH = 500
_SWEEP_EVERY_S = 1.0
_PAUSE_S = 0.2


class Relay:
    """Takes letters from the outbox and ticks them off once every in-sync replica has them."""

    def __init__(self, schema: str, sessions: Sessions, kafka: Log, progress: Progress) -> None:
        self._schema = schema
        self._sessions = sessions
        self._kafka = kafka
        self._progress = progress
        self._fresh: list[Letter] = []
        self._called = asyncio.Event()
        self._ticks = _Ticks(schema, sessions)

    def hand_over(self, letters: Sequence[Letter]) -> None:
        """Take committed letters; called by the session after its commit."""
        self._fresh.extend(letters)
        self._called.set()

    async def run(self) -> None:
        """Publish until the process leaves, and tick off beside it, so that no letter waits for another's tick.

        Letters that could not be published stay rows, and the sweep finds them again; so do those that a crash
        kept from being ticked off, and whoever hears them a second time knows them.
        """
        async with asyncio.TaskGroup() as both:
            both.create_task(self._ticks.run())
            try:
                await self._publish_all()
            finally:
                self._ticks.end()

    async def _publish_all(self) -> None:
        sweep_at = 0.0
        loop = asyncio.get_running_loop()
        self._progress.beat("relay")
        while self._fresh or not self._progress.leaving.is_set():
            try:
                letters, self._fresh = self._fresh, []
                if loop.time() >= sweep_at:
                    letters += await self._left_behind()
                    sweep_at = loop.time() + _SWEEP_EVERY_S
                await self._publish(letters)
                self._progress.beat("relay")
            except Exception as error:
                if not is_weather(error):
                    raise
                log.warning("relay.waits", error=type(error).__name__)
                await asyncio.sleep(_PAUSE_S)
            await self._pause(sweep_at - loop.time())

    async def _pause(self, seconds: float) -> None:
        if self._fresh or seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._called.wait()
        except TimeoutError:
            pass
        self._called.clear()

    async def _publish(self, letters: list[Letter]) -> None:
        for begin in range(0, len(letters), _BATCH):
            part = letters[begin : begin + _BATCH]
            results = await self._kafka.send(
                [
                    OutMessage(letter.topic, letter.key.encode(), letter.message, tracing.header(letter.trace))
                    for letter in part
                ]
            )
            done = [letter.id for letter, error in zip(part, results, strict=True) if error is None]
            if len(done) < len(part):
                log.warning("relay.unconfirmed", count=len(part) - len(done))
            self._ticks.add(done)

    async def _left_behind(self) -> list[Letter]:
        now = machine_now()
        async with self._sessions.transaction() as session:
            rows = await session.all(
                f"UPDATE {self._schema}.outbox SET leased_until = :until WHERE id IN ("
                f"SELECT id FROM {self._schema}.outbox WHERE leased_until < :now ORDER BY id"
                " LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING id, topic, key, message",
                now=now,
                until=now + LEASE,
                most=_BATCH,
            )
        letters = [Letter(row.id, row.topic, row.key, row.message) for row in rows]
        return sorted(letters, key=lambda letter: letter.id)


class _Ticks:
    """Deletes the rows of letters that every in-sync replica has: together, all that were confirmed meanwhile."""

    def __init__(self, schema: str, sessions: Sessions) -> None:
        self._schema = schema
        self._sessions = sessions
        self._confirmed: list[UUID] = []
        self._called = asyncio.Event()
        self._is_ending = False

    def add(self, ids: Sequence[UUID]) -> None:
        """Note letters as confirmed."""
        if ids:
            self._confirmed.extend(ids)
            self._called.set()

    def end(self) -> None:
        """Leave once all that was confirmed is ticked off."""
        self._is_ending = True
        self._called.set()

    async def run(self) -> None:
        """Tick off whatever is confirmed; while the database is away, try again."""
        while not self._is_ending or self._confirmed:
            if not self._confirmed:
                self._called.clear()
                await self._called.wait()
                continue
            ids, self._confirmed = self._confirmed, []
            try:
                await self._tick_off(ids)
            except Exception as error:
                if not is_weather(error):
                    raise
                self._confirmed = ids + self._confirmed
                log.warning("relay.waits", error=type(error).__name__)
                await asyncio.sleep(_PAUSE_S)

    async def _tick_off(self, ids: Sequence[UUID]) -> None:
        async with self._sessions.transaction() as session:
            await session.run(f"DELETE FROM {self._schema}.outbox WHERE id = ANY (CAST(:ids AS uuid[]))", ids=list(ids))
