"""Offsets and what is behind them, held to what another client of Kafka says: on both brokers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from services.console.lag import looks, sampler
from services.console.lag.looks import History, Look
from services.console.lag.model import Status
from services.console.lag.sampler import Sampler
from shared.db.session import Sessions
from shared.kafka.consumer import KafkaSource, Stretch
from shared.kafka.groups import Groups
from shared.kafka.producer import KafkaLog, OutMessage
from shared.kafka.reader import LogReader
from shared.kafka.topics import TOPICS, Topic, ensure_topics
from shared.outbox.offsets import OffsetRows, move
from tests.support.database import Database

_PATIENCE_S = 60


@dataclass(slots=True)
class Bench:
    """A sampler on a broker and a database, and the group of intake as a consumer that a test moves."""

    kafka: str
    own: Sessions
    intake: Sessions
    sampler: Sampler
    admin: AdminClient
    begins: dict[tuple[str, int], int] = field(default_factory=dict)

    async def look(self) -> Look:
        """Look once."""
        async with LogReader(self.kafka) as reader, Groups(self.kafka) as groups:
            return await self.sampler.look(reader, groups)

    async def say(self, count: int) -> None:
        """Put messages on the bookings' topic."""
        async with KafkaLog(self.kafka) as log:
            sent = [OutMessage(Topic.BOOKINGS, f"CT000930{n % 9}/{n}".encode(), b"{}") for n in range(count)]
            assert await log.send(sent) == [None] * count

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[KafkaSource]:
        """Give intake's consumer, which begins at its rows as the service does."""
        topics = [Topic.BOOKINGS, Topic.MATCHES, Topic.DETAINERS]
        rows = OffsetRows(self.intake, "intake", "intake")
        async with KafkaSource(self.kafka, "intake", uuid4().hex[:8], topics, rows) as source:
            yield source

    async def read(self, source: KafkaSource) -> int:
        """Take one batch, move the rows, tell Kafka; give how many messages it had."""
        batch = await source.take()
        async with self.intake.transaction() as session:
            await move(session, "intake", "intake", batch.stretches)
        await source.told(batch.stretches)
        return len(batch.records)

    def as_told(self, topic: str) -> dict[int, tuple[int, int]]:
        """Give what Kafka's tools would show for a topic: committed offset and log end, by partition."""
        places = [TopicPartition(topic, part) for part in range(TOPICS[Topic(topic)].partitions)]
        answer = self.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions("intake", places)])
        committed = {one.partition: one.offset for one in answer["intake"].result(_PATIENCE_S).topic_partitions}
        ends = self.admin.list_offsets(dict.fromkeys(places, OffsetSpec.latest()))
        return {
            place.partition: (committed[place.partition], end.result(_PATIENCE_S).offset) for place, end in ends.items()
        }


@pytest.fixture
async def bench(database: Database, kafka: str) -> AsyncIterator[Bench]:
    """Give a bench whose topics are as long as other tests made them; the rows stand at their ends."""
    await ensure_topics(kafka)
    async with database.sessions("console") as own, database.sessions("intake") as intake:
        it = Bench(kafka, own, intake, Sampler(kafka, own), AdminClient({"bootstrap.servers": kafka}))
        ends = (await it.look()).ends
        for (topic, part), end in ends.items():
            if (group := looks.GROUPS.get(topic)) is not None:
                await database.run(
                    f"INSERT INTO {group}.offsets VALUES ('{group}', :topic, :part, :end)",
                    topic=topic,
                    part=part,
                    end=end,
                )
        yield it


async def test_at_rest_we_say_what_kafkas_own_client_says(bench: Bench) -> None:
    """To the offset: what is read, where the log ends, and so what waits."""
    await bench.say(300)
    async with bench.reading() as source:
        heard = 0
        while heard < 300:
            heard += await bench.read(source)
    await bench.say(40)
    look, told = await bench.look(), bench.as_told(Topic.BOOKINGS)
    moved = {part for part, (committed, _) in told.items() if committed >= 0}
    assert moved
    for part, (committed, end) in told.items():
        assert look.ends[Topic.BOOKINGS, part] == end
        if part in moved:
            assert look.positions[Topic.BOOKINGS, part] == committed
    assert looks.waiting_of(look, Topic.BOOKINGS) == 40
    assert all(put <= look.at for put in look.oldest.values())
    assert set(look.oldest) == {
        (Topic.BOOKINGS, part)
        for part in range(6)
        if look.positions[Topic.BOOKINGS, part] < look.ends[Topic.BOOKINGS, part]
    }


async def test_a_group_put_elsewhere_in_kafka_moves_nothing_here(bench: Bench) -> None:
    """The rows stand where they stood, nothing waits, and the page can say where somebody put the group."""
    await bench.say(60)
    async with bench.reading() as source:
        heard = 0
        while heard < 60:
            heard += await bench.read(source)
        # A cluster that has just got its first group says a little later who looks after it, and who is in it.
        while (group := (before := await bench.look()).groups.get("intake")) is None or not group.members:
            bench.sampler._asked_at = None
        read_to = {place: at for place, at in before.positions.items() if place[0] == Topic.BOOKINGS and at > 0}
        await source.told([Stretch(topic, part, 0, 0) for topic, part in read_to])
    told = bench.as_told(Topic.BOOKINGS)
    assert read_to
    assert all(told[part][0] == 0 for _, part in read_to)
    bench.sampler._asked_at = None  # groups are asked about every few seconds only
    look, history = await bench.look(), History()
    assert look.positions == before.positions
    history.add(look)
    topic = next(one for one in history.now(look.at) if one.topic == Topic.BOOKINGS)
    assert topic.waiting == 0
    assert topic.status is Status.QUIET
    assert {(one.topic, one.partition) for one in topic.partitions if one.told_elsewhere == 0} == set(read_to)


async def test_looks_are_kept_for_whoever_comes_next(bench: Bench) -> None:
    """A console that was just started knows what the one before it saw."""
    look = await bench.look()
    await bench.sampler._keep(look)
    (kept,) = await Sampler(bench.kafka, bench.own).kept(timedelta(minutes=1))
    assert kept.ends == look.ends
    assert dict(kept.positions) == dict(look.positions)
    assert abs(kept.at - look.at) <= sampler._KEEP_EVERY
