"""Looking into logs and groups from outside, on the development broker and on Apache Kafka alike."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.domain.errors import KafkaAway
from shared.kafka.aio import partition_for
from shared.kafka.consumer import KafkaSource
from shared.kafka.groups import Groups, GroupView
from shared.kafka.producer import KafkaLog, OutMessage
from shared.kafka.reader import LogReader, newest_first
from tests.support.topics import MakeTopic

Place = tuple[str, int]


async def _fill(kafka: str, topic: str, count: int) -> None:
    async with KafkaLog(kafka) as log:
        messages = [OutMessage(topic, f"key-{n % 7}".encode(), str(n).encode(), (("h", b"v"),)) for n in range(count)]
        assert await log.send(messages) == [None] * count


async def test_a_stretch_of_a_log_is_read_and_no_more(kafka: str, make_topic: MakeTopic) -> None:
    """Records come with key, value, headers and the instant at which they were put there."""
    topic = await make_topic()
    await _fill(kafka, topic, 20)
    async with LogReader(kafka) as reader:
        assert (await reader.extents([topic]))[topic, 0].end == 20
        found = await reader.read(topic, 0, 5, 9)
        again = await reader.read(topic, 0, 18, 20)
        assert await reader.read(topic, 0, 7, 7) == []
    assert [int(one.record.value or b"") for one in found] == [5, 6, 7, 8]
    assert [one.record.offset for one in again] == [18, 19]
    assert found[0].record.headers == (("h", b"v"),)
    assert [one.record.offset for one in newest_first(found)][:1] == [8]


async def test_an_instant_leads_to_an_offset(kafka: str, make_topic: MakeTopic) -> None:
    """The first record not before it; where there is none, the end."""
    topic = await make_topic()
    await _fill(kafka, topic, 3)
    async with LogReader(kafka) as reader:
        (first, *_) = await reader.read(topic, 0, 0, 3)
        assert (await reader.since(topic, first.at))[0] == 0
        assert (await reader.since(topic, first.at + timedelta(hours=1)))[0] == 3


async def test_a_key_leads_to_its_partition(kafka: str, make_topic: MakeTopic) -> None:
    """What we reckon is where the producer put it, so that one partition is enough to search."""
    topic = await make_topic(6)
    await _fill(kafka, topic, 21)
    async with LogReader(kafka) as reader:
        ends = await reader.extents([topic])
        found = [one for (_, part), at in ends.items() for one in await reader.read(topic, part, at.begin, at.end)]
    assert len(found) == 21
    assert {
        (one.record.partition, partition_for(one.record.key or b"", 6) == one.record.partition) for one in found
    } <= {(part, True) for part in range(6)}


async def test_a_topic_that_is_not_there_is_said_to_be_away(kafka: str) -> None:
    """No empty list, which would look like a quiet topic."""
    async with LogReader(kafka) as reader:
        with pytest.raises(KafkaAway):
            await reader.extents([f"test-{uuid4().hex}"])


async def test_a_group_tells_its_members_what_they_have_and_what_kafka_was_told(
    kafka: str, make_topic: MakeTopic
) -> None:
    """By the names that we gave our instances."""
    topic, group = await make_topic(2), f"test-{uuid4().hex}"
    await _fill(kafka, topic, 4)

    async def begin(assigned: Collection[Place], starts: Mapping[Place, int]) -> Mapping[Place, int]:
        return {place: starts[place] for place in assigned}

    async with Groups(kafka) as groups:
        async with KafkaSource(kafka, group, "7", [topic], begin) as source:
            heard = 0
            while heard < 4:
                batch = await source.take()
                heard += len(batch.records)
                await source.told(batch.stretches)
            view = await groups.view(group)
        nobody = await groups.view(f"test-{uuid4().hex}")
    assert view.members == (f"{group}-7",)
    assert set(view.owners.items()) == {((topic, part), f"{group}-7") for part in (0, 1)}
    assert sum(view.told.values()) == 4
    assert nobody == GroupView()
