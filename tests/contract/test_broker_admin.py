"""What an administrator asks, asked of the development broker and of Apache Kafka alike."""

from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidPartitionsError

from shared.kafka.topics import TOPICS, Topic, ensure_topics
from tests.support.topics import MakeTopic
from tests.support.wire import administrator, partitions_told

EXISTS, UNKNOWN_TOPIC, BAD_NAME, BAD_PARTITIONS, UNKNOWN_GROUP = 36, 3, 17, 37, 69


async def test_a_topic_is_made_once_and_removed(kafka: str) -> None:
    """A second making is refused, and after its removal the topic is gone."""
    name = f"test-{uuid4().hex}"
    async with administrator(kafka) as admin:
        made = [await admin.create_topics([NewTopic(name, 3, 1)]) for _ in range(2)]
        assert [answer.topic_errors[0][1] for answer in made] == [0, EXISTS]
        assert await partitions_told(admin, name, 3) == 3
        assert (await admin.delete_topics([name])).topic_error_codes[0][1] == 0
        assert (await admin.delete_topics([name])).topic_error_codes[0][1] == UNKNOWN_TOPIC


async def test_a_topic_that_makes_no_sense_is_refused(kafka: str) -> None:
    """Neither a path for a name nor no partitions at all are taken."""
    async with administrator(kafka) as admin:
        answer = await admin.create_topics([NewTopic("../up", 1, 1), NewTopic("none", 0, 1)])
        assert [error[1] for error in answer.topic_errors] == [BAD_NAME, BAD_PARTITIONS]


async def test_partitions_can_be_added(kafka: str, make_topic: MakeTopic) -> None:
    """A topic grows, and does not shrink."""
    topic = await make_topic(2)
    async with administrator(kafka) as admin:
        grown = await admin.create_partitions({topic: NewPartitions(5)})
        assert grown.topic_errors[0][1] == 0
        with pytest.raises(InvalidPartitionsError):
            await admin.create_partitions({topic: NewPartitions(1)})
        assert await partitions_told(admin, topic, 5) == 5


async def test_our_topics_are_made_as_the_table_says(kafka: str) -> None:
    """All seven are there, twice asking does no harm, and records are kept fourteen days."""
    await ensure_topics(kafka)
    await ensure_topics(kafka)
    async with administrator(kafka) as admin:
        described = await admin.describe_topics([topic.value for topic in TOPICS])
        counts = {one["topic"]: len(one["partitions"]) for one in described}
        assert counts == {topic.value: shape.partitions for topic, shape in TOPICS.items()}
        resource = ConfigResource(ConfigResourceType.TOPIC, Topic.CASES.value)
        answers = await admin.describe_configs([resource])
        entries = {entry[0]: entry[1] for entry in answers[0].resources[0][4]}
        assert entries["retention.ms"] == str(14 * 86_400_000)


async def test_groups_are_listed_described_and_removed(kafka: str, make_topic: MakeTopic) -> None:
    """A group with members shows them and cannot be removed by accident."""
    topic, group = await make_topic(), uuid4().hex
    async with administrator(kafka) as admin:
        async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, group_id=group, enable_auto_commit=False) as member:
            await member.getmany(timeout_ms=100)
            assert (group, "consumer") in {tuple(one[:2]) for one in await admin.list_consumer_groups()}
            described = (await admin.describe_consumer_groups([group]))[0].groups[0]
            assert (described[2], len(described[5])) == ("Stable", 1)
            await member.commit({TopicPartition(topic, 0): 0})
        assert (await admin.list_consumer_group_offsets(group))[TopicPartition(topic, 0)].offset == 0


async def test_the_cluster_names_itself(kafka: str) -> None:
    """The brokers that an administrator is told of can be reached."""
    async with administrator(kafka) as admin:
        cluster = await admin.describe_cluster()
    assert cluster["brokers"]
    assert cluster["controller_id"] in {broker["node_id"] for broker in cluster["brokers"]}
