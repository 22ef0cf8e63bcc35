"""Look into the logs without being part of any group: nothing is committed, and nobody's place moves."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from shared.domain.errors import KafkaAway
from shared.kafka.aio import KafkaError, TopicPartition, partition_counts, plain_consumer, start
from shared.kafka.source import Record

Place = tuple[str, int]
#: A read that gets nothing more within this time gives what it has.
_PATIENCE_S = 5.0
_FETCH_MS = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """A record, and when it was put on the log by the machine's clock."""

    record: Record
    at: datetime


@dataclass(frozen=True, slots=True)
class Extent:
    """What a partition's log holds: from ``begin`` up to, not including, ``end``."""

    begin: int
    end: int


class LogReader:
    """Reads stretches of the logs over one kept connection, one stretch at a time."""

    def __init__(self, bootstrap: str, *, patience_s: float = 30) -> None:
        self._bootstrap = bootstrap
        self._connect_s = patience_s
        self._consumer = plain_consumer(bootstrap)
        self._partitions: dict[str, int] = {}
        self._reading = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Connect."""
        try:
            await start(self._consumer, patience_s=self._connect_s)
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        await self._consumer.stop()

    async def partitions(self, topic: str) -> int:
        """Give how many partitions a topic has; KafkaAway when nobody answers."""
        if topic not in self._partitions:
            try:
                self._partitions |= await partition_counts(self._bootstrap, [topic])
            except KafkaError as error:
                raise _away(error) from error
        return self._partitions[topic]

    async def extents(self, topics: Collection[str]) -> dict[Place, Extent]:
        """Give what the log of every partition holds; KafkaAway when nobody answers."""
        asked = [TopicPartition(topic, n) for topic in topics for n in range(await self.partitions(topic))]
        try:
            ends = await self._consumer.end_offsets(asked)
            begins = await self._consumer.beginning_offsets(asked)
        except KafkaError as error:
            raise _away(error) from error
        return {(tp.topic, tp.partition): Extent(begins[tp], ends[tp]) for tp in asked}

    async def since(self, topic: str, instant: datetime) -> dict[int, int]:
        """Give for each partition the offset of the first record not put there before an instant (machine time)."""
        asked = [TopicPartition(topic, n) for n in range(await self.partitions(topic))]
        milliseconds = int(instant.timestamp() * 1000)
        try:
            found = await self._consumer.offsets_for_times(dict.fromkeys(asked, milliseconds))
            ends = await self._consumer.end_offsets(asked)
        except KafkaError as error:
            raise _away(error) from error
        return {tp.partition: at.offset if (at := found.get(tp)) else ends[tp] for tp in asked}

    async def read(
        self, topic: str, partition: int, begin: int, end: int, keys: Collection[bytes] = ()
    ) -> list[Stored]:
        """Give the records from ``begin`` up to, not including, ``end``; KafkaAway when nobody answers.

        With ``keys``, those of these keys alone: a search looks at many records and keeps few.
        """
        if begin >= end:
            return []
        tp = TopicPartition(topic, partition)
        async with self._reading:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    return await self._fetch(tp, begin, end, frozenset(keys))
            except (KafkaError, TimeoutError) as error:
                raise _away(error) from error
            finally:
                self._consumer.unsubscribe()

    async def _fetch(self, tp: TopicPartition, begin: int, end: int, keys: frozenset[bytes]) -> list[Stored]:
        self._consumer.assign([tp])
        self._consumer.seek(tp, begin)
        found: list[Stored] = []
        while await self._consumer.position(tp) < end:
            fetched = await self._consumer.getmany(tp, timeout_ms=_FETCH_MS, max_records=end - begin)
            found += [
                _stored(each)
                for records in fetched.values()
                for each in records
                if each.offset < end and (not keys or each.key in keys)
            ]
        return found


def newest_first(found: Sequence[Stored]) -> list[Stored]:
    """Put records of several partitions in the order in which they came, the newest first."""
    return sorted(found, key=lambda one: (one.at, one.record.partition, one.record.offset), reverse=True)


def _stored(found: Any) -> Stored:
    record = Record(found.topic, found.partition, found.offset, found.key, found.value, tuple(found.headers))
    return Stored(record, datetime.fromtimestamp(max(found.timestamp, 0) / 1000, UTC))


def _away(error: BaseException) -> KafkaAway:
    return KafkaAway(f"the log cannot be read: {type(error).__name__}")
