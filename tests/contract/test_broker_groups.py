"""What we need of consumer groups, asked of the development broker and of Apache Kafka alike."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition

from tests.support.topics import MakeTopic
from tests.support.wire import BareMember, administrator, connected

PATIENCE_S = 20
FENCED, UNKNOWN, WRONG_GENERATION, REBALANCING = 82, 25, 22, 27


class Shares(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Counts how often partitions were shared out."""

    def __init__(self) -> None:
        self.count = 0

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Wait for what comes."""

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Count."""
        self.count += bool(assigned)


def _consumer(
    kafka: str, topic: str, group: str, instance: str | None = None, listener: Shares | None = None
) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        group_id=group,
        group_instance_id=instance,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=10_000,
        heartbeat_interval_ms=100,
    )
    consumer.subscribe([topic], listener=listener)
    return consumer


async def _until(is_so: Callable[[], bool], consumers: Iterable[AIOKafkaConsumer]) -> None:
    """Keep the consumers busy until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            for consumer in consumers:
                await consumer.getmany(timeout_ms=20)


@asynccontextmanager
async def _member(kafka: str, topic: str, group: str) -> AsyncIterator[BareMember]:
    """Give a bare static member on a connection of its own."""
    async with connected(kafka) as connection:
        yield BareMember(connection, group, topic, "one")


async def test_partitions_are_shared_and_taken_back(kafka: str, make_topic: MakeTopic) -> None:
    """Two members have half each; when one leaves, the other has all, and no record is missed."""
    topic, group = await make_topic(6), uuid4().hex
    async with AsyncExitStack() as open_all, AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        first = await open_all.enter_async_context(_consumer(kafka, topic, group))
        await _until(lambda: len(first.assignment()) == 6, [first])
        async with _consumer(kafka, topic, group) as second:
            await _until(lambda: len(first.assignment()) == len(second.assignment()) == 3, [first, second])
            assert not first.assignment() & second.assignment()
        await _until(lambda: len(first.assignment()) == 6, [first])
        for number in range(6):
            await producer.send_and_wait(topic, b"%d" % number, partition=number)
        found: list[Any] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(found) < 6:
                found += [r for each in (await first.getmany(timeout_ms=200)).values() for r in each]
        assert sorted(int(r.value) for r in found) == list(range(6))


async def test_a_static_member_that_comes_back_has_its_partitions_at_once(kafka: str, make_topic: MakeTopic) -> None:
    """A killed process that returns within its session has its old share, and the other member keeps its own."""
    topic, group = await make_topic(6), uuid4().hex
    shares = Shares()
    async with _consumer(kafka, topic, group, "a", shares) as steady:
        killed = _consumer(kafka, topic, group, "b")
        await killed.start()
        try:
            await _until(lambda: len(steady.assignment()) == len(killed.assignment()) == 3, [steady, killed])
        finally:
            await killed.stop()  # a static member does not say that it leaves: for the broker it was killed
        before, shared_out = steady.assignment(), shares.count
        started = asyncio.get_running_loop().time()
        async with _consumer(kafka, topic, group, "b") as back:
            await _until(lambda: len(back.assignment()) == 3, [back])
            assert asyncio.get_running_loop().time() - started < 3
            assert not back.assignment() & before
            assert steady.assignment() == before
            assert shares.count == shared_out


async def test_a_static_leader_that_comes_back_shares_nothing_out_anew(kafka: str, make_topic: MakeTopic) -> None:
    """The returning leader gets the old generation and, as a follower, its old share."""
    topic, group = await make_topic(), uuid4().hex
    async with _member(kafka, topic, group) as old, _member(kafka, topic, group) as new:
        joined = await old.join()
        assert joined.leader_id == old.name
        await old.sync([(old.name, b"share")])
        again = await new.join()
        assert (again.error_code, again.generation_id) == (0, joined.generation_id)
        assert new.name != old.name
        assert again.leader_id != new.name
        assert (await new.sync()).member_assignment == b"share"


async def test_a_static_member_that_was_replaced_is_fenced(kafka: str, make_topic: MakeTopic) -> None:
    """Whoever still uses the old name of a member that came back is refused in everything."""
    topic, group = await make_topic(), uuid4().hex
    async with _member(kafka, topic, group) as old, _member(kafka, topic, group) as new:
        await old.join()
        await old.sync([(old.name, b"share")])
        await new.join()
        assert (await old.join()).error_code == FENCED
        assert (await old.sync()).error_code == FENCED
        assert await old.heartbeat() in {FENCED, UNKNOWN}
        assert await new.heartbeat() == 0


async def test_a_member_of_another_generation_is_refused(kafka: str, make_topic: MakeTopic) -> None:
    """A heartbeat or sync that names a generation long gone does not count."""
    topic, group = await make_topic(), uuid4().hex
    async with _member(kafka, topic, group) as member:
        await member.join()
        await member.sync([(member.name, b"share")])
        member.generation += 1
        assert await member.heartbeat() == WRONG_GENERATION
        assert (await member.sync()).error_code == WRONG_GENERATION


async def test_a_silent_member_loses_its_partitions(kafka: str, make_topic: MakeTopic) -> None:
    """When a static member does not come back within its session, the others take over."""
    topic, group = await make_topic(2), uuid4().hex
    gone = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka,
        group_id=group,
        group_instance_id="gone",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6000,
        heartbeat_interval_ms=100,
    )
    async with _consumer(kafka, topic, group, "stays") as stays:
        await gone.start()
        try:
            await _until(lambda: len(stays.assignment()) == len(gone.assignment()) == 1, [stays, gone])
        finally:
            await gone.stop()
        await _until(lambda: len(stays.assignment()) == 2, [stays])
        assert {place.partition for place in stays.assignment()} == {0, 1}


async def test_committed_offsets_are_kept(kafka: str, make_topic: MakeTopic) -> None:
    """What a group has told is given to its next consumer and to an administrator, partition by partition."""
    topic, group = await make_topic(2), uuid4().hex
    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)
    async with _consumer(kafka, topic, group) as consumer:
        await _until(lambda: len(consumer.assignment()) == 2, [consumer])
        await consumer.commit({first: 7})
    async with _consumer(kafka, topic, group) as consumer:
        assert await consumer.committed(first) == 7
        assert await consumer.committed(second) is None
    async with administrator(kafka) as admin:
        told = await admin.list_consumer_group_offsets(group)
        assert told[first].offset == 7
