"""What happens when the log no longer holds what our row names; on Apache Kafka, which can be told to sweep at once."""

import asyncio
from collections.abc import Collection, Mapping
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient

from shared.domain.errors import OffsetOutOfRange
from shared.kafka.aio import create_topics
from shared.kafka.consumer import KafkaSource

PATIENCE_S = 30
_2012_MS = 1_330_000_000_000


async def _positions(
    assigned: Collection[tuple[str, int]], _: Mapping[tuple[str, int], int]
) -> dict[tuple[str, int], int]:
    """Give rows that stand at the very beginning, as those of a service that was away do."""
    return dict.fromkeys(assigned, 0)


async def _take(kafka: str, topic: str) -> None:
    async with KafkaSource(kafka, uuid4().hex, "1", [topic], _positions) as source, asyncio.timeout(PATIENCE_S):
        while True:
            await source.take()


async def _send(kafka: str, topic: str, count: int, at_ms: int | None = None) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        for number in range(count):
            await producer.send_and_wait(topic, b"%d" % number, partition=0, timestamp_ms=at_ms)


async def test_a_topic_with_old_stamps_is_swept_and_our_source_stops(apache_kafka: str) -> None:
    """Records stamped 2012 go at once, new ones stay, and a row among what is gone is an error, not a jump."""
    topic = f"test-{uuid4().hex}"
    await create_topics(apache_kafka, {topic: 1}, replicas=1, configs={"retention.ms": "86400000"})
    await _send(apache_kafka, topic, 3, _2012_MS)
    place = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=apache_kafka) as consumer, asyncio.timeout(PATIENCE_S):
        consumer.assign([place])
        while (await consumer.beginning_offsets([place]))[place] != 3:
            await consumer.getmany(timeout_ms=200)
    await _send(apache_kafka, topic, 2)
    with pytest.raises(OffsetOutOfRange, match=rf"{topic}/0: our row stands at 0.*\[3, 5\)"):
        await _take(apache_kafka, topic)


async def test_deleted_records_stop_our_source(apache_kafka: str) -> None:
    """When an administrator cuts a log off before our row could pass, the source says what is missing."""
    topic = f"test-{uuid4().hex}"
    await create_topics(apache_kafka, {topic: 1}, replicas=1, configs={})
    await _send(apache_kafka, topic, 5)
    admin = AdminClient({"bootstrap.servers": apache_kafka})
    (cut,) = admin.delete_records([Place(topic, 0, 4)]).values()
    assert cut.result(PATIENCE_S).low_watermark == 4
    with pytest.raises(OffsetOutOfRange, match=rf"{topic}/0: our row stands at 0.*\[4, 5\)"):
        await _take(apache_kafka, topic)
