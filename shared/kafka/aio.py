"""aiokafka, wrapped once: its clients with the settings we mean, and nothing left to a default that loses data."""

import asyncio
import struct
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAlreadyExistsError,
    for_code,
)

from shared.domain.errors import KafkaAway

__all__ = [
    "MOST_BATCH_BYTES",
    "AIOKafkaAdminClient",
    "AIOKafkaConsumer",
    "AIOKafkaProducer",
    "ConsumerRebalanceListener",
    "KafkaError",
    "MessageSizeTooLargeError",
    "NoOffsetForPartitionError",
    "OffsetOutOfRangeError",
    "TopicPartition",
    "administrator",
    "assigned",
    "create_topics",
    "group_consumer",
    "partition_counts",
    "partition_for",
    "plain_consumer",
    "producer",
    "start",
]

log = structlog.get_logger()

_CLIENT_ID = "countersign"
#: A static member that does not come back within this time loses its partitions to the others.
SESSION_MS = 10_000
#: How soon a member hears that partitions are shared out anew.
_HEARTBEAT_MS = 1_000
#: A fetch that waits at the broker holds up one for partitions just begun, so it is kept short.
_FETCH_WAIT_MS = 100
_QUERY_TIMEOUT_MS = 5_000
#: What MurmurHash2 mixes with, and the width of its words.
_MIX, _WORD = 0x5BD1E995, 0xFFFFFFFF
#: The largest batch we make: what a broker takes by default is 1 MB, with what stands around the records.
MOST_BATCH_BYTES = 1_000_000
#: How long a client tries to reach the cluster when it is started, and how often.
_PATIENCE_S = 30.0
#: A cluster tells of a new topic within a moment; a busy one takes its time.
_MADE_WITHIN_S = 30.0
_AGAIN_AFTER_S = 0.2


class _Client(Protocol):
    async def start(self) -> None: ...


def group_consumer(bootstrap: str, group: str, instance: str) -> AIOKafkaConsumer:
    """Make a static member of a group that commits nothing and resets nothing by itself."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=_CLIENT_ID,
        group_id=group,
        group_instance_id=f"{group}-{instance}",
        enable_auto_commit=False,
        auto_offset_reset="none",
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=_HEARTBEAT_MS,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
    )


def plain_consumer(bootstrap: str) -> AIOKafkaConsumer:
    """Make a consumer without a group, to ask for offsets."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=_CLIENT_ID,
        enable_auto_commit=False,
        auto_offset_reset="none",
        request_timeout_ms=_QUERY_TIMEOUT_MS,
    )


def producer(bootstrap: str, *, timeout_s: float) -> AIOKafkaProducer:
    """Make an idempotent producer that waits for all in-sync replicas, at most ``timeout_s``."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=_CLIENT_ID,
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=int(timeout_s * 1000),
        max_batch_size=MOST_BATCH_BYTES,
    )


def administrator(bootstrap: str) -> AIOKafkaAdminClient:
    """Make a client for an administrator's questions."""
    return AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id=_CLIENT_ID, request_timeout_ms=_QUERY_TIMEOUT_MS)


def assigned(assignment: bytes) -> list[TopicPartition]:
    """Give the partitions that a member of a group has, from the bytes in which a broker tells of them."""
    if not assignment:
        return []
    decoded: list[TopicPartition] = ConsumerProtocolMemberAssignment.decode(assignment).partitions()
    return decoded


def partition_for(key: bytes, partitions: int) -> int:
    """Give the partition to which every client sends messages of this key, where it follows Kafka's custom."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(key: bytes) -> int:
    """Give MurmurHash2 as Kafka's clients seed it: the same hash as the client's own, some three times as fast."""
    length = len(key)
    whole = length & ~3
    hashed = 0x9747B28C ^ length
    for word in struct.unpack_from(f"<{whole >> 2}I", key):
        mixed = word * _MIX & _WORD
        hashed = hashed * _MIX & _WORD ^ (mixed ^ mixed >> 24) * _MIX & _WORD
    if whole < length:
        hashed = (hashed ^ int.from_bytes(key[whole:], "little")) * _MIX & _WORD
    hashed = (hashed ^ hashed >> 13) * _MIX & _WORD
    return hashed ^ hashed >> 15


async def start(client: _Client, *, patience_s: float = _PATIENCE_S) -> None:
    """Start a client; while the cluster cannot be reached, try again. KafkaAway when patience ends."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while True:
        try:
            return await client.start()
        except KafkaConnectionError as error:
            if asyncio.get_running_loop().time() >= deadline:
                raise KafkaAway(f"Kafka cannot be reached: {error}") from error
        await asyncio.sleep(_AGAIN_AFTER_S)


async def create_topics(
    bootstrap: str, wanted: Mapping[str, int], *, replicas: int, configs: Mapping[str, str]
) -> None:
    """Make the topics (name -> partitions) that are missing; ``replicas`` is cut to the brokers there are.

    Comes back once the cluster tells of all of them: the controller answers before its brokers know.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id=_CLIENT_ID)
    try:
        await start(admin)
        brokers = (await admin.describe_cluster())["brokers"]
        copies = min(replicas, len(brokers))
        topics = [NewTopic(name, count, copies, topic_configs=dict(configs)) for name, count in wanted.items()]
        answer = await admin.create_topics(topics)
        for name, code, *_ in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"topic {name} could not be made")
        await _told_of(admin, wanted)
    finally:
        await admin.close()


async def _told_of(admin: AIOKafkaAdminClient, topics: Collection[str]) -> None:
    """Wait until the cluster tells of the topics; KafkaAway if it does not in time."""
    deadline = asyncio.get_running_loop().time() + _MADE_WITHIN_S
    while True:
        described: Sequence[Mapping[str, Any]] = await admin.describe_topics(list(topics))
        missing = [one["topic"] for one in described if one["error_code"] or not one["partitions"]]
        if not missing:
            return
        if asyncio.get_running_loop().time() >= deadline:
            raise KafkaAway(f"the cluster does not tell of {', '.join(missing)}, which were just made")
        await asyncio.sleep(_AGAIN_AFTER_S)


async def partition_counts(bootstrap: str, topics: Collection[str]) -> dict[str, int]:
    """Tell how many partitions each topic has; KafkaAway when one is not there."""
    admin = administrator(bootstrap)
    try:
        await start(admin, patience_s=_QUERY_TIMEOUT_MS / 1000)
        described: Sequence[Mapping[str, Any]] = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    missing = [one["topic"] for one in described if one["error_code"]]
    if missing:
        raise KafkaAway(f"no such topic: {', '.join(missing)}; ensure_topics makes them")
    return {one["topic"]: len(one["partitions"]) for one in described}
