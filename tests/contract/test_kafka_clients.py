"""Our own source, log and ends of logs, against a Kafka."""

import asyncio
from collections.abc import Collection, Mapping
from uuid import uuid4

import pytest

from shared.domain.errors import OffsetOutOfRange, Unconfirmed
from shared.kafka.consumer import KafkaSource, RawBatch, Record, Stretch
from shared.kafka.offsets import LogEnds
from shared.kafka.producer import KafkaLog, OutMessage
from shared.kafka.topics import Topic, ensure_topics
from tests.support.kafka import DevBroker
from tests.support.topics import MakeTopic

PATIENCE_S = 20
Place = tuple[str, int]


class Rows:
    """The offset rows, as Postgres would hold them."""

    def __init__(self) -> None:
        self.at: dict[Place, int] = {}
        self.asked: list[set[Place]] = []
        self.failure: Exception | None = None

    async def positions(self, assigned: Collection[Place], starts: Mapping[Place, int]) -> Mapping[Place, int]:
        """Give the row of each partition, made at the log's start when it is new."""
        self.asked.append(set(assigned))
        if self.failure is not None:
            raise self.failure
        return {place: self.at.setdefault(place, starts[place]) for place in assigned}

    def move(self, batch: RawBatch) -> None:
        """Move the rows as a transaction does: only from where they stand."""
        for stretch in batch.stretches:
            place = (stretch.topic, stretch.partition)
            assert self.at[place] == stretch.begin
            self.at[place] = stretch.end


async def _send(kafka: str, topic: str, count: int, prefix: bytes = b"") -> None:
    async with KafkaLog(kafka) as log:
        messages = [OutMessage(topic, b"%d" % n, prefix + b"%d" % n, (("ce_id", b"1"),)) for n in range(count)]
        assert await log.send(messages) == [None] * count


async def _drain(source: KafkaSource, rows: Rows, count: int) -> list[Record]:
    """Take and move until so many records have come."""
    found: list[Record] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            batch = await source.take()
            rows.move(batch)
            await source.told(batch.stretches)
            found += batch.records
    return found


async def test_a_source_begins_at_our_rows_and_not_at_kafkas(kafka: str, make_topic: MakeTopic) -> None:
    """Kafka was told that all is done, but the rows were set back: the rows count."""
    topic, group, rows = await make_topic(3), uuid4().hex, Rows()
    await _send(kafka, topic, 300)
    async with KafkaSource(kafka, group, "1", [topic], rows.positions) as source:
        first = await _drain(source, rows, 300)
    assert sum(rows.at.values()) == 300
    rows.at = dict.fromkeys(rows.at, 0)
    async with KafkaSource(kafka, group, "1", [topic], rows.positions) as source:
        again = await _drain(source, rows, 300)
    by_place = sorted(first, key=lambda r: (r.partition, r.offset))
    assert sorted(again, key=lambda r: (r.partition, r.offset)) == by_place
    assert by_place[0].headers == (("ce_id", b"1"),)


async def test_a_batch_is_no_longer_than_allowed(kafka: str, make_topic: MakeTopic) -> None:
    """However much lies in the log, a batch stops at its limit and the next goes on from there."""
    topic, rows = await make_topic(2), Rows()
    await _send(kafka, topic, 100)
    async with KafkaSource(kafka, uuid4().hex, "1", [topic], rows.positions, max_records=7) as source:
        async with asyncio.timeout(PATIENCE_S):
            while sum(rows.at.values()) < 100:
                batch = await source.take()
                assert len(batch.records) <= 7
                rows.move(batch)


async def test_a_rewound_source_gives_the_same_again(kafka: str, make_topic: MakeTopic) -> None:
    """After a batch that could not be committed the next begins at the rows, with nothing left out."""
    topic, rows = await make_topic(), Rows()
    await _send(kafka, topic, 10)
    async with KafkaSource(kafka, uuid4().hex, "1", [topic], rows.positions) as source:
        async with asyncio.timeout(PATIENCE_S):
            while not (lost := await source.take()).records:
                pass
        await source.rewind()
        again = await _drain(source, rows, 10)
    assert again[: len(lost.records)] == list(lost.records)


async def test_a_row_outside_the_log_stops_the_source(kafka: str, make_topic: MakeTopic) -> None:
    """Nothing is reset: the error names topic, partition, row and log."""
    topic, rows = await make_topic(), Rows()
    await _send(kafka, topic, 3)
    rows.at[topic, 0] = 7
    async with KafkaSource(kafka, uuid4().hex, "1", [topic], rows.positions) as source:
        with pytest.raises(OffsetOutOfRange, match=rf"{topic}/0: our row stands at 7.*\[0, 3\)"):
            await _drain(source, rows, 1)


