"""What we need of a Kafka's log, asked of the development broker and of Apache Kafka alike."""

import asyncio
import time
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.codec import has_gzip, has_lz4, has_snappy, has_zstd
from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from tests.support.topics import MakeTopic
from tests.support.wire import connected

_HAS = {"gzip": has_gzip, "snappy": has_snappy, "lz4": has_lz4, "zstd": has_zstd}
CODECS = [None, *(name for name, is_there in _HAS.items() if is_there())]
PATIENCE_S = 10


async def _read(kafka: str, topic: str, count: int, offset: int = 0) -> list[Any]:
    """Read so many records of partition 0."""
    place = TopicPartition(topic, 0)
    found: list[Any] = []
    async with (
        AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="none") as consumer,
        asyncio.timeout(PATIENCE_S),
    ):
        consumer.assign([place])
        consumer.seek(place, offset)
        while len(found) < count:
            found += (await consumer.getmany(place, timeout_ms=1000)).get(place, [])
    return found


def _batch(values: list[bytes], *, producer: int = -1, epoch: int = -1, sequence: int = -1) -> bytes:
    """Pack records as a producer does."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=producer,
        producer_epoch=epoch,
        base_sequence=sequence,
        batch_size=1 << 20,
    )
    for number, value in enumerate(values):
        builder.append(number, timestamp=None, key=None, value=value, headers=[])
    return bytes(builder.build())


async def _produce(kafka: str, topic: str, batch: bytes) -> tuple[int, int]:
    """Send a batch as it is; give error code and offset."""
    async with connected(kafka) as connection:
        answer = await connection.send(ProduceRequest(None, -1, 5000, [(topic, [(0, batch)])]))
    _, code, offset, *_ = answer.topics[0][1][0]
    return code, offset


@pytest.mark.parametrize("codec", CODECS)
async def test_records_come_back_as_they_were_sent(kafka: str, make_topic: MakeTopic, codec: str | None) -> None:
    """Key, value, headers and time survive every codec that is installed, and nulls stay nulls."""
    topic = await make_topic()
    headers = [("ce_id", b"1"), ("ce_type", b"booking.created"), ("ce_id", b"")]
    async with AIOKafkaProducer(bootstrap_servers=kafka, compression_type=codec, acks="all") as producer:
        await producer.send_and_wait(topic, b"value" * 500, key=b"key", headers=headers, timestamp_ms=1_700_000_000_000)
        await producer.send_and_wait(topic, None, key=b"key")
    first, second = await _read(kafka, topic, 2)
    assert (first.key, first.value, list(first.headers)) == (b"key", b"value" * 500, headers)
    assert (first.offset, first.timestamp) == (0, 1_700_000_000_000)
    assert (second.value, second.headers, second.offset) == (None, (), 1)


async def test_order_within_a_partition_is_kept(kafka: str, make_topic: MakeTopic) -> None:
    """Thousands of records sent at once are read in the order of their sending, each once."""
    topic = await make_topic()
    async with AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True) as producer:
        promises = [await producer.send(topic, b"%d" % number) for number in range(5000)]
        told = [(await promise).offset for promise in promises]
    found = await _read(kafka, topic, 5000)
    assert told == list(range(5000))
    assert [(r.offset, int(r.value)) for r in found] == [(n, n) for n in range(5000)]


async def test_a_key_always_goes_to_the_same_partition(kafka: str, make_topic: MakeTopic) -> None:
    """All records of one case are in one partition, and several partitions are used."""
    topic = await make_topic(6)
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        sent = [(n % 20, await producer.send(topic, b"x", key=b"case %d" % (n % 20))) for n in range(100)]
        places = {(case, (await promise).partition) for case, promise in sent}
    assert len(places) == 20
    assert len({partition for _, partition in places}) > 1


async def test_a_batch_sent_again_is_kept_once(kafka: str, make_topic: MakeTopic) -> None:
    """A repeated batch of an idempotent producer is answered with the offset it got the first time."""
    topic = await make_topic()
    first = _batch([b"a", b"b"], producer=777_777, epoch=0, sequence=0)
    second = _batch([b"c"], producer=777_777, epoch=0, sequence=2)
    assert [await _produce(kafka, topic, batch) for batch in (first, second, first)] == [(0, 0), (0, 2), (0, 0)]
    assert [r.value for r in await _read(kafka, topic, 3)] == [b"a", b"b", b"c"]
    late = _batch([b"e"], producer=777_777, epoch=0, sequence=4)
    assert (await _produce(kafka, topic, late))[0] == 45  # out of order: d is missing


async def test_a_damaged_batch_is_refused(kafka: str, make_topic: MakeTopic) -> None:
    """Bytes that changed on the way do not enter the log."""
    topic = await make_topic()
    damaged = _batch([b"a name"]).replace(b"a name", b"a game")
    assert (await _produce(kafka, topic, damaged))[0] in {2, 87}  # corrupt message, or invalid record
    assert await _produce(kafka, topic, _batch([b"good"])) == (0, 0)


async def test_offsets_are_found_by_time(kafka: str, make_topic: MakeTopic) -> None:
    """The first record not before a moment is found, also inside a batch; after the last there is none."""
    topic = await make_topic()
    place = TopicPartition(topic, 0)
    now = int(time.time() * 1000)
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=50) as producer:
        promises = [await producer.send(topic, b"x", partition=0, timestamp_ms=now + n * 10) for n in range(10)]
        await asyncio.gather(*promises)
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        found = await consumer.offsets_for_times({place: now + 35})
        assert (found[place].offset, found[place].timestamp) == (4, now + 40)
        assert (await consumer.offsets_for_times({place: now + 1000}))[place] is None
        assert await consumer.beginning_offsets([place]) == {place: 0}
        assert await consumer.end_offsets([place]) == {place: 10}


@pytest.mark.parametrize("offset", [4, 1000])
async def test_an_offset_outside_the_log_is_said_to_be(kafka: str, make_topic: MakeTopic, offset: int) -> None:
    """A reader beyond the end is told so, and is not moved silently."""
    topic = await make_topic()
    await _produce(kafka, topic, _batch([b"a", b"b", b"c"]))
    place = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="none") as consumer:
        consumer.assign([place])
        consumer.seek(place, offset)
        with pytest.raises(OffsetOutOfRangeError):
            await consumer.getmany(place, timeout_ms=PATIENCE_S * 1000)


async def test_a_waiting_reader_is_woken_by_an_append(kafka: str, make_topic: MakeTopic) -> None:
    """A fetch that may wait for half a minute is answered as soon as there is something."""
    topic = await make_topic()
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", fetch_max_wait_ms=30_000)
    async with consumer, AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        consumer.assign([place])
        assert await consumer.getmany(place, timeout_ms=200) == {}
        started = asyncio.get_running_loop().time()
        waiting = asyncio.create_task(consumer.getone())
        await producer.send_and_wait(topic, b"news")
        async with asyncio.timeout(PATIENCE_S):
            assert (await waiting).value == b"news"
        assert asyncio.get_running_loop().time() - started < 5


async def test_a_large_batch_is_read_by_a_reader_with_small_limits(kafka: str, make_topic: MakeTopic) -> None:
    """A record longer than the reader's limit is given all the same, so nobody is stuck."""
    topic = await make_topic()
    await _produce(kafka, topic, _batch([b"x" * 200_000]))
    await _produce(kafka, topic, _batch([b"after"]))
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="earliest", max_partition_fetch_bytes=1000, fetch_max_bytes=1000
    )
    async with consumer, asyncio.timeout(PATIENCE_S):
        consumer.assign([place])
        assert len((await consumer.getone()).value) == 200_000
        assert (await consumer.getone()).value == b"after"
