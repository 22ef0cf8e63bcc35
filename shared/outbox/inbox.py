"""Heard once: one transaction for each batch, and the one bad event found by trying each alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import structlog

from shared.db.engine import is_weather
from shared.db.session import Sessions, WriteSession
from shared.domain.errors import KafkaAway, MalformedMessage, MustStop, StaleBatch, TooManyParked
from shared.kafka.consumer import RawBatch, Record, Source, Stretch
from shared.outbox.offsets import move
from shared.runtime import tracing
from shared.runtime.health import Progress

log = structlog.get_logger()

T = TypeVar("T")

#: So many set aside in a row is no longer a sender's fault but ours: stop and say so.
MOST_PARKED_IN_A_ROW = 20
_PAUSE_S = 0.2
#: How often Kafka is told where we are at most: each telling is a request, and a write at the broker.
_TELL_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """A record of the log, read into a message."""

    record: Record
    message: T


@dataclass(frozen=True, slots=True)
class Unhandled:
    """A record that could not be read or handled, and why. ``message`` is None when it could not be read."""

    record: Record
    message: Any
    error: Exception


@dataclass(frozen=True, slots=True)
class Hearing(Generic[T]):
    """What a service does with what it hears.

    ``read`` raises MalformedMessage for what cannot be read. ``handle`` does its work for a whole batch in the
    session handed to it, and is safe to repeat. ``park`` sets aside what could not be handled.
    """

    read: Callable[[Record], T]
    handle: Callable[[WriteSession, Sequence[Heard[T]], datetime], Awaitable[None]]
    park: Callable[[WriteSession, Sequence[Unhandled], datetime], Awaitable[None]]


class Once(Generic[T]):
    """Handles batches: offsets, effects and what is set aside are kept together, or not at all."""

    def __init__(self, schema: str, group: str, sessions: Sessions, hearing: Hearing[T]) -> None:
        self._schema = schema
        self._group = group
        self._sessions = sessions
        self._hearing = hearing
        self._parked_in_a_row = 0

    async def __call__(self, batch: RawBatch) -> None:
        """Handle a batch in one transaction; if it fails for one event's sake, try each event alone."""
        if not tracing.is_on():
            await self._take(batch, {})
            return
        told = [(record.key, _where(record), tracing.parent_in(record.headers)) for record in batch.records]
        with tracing.hearing(self._group, told) as traces:
            await self._take(batch, traces)

    async def _take(self, batch: RawBatch, traces: dict[str, str]) -> None:
        heard, bad = self._read(batch.records)
        try:
            async with self._sessions.transaction() as session:
                session.traces = traces
                now = self._sessions.clock.now()
                await move(session, self._schema, self._group, batch.stretches)
                if heard:
                    await self._hearing.handle(session, heard, now)
                await self._set_aside(session, batch.records, bad, now)
        except (StaleBatch, MustStop):
            raise
        except Exception as error:
            if is_weather(error) or not heard:
                raise
            log.warning("batch.tried_singly", error=type(error).__name__, count=len(heard))
            await self._one_by_one(batch, heard, bad, traces)

    async def _one_by_one(
        self, batch: RawBatch, heard: Sequence[Heard[T]], bad: list[Unhandled], traces: dict[str, str]
    ) -> None:
        async with self._sessions.transaction() as session:
            session.traces = traces
            now = self._sessions.clock.now()
            await move(session, self._schema, self._group, batch.stretches)
            for one in heard:
                try:
                    async with session.attempt():
                        await self._hearing.handle(session, [one], now)
                except (StaleBatch, MustStop):
                    raise
                except Exception as error:
                    if is_weather(error):
                        raise
                    log.warning(
                        "event.unhandled",
                        error=type(error).__name__,
                        topic=one.record.topic,
                        offset=one.record.offset,
                    )
                    bad.append(Unhandled(one.record, one.message, error))
            await self._set_aside(session, batch.records, bad, now)

    def _read(self, records: Sequence[Record]) -> tuple[list[Heard[T]], list[Unhandled]]:
        heard: list[Heard[T]] = []
        bad: list[Unhandled] = []
        for record in records:
            try:
                heard.append(Heard(record, self._hearing.read(record)))
            except MalformedMessage as error:
                bad.append(Unhandled(record, None, error))
        return heard, bad

    async def _set_aside(
        self, session: WriteSession, records: Sequence[Record], bad: Sequence[Unhandled], now: datetime
    ) -> None:
        longest, last = _rows(records, bad, self._parked_in_a_row)
        if longest >= MOST_PARKED_IN_A_ROW:
            raise TooManyParked(
                f"{longest} events in a row could not be handled; nothing more is taken until someone has looked"
            )
        if bad:
            await self._hearing.park(session, bad, now)
        session.afterwards(lambda: self._count(last))

    def _count(self, in_a_row: int) -> None:
        self._parked_in_a_row = in_a_row


