"""Take records a batch at a time, from the places that our own rows name."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import structlog

from shared.domain.errors import KafkaAway, OffsetOutOfRange
from shared.kafka.aio import (
    ConsumerRebalanceListener,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicPartition,
    group_consumer,
    start,
)
from shared.kafka.source import RawBatch, Record, Source, Stretch

__all__ = ["KafkaSource", "Positions", "RawBatch", "Record", "Source", "Stretch"]

log = structlog.get_logger()

Place = tuple[str, int]
#: (assigned partitions, where their logs begin) -> the offset to begin at for each.
Positions = Callable[[Collection[Place], Mapping[Place, int]], Awaitable[Mapping[Place, int]]]

#: Telling Kafka of offsets is a courtesy, so it may not hold up the work for long.
_TELLING_S = 2.0
#: The client itself would go on asking for most of a minute, and SIGTERM would have to wait.
_ASKING_S = 2.0
_AGAIN_AFTER_S = 0.2


class KafkaSource(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A static member of a consumer group that begins where ``positions`` says, never where Kafka does."""

    def __init__(
        self,
        bootstrap: str,
        group: str,
        instance: str,
        topics: Collection[str],
        positions: Positions,
        max_records: int = 500,
        wait_s: float = 0.5,
    ) -> None:
        self._consumer = group_consumer(bootstrap, group, instance)
        self._topics = list(topics)
        self._positions = positions
        self._max_records = max_records
        self._wait_s = wait_s
        self._log = log.bind(group=group, instance=instance)
        #: Where the next batch begins, of the partitions that are ours and placed.
        self._at: dict[TopicPartition, int] = {}
        #: Ours, but not placed yet.
        self._fresh: set[TopicPartition] = set()
        self._assigned: set[TopicPartition] = set()
        self._changed = asyncio.Event()
        self._is_connected = False

    async def __aenter__(self) -> Self:
        """Connect and ask to join the group; partitions come with the first ``take``.

        A process whose timers need no Kafka must be able to start without: the next ``take`` tries again.
        """
        self._consumer.subscribe(self._topics, listener=self)
        try:
            await self._connect()
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def _connect(self) -> None:
        try:
            await start(self._consumer, patience_s=_ASKING_S)
        except KafkaAway as error:
            self._log.warning("source.away", error=repr(error))
        else:
            self._is_connected = True

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up; a static member does not leave, so that its return costs no rebalance."""
        await self._consumer.stop()

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Forget everything: a batch of before is refused by our rows if someone else has moved on."""
        self._at.clear()
        self._fresh.clear()
        self._assigned.clear()
        if revoked:
            self._log.info("source.revoked", partitions=len(revoked))

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Note what is ours; ``take`` then places it, so that its caller sees what goes wrong."""
        self._assigned = set(assigned)
        self._fresh = set(assigned)
        self._changed.set()
        self._log.info("source.assigned", partitions=len(assigned))

    async def rewind(self) -> None:
        """Forget what was fetched; begin again from the rows."""
        self._at.clear()
        self._fresh = set(self._assigned)

    async def take(self) -> RawBatch:
        """Give what is there, waiting a short time for it.

        Raises OffsetOutOfRange when the log does not hold what our rows name, KafkaAway when it refuses to be
        read, and whatever ``positions`` raises. While Kafka cannot be reached the batch is empty.
        """
        if not self._is_connected:
            await self._connect()
        if not self._is_connected:
            return RawBatch((), ())
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._wait_s
        while True:
            if self._fresh:
                await self._place()
            fetched = await self._poll(max(deadline - clock(), 0.0))
            batch = await self._batch(fetched)
            if batch.stretches or clock() >= deadline:
                return batch

    async def _place(self) -> None:
        """Begin each fresh partition where its row says."""
        fresh = frozenset(self._fresh)
        ranges = await self._ranges(fresh)
        if ranges is None:
            await asyncio.sleep(_AGAIN_AFTER_S)
            return
        starts, ends = ranges
        rows = await self._positions([_place(tp) for tp in fresh], {_place(tp): at for tp, at in starts.items()})
        if fresh != self._fresh:
            return  # shared out anew meanwhile: the next round asks again
        for tp in fresh:
            offset = rows[_place(tp)]
            if not starts[tp] <= offset <= ends[tp]:
                raise _out_of_range(tp, offset, starts[tp], ends[tp])
            self._consumer.seek(tp, offset)
            self._at[tp] = offset
        self._fresh.clear()

    async def _ranges(
        self, partitions: Collection[TopicPartition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]] | None:
        """Ask where the logs begin and end; None while Kafka is away."""
        try:
            async with asyncio.timeout(_ASKING_S):
                starts = await self._consumer.beginning_offsets(partitions)
                return starts, await self._consumer.end_offsets(partitions)
        except (KafkaError, TimeoutError) as error:
            self._log.warning("source.away", error=repr(error))
            return None

    async def _poll(self, wait_s: float) -> dict[TopicPartition, list[Any]]:
        """Fetch, but come back at once when partitions are shared out anew."""
        if not self._fresh:
            self._changed.clear()
        fetching = asyncio.create_task(self._fetch(wait_s))
        changing = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait((fetching, changing), timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changing.cancel()
            # Nothing is lost: records are taken out only after the last point it can be cancelled at.
            fetching.cancel()
            await asyncio.wait((fetching, changing))
        return {} if fetching.cancelled() else fetching.result()

    async def _fetch(self, wait_s: float) -> dict[TopicPartition, list[Any]]:
        try:
            fetched: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
                timeout_ms=int(wait_s * 1000), max_records=self._max_records
            )
        except NoOffsetForPartitionError:
            return {}  # it asked Kafka where to begin before we could say so
        except OffsetOutOfRangeError as error:
            await self._judge(error)
            return {}
        except KafkaError as error:
            await self.rewind()  # what else it had taken out is lost, so that has to be fetched again
            raise KafkaAway(f"nothing can be fetched: {error!r}") from error
        return fetched

    async def _judge(self, error: OffsetOutOfRangeError) -> None:
        """Raise OffsetOutOfRange if it is about a place of ours, and not one that Kafka remembered."""
        for tp, offset in error.args[0].items():
            if tp not in self._at:
                continue
            ranges = await self._ranges([tp])
            if ranges is None:
                return  # the next fetch says the same again
            raise _out_of_range(tp, offset, ranges[0][tp], ranges[1][tp]) from error

    async def _batch(self, fetched: Mapping[TopicPartition, Iterable[Any]]) -> RawBatch:
        """Put records and stretches together, of the partitions that are ours and placed."""
        records = tuple(_record(each) for tp, found in fetched.items() if tp in self._at for each in found)
        stretches = []
        for tp, begin in list(self._at.items()):
            end = await self._consumer.position(tp)  # past the last record where the log has gaps
            if end > begin:
                stretches.append(Stretch(tp.topic, tp.partition, begin, end))
                self._at[tp] = end
        return RawBatch(records, tuple(stretches))

    async def told(self, stretches: Sequence[Stretch]) -> None:
        """Tell Kafka how far we are, for its own tools; a failure does no harm."""
        ends = {TopicPartition(s.topic, s.partition): s.end for s in stretches}
        ours = {tp: end for tp, end in ends.items() if tp in self._at}
        if not ours:
            return
        try:
            async with asyncio.timeout(_TELLING_S):
                await self._consumer.commit(ours)
        except (KafkaError, TimeoutError) as error:
            self._log.info("source.not_told", error=repr(error))


def _place(tp: TopicPartition) -> Place:
    return tp.topic, tp.partition


def _record(found: Any) -> Record:
    return Record(found.topic, found.partition, found.offset, found.key, found.value, tuple(found.headers))


def _out_of_range(tp: TopicPartition, offset: int, start_at: int, end_at: int) -> OffsetOutOfRange:
    return OffsetOutOfRange(
        f"{tp.topic}/{tp.partition}: our row stands at {offset}, but the log holds [{start_at}, {end_at}). "
        "What lies between is missing: find it before moving the row."
    )
