"""The same log, groups and topics through librdkafka, so that no habit of one client passes for Kafka's."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its names are not re-exported for checkers
    AdminClient,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from tests.support.member import member, member_process
from tests.support.topics import MakeTopic

PATIENCE_S = 20.0
#: By its name where the request bears it, by its number where not; or the client itself has given up.
REFUSED = {KafkaError.FENCED_INSTANCE_ID, KafkaError.UNKNOWN_MEMBER_ID, KafkaError._FATAL}


@contextmanager
def _opened(consumer: Consumer) -> Iterator[Consumer]:
    try:
        yield consumer
    finally:
        consumer.close()


def _poll_until(is_so: Callable[[], bool], *consumers: Consumer) -> list[Any]:
    """Keep the consumers busy until something is so; give what they read meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    found = []
    while not is_so():
        assert time.monotonic() < deadline, "it has not come about"
        for consumer in consumers:
            message = consumer.poll(0.05)
            if message is not None:
                assert message.error() is None, message.error()
                found.append(message)
    return found


def _partitions(consumer: Consumer) -> list[int]:
    return sorted(place.partition for place in consumer.assignment())


def _send(kafka: str, topic: str, values: list[bytes], **more: Any) -> list[tuple[int, int]]:
    """Send to partition 0, waiting for all; give partition and offset of each."""
    told: list[tuple[int, int]] = []

    def hear(error: KafkaError | None, message: Any) -> None:
        assert error is None, error
        told.append((message.partition(), message.offset()))

    producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True, "linger.ms": 5})
    for value in values:
        producer.produce(topic, value, partition=0, on_delivery=hear, **more)
    assert producer.flush(PATIENCE_S) == 0
    return told


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
async def test_what_one_client_writes_the_other_reads(kafka: str, make_topic: MakeTopic, codec: str) -> None:
    """Key, value, headers and time of an idempotent librdkafka producer come out of aiokafka unchanged."""
    topic = await make_topic()
    producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True, "compression.type": codec})
    producer.produce(topic, b"v" * 500, key=b"k", headers=[("ce_id", b"1")], timestamp=1_700_000_000_000)
    producer.produce(topic, None, key=b"k")
    assert producer.flush(PATIENCE_S) == 0
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        first, second = await consumer.getone(), await consumer.getone()
    assert (first.key, first.value, first.headers) == (b"k", b"v" * 500, (("ce_id", b"1"),))
    assert (first.timestamp, first.offset, second.value, second.offset) == (1_700_000_000_000, 0, None, 1)


async def test_many_records_keep_their_order(kafka: str, make_topic: MakeTopic) -> None:
    """Three thousand records of one partition are told and read in the order of their sending, each once."""
    topic = await make_topic()
    values = [b"%d" % number for number in range(3000)]
    assert _send(kafka, topic, values) == [(0, number) for number in range(3000)]
    with _opened(member(kafka, uuid4().hex, "one")) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[Any] = []
        while len(found) < 3000:
            batch = consumer.consume(1000, timeout=PATIENCE_S)
            assert batch, "nothing more came"
            found += batch
    assert [(each.offset(), each.value()) for each in found] == list(enumerate(values))


async def test_a_killed_static_member_comes_back_to_its_own(kafka: str, make_topic: MakeTopic) -> None:
    """A process killed with -9 has its partitions again within its session, and the other member keeps its own."""
    topic, group = await make_topic(6), uuid4().hex
    shared_out: list[int] = []
    with _opened(member(kafka, group, "steady")) as steady:
        steady.subscribe([topic], on_assign=lambda _, places: shared_out.append(len(places)))
        _poll_until(lambda: len(_partitions(steady)) == 6, steady)
        with _opened(member(kafka, group, "killed")) as first:
            first.subscribe([topic])
            _poll_until(lambda: len(_partitions(steady)) == len(_partitions(first)) == 3, steady, first)
            its_own = _partitions(first)
        before, times = _partitions(steady), len(shared_out)
        for _ in range(2):  # killed while it was away, and once more
            with member_process(kafka, topic, group, "killed") as share:
                assert share == its_own
        _poll_until(lambda: True, steady)
        assert (_partitions(steady), len(shared_out)) == (before, times)


async def test_a_stale_member_is_fenced(kafka: str, make_topic: MakeTopic) -> None:
    """Once another process bears its name, a member can neither go on reading nor commit."""
    topic, group = await make_topic(), uuid4().hex
    _send(kafka, topic, [b"a"])
    with _opened(member(kafka, group, "one")) as stale, _opened(member(kafka, group, "one")) as fresh:
        stale.subscribe([topic])
        _poll_until(lambda: bool(stale.assignment()), stale)
        fresh.subscribe([topic])
        _poll_until(lambda: bool(fresh.assignment()), fresh)
        with pytest.raises(KafkaException) as refused:
            stale.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
        assert refused.value.args[0].code() in REFUSED
        fresh.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
        assert fresh.committed([TopicPartition(topic, 0)])[0].offset == 1


@pytest.mark.parametrize("offset", [4, 1000])
async def test_an_offset_outside_the_log_is_an_error(kafka: str, make_topic: MakeTopic, offset: int) -> None:
    """A reader that wants no reset is told, and is not moved."""
    topic = await make_topic()
    _send(kafka, topic, [b"a", b"b", b"c"])
    with _opened(member(kafka, uuid4().hex, "one", **{"auto.offset.reset": "error"})) as consumer:
        consumer.assign([TopicPartition(topic, 0, offset)])
        message = consumer.poll(PATIENCE_S)
        error = message and message.error()
        assert error
        assert error.code() == KafkaError._AUTO_OFFSET_RESET


async def test_an_administrator_is_served(kafka: str) -> None:
    """Topics are made, described, grown and removed; the ends of logs and the groups are told."""
    topic, group = f"test-{uuid4().hex}", uuid4().hex
    admin = AdminClient({"bootstrap.servers": kafka})
    place = TopicPartition(topic, 0)
    admin.create_topics([NewTopic(topic, 2, 1, config={"retention.ms": "86400000"})])[topic].result(PATIENCE_S)
    with pytest.raises(KafkaException) as refused:
        admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(PATIENCE_S)
    assert refused.value.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
    resource = ConfigResource(ResourceType.TOPIC, topic)
    assert admin.describe_configs([resource])[resource].result(PATIENCE_S)["retention.ms"].value == "86400000"
    admin.create_partitions([NewPartitions(topic, 4)])[topic].result(PATIENCE_S)
    _send(kafka, topic, [b"a", b"b"])
    newest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    assert admin.list_offsets({place: newest})[place].result(PATIENCE_S).offset == 2
    with _opened(member(kafka, group, "one")) as consumer:
        consumer.subscribe([topic])
        _poll_until(lambda: _partitions(consumer) == [0, 1, 2, 3], consumer)
        described = admin.describe_consumer_groups([group])[group].result(PATIENCE_S)
        assert (described.state.name, len(described.members)) == ("STABLE", 1)
    assert group in {one.group_id for one in admin.list_consumer_groups().result(PATIENCE_S).valid}
    admin.delete_topics([topic])[topic].result(PATIENCE_S)