async def test_a_failure_of_our_rows_reaches_the_taker(kafka: str, make_topic: MakeTopic) -> None:
    """When the rows cannot be read, take says so, and the next take asks again."""
    topic, rows = await make_topic(), Rows()
    await _send(kafka, topic, 3)
    rows.failure = ConnectionError("the database is away")
    async with KafkaSource(kafka, uuid4().hex, "1", [topic], rows.positions) as source:
        with pytest.raises(ConnectionError, match="database is away"):
            await _drain(source, rows, 1)
        rows.failure = None
        assert len(await _drain(source, rows, 3)) == 3


async def test_two_sources_share_the_partitions(kafka: str, make_topic: MakeTopic) -> None:
    """Each record comes to one of them, also those sent while the second one joins."""
    topic, group, rows = await make_topic(6), uuid4().hex, Rows()
    await _send(kafka, topic, 60)
    async with KafkaSource(kafka, group, "1", [topic], rows.positions) as first:
        found = await _drain(first, rows, 60)
        async with KafkaSource(kafka, group, "2", [topic], rows.positions) as second:
            async with asyncio.timeout(PATIENCE_S):
                while not any(len(asked) == 3 for asked in rows.asked):
                    for source in (first, second):
                        rows.move(await source.take())
            await _send(kafka, topic, 60, b"later ")
            async with asyncio.timeout(PATIENCE_S):
                shares: list[set[int]] = [set(), set()]
                while len(found) < 120:
                    for source, share in zip((first, second), shares, strict=True):
                        batch = await source.take()
                        rows.move(batch)
                        found += batch.records
                        share |= {record.partition for record in batch.records}
    assert not shares[0] & shares[1]
    assert len({record.value for record in found}) == 120


async def test_a_log_tells_of_each_message(kafka: str, make_topic: MakeTopic) -> None:
    """One that is too long is refused by name; its neighbours are safe, and so is what comes next."""
    topic = await make_topic()
    async with KafkaLog(kafka) as log:
        too_long = OutMessage(topic, None, b"x" * (2 << 20))
        fine = OutMessage(topic, None, b"y")
        before, refused, after = await log.send([fine, too_long, fine])
        assert (before, after) == (None, None)
        assert isinstance(refused, Unconfirmed)
        assert await log.send([fine]) == [None]
        assert await log.send([]) == []


async def test_a_log_can_be_used_again_after_the_broker_was_away(dev_broker: DevBroker) -> None:
    """While the broker is away messages are unconfirmed within the time given; then they go through again."""
    await ensure_topics(dev_broker.bootstrap)
    async with KafkaLog(dev_broker.bootstrap, delivery_s=1.5, client_s=1.0) as log:
        message = OutMessage(Topic.CASES, b"key", b"value")
        assert await log.send([message]) == [None]
        await asyncio.to_thread(dev_broker.kill)
        started = asyncio.get_running_loop().time()
        (failed,) = await log.send([message])
        assert isinstance(failed, Unconfirmed)
        assert asyncio.get_running_loop().time() - started < 5
        await asyncio.to_thread(dev_broker.start)
        assert await log.send([message]) == [None]


async def test_a_source_goes_on_after_the_broker_was_away(dev_broker: DevBroker) -> None:
    """While the broker is away batches are empty; then the next record comes, and none twice."""
    await ensure_topics(dev_broker.bootstrap)
    rows, topic = Rows(), Topic.CASES.value
    async with KafkaSource(dev_broker.bootstrap, "decision", "1", [topic], rows.positions, wait_s=0.1) as source:
        await _send(dev_broker.bootstrap, topic, 10)
        await _drain(source, rows, 10)
        await asyncio.to_thread(dev_broker.kill)
        for _ in range(3):
            assert await source.take() == RawBatch((), ())
        await source.rewind()
        assert await source.take() == RawBatch((), ())
        await source.told([Stretch(topic, 0, 0, 1)])
        await asyncio.to_thread(dev_broker.start)
        await _send(dev_broker.bootstrap, topic, 10, b"later ")
        later = await _drain(source, rows, 10)
    assert sorted(record.value or b"" for record in later) == [b"later %d" % n for n in range(10)]


async def test_the_ends_of_logs_are_told(kafka: str, make_topic: MakeTopic) -> None:
    """Every partition of every topic asked for, empty ones too, and news at once."""
    topic, empty = await make_topic(2), await make_topic(1)
    async with LogEnds(kafka) as ends:
        assert await ends.ends([topic, empty]) == {(topic, 0): 0, (topic, 1): 0, (empty, 0): 0}
        await _send(kafka, topic, 50)
        assert sum((await ends.ends([topic])).values()) == 50


async def test_many_who_send_at_once_are_all_served(kafka: str, make_topic: MakeTopic) -> None:
    """Batches of one partition go one after the other; nobody's patience runs out over the others' turns."""
    topic = await make_topic()
    async with KafkaLog(kafka) as log:
        messages = [OutMessage(topic, b"one key", b"%d" % n) for n in range(20)]
        results = await asyncio.gather(*(log.send(messages) for _ in range(60)))
    assert all(result == [None] * len(messages) for result in results)