def _where(record: Record) -> dict[str, str | int]:
    """Say where a message lies, as traces name it; never its key."""
    return {
        "messaging.destination.name": record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
    }


def _rows(records: Sequence[Record], bad: Sequence[Unhandled], before: int) -> tuple[int, int]:
    """Give the longest row of events set aside, and the one at the end; ``before`` went before this batch.

    Counted over the events as they came, so that where batches are cut makes no difference.
    """
    spoilt = {(one.record.topic, one.record.partition, one.record.offset) for one in bad}
    longest = row = before
    for record in records:
        row = row + 1 if (record.topic, record.partition, record.offset) in spoilt else 0
        longest = max(longest, row)
    return longest, row


class _Teller:
    """Tells Kafka how far we are, beside the work: a courtesy to its tools that must not slow a batch down."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ends: dict[tuple[str, int], Stretch] = {}
        self._telling: asyncio.Task[None] | None = None
        self._next_at = 0.0

    def tell(self, stretches: Sequence[Stretch]) -> None:
        """Note the newest ends; tell them now and then, and not while an earlier telling is still under way."""
        self._ends |= {(s.topic, s.partition): s for s in stretches}
        now = asyncio.get_running_loop().time()
        if self._ends and now >= self._next_at and (self._telling is None or self._telling.done()):
            self._next_at = now + _TELL_EVERY_S
            self._tell()

    def _tell(self) -> None:
        if self._ends:
            ends, self._ends = list(self._ends.values()), {}
            self._telling = asyncio.create_task(self._source.told(ends))

    async def end(self) -> None:
        """Let what is being told be told, and what came meanwhile too."""
        if self._telling is not None:
            await asyncio.wait([self._telling])
        self._tell()
        if self._telling is not None:
            await asyncio.wait([self._telling])


async def consume(name: str, source: Source, once: Callable[[RawBatch], Awaitable[None]], progress: Progress) -> None:
    """Hand every batch to ``once``; tell Kafka of its offsets only afterwards.

    A crash between the two shows the batch again, which is harmless: offsets and inbox remember it.
    """
    teller = _Teller(source)
    try:
        progress.beat(name)
        while not progress.leaving.is_set():
            await _next(name, source, once, progress, teller)
    finally:
        await teller.end()


async def _next(
    name: str, source: Source, once: Callable[[RawBatch], Awaitable[None]], progress: Progress, teller: _Teller
) -> None:
    """Take one batch and handle it; what only an operator can mend stops the consumer, and says so.

    Where to begin is asked of the database too. Bad weather there ends no process: the clock that ends holds lives
    in it as well. Waiting is no progress, so readiness turns red meanwhile.
    """
    try:
        batch = await source.take()
        if batch.stretches:
            await _insist(name, batch, once)
        teller.tell(batch.stretches)
    except StaleBatch:
        log.warning("batch.stale", consumer=name)
        await source.rewind()
    except MustStop as error:
        await progress.stopped(name, error)
    except Exception as error:
        if not is_weather(error) and not isinstance(error, KafkaAway):
            raise
        log.warning("source.waits", consumer=name, error=type(error).__name__)
        await source.rewind()
        await asyncio.sleep(_PAUSE_S)
        return
    progress.beat(name)


async def _insist(name: str, batch: RawBatch, once: Callable[[RawBatch], Awaitable[None]]) -> None:
    """Try the same batch until the database takes it: nothing commits while the weather is bad.

    Trying is no progress: weather that does not pass turns readiness red.
    """
    while True:
        try:
            return await once(batch)
        except Exception as error:
            if not is_weather(error):
                raise
            log.warning("batch.waits", consumer=name, error=type(error).__name__)
            await asyncio.sleep(_PAUSE_S)


async def fresh(session: WriteSession, schema: str, heard: Sequence[Heard[Any]], now: datetime) -> list[Heard[Any]]:
    """Mark our own messages as heard and give back those that had not been heard before."""
    first = {one.message.id: one for one in reversed(heard)}
    rows = await session.all(
        f"INSERT INTO {schema}.inbox (message_id, heard_at)"
        " SELECT id, CAST(:now AS timestamptz) FROM unnest(CAST(:ids AS uuid[])) AS id ON CONFLICT DO NOTHING"
        " RETURNING message_id",
        ids=list(first),
        now=now,
    )
    new = {row.message_id for row in rows}
    return [one for one in heard if one.message.id in new and first[one.message.id] is one]
