"""Speak to Kafka as administrators do, and in single requests, for what no client lets one say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, SyncGroupRequest


@asynccontextmanager
async def connected(bootstrap: str) -> AsyncIterator[AIOKafkaConnection]:
    """Give a bare connection to the one broker."""
    host, _, port = bootstrap.rpartition(":")
    connection = await create_conn(host, int(port))
    try:
        yield connection
    finally:
        connection.close()


@asynccontextmanager
async def administrator(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give an administrator's client."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def partitions_told(admin: AIOKafkaAdminClient, topic: str, wanted: int) -> int:
    """Give how many partitions the cluster tells of, once it tells of as many as wanted, or after half a minute.

    A controller answers before the brokers know.
    """
    count = -1
    for _ in range(600):
        count = len((await admin.describe_topics([topic]))[0]["partitions"])
        if count == wanted:
            break
        await asyncio.sleep(0.05)
    return count


class BareMember:
    """A consumer in a group, one request at a time."""

    def __init__(self, connection: AIOKafkaConnection, group: str, topic: str, instance: str) -> None:
        self._connection = connection
        self._group = group
        self._topic = topic
        self._instance = instance
        self.name = ""
        self.generation = -1

    async def join(self) -> Any:
        """Join the group under the name it has, and note the name and generation it gets."""
        metadata = RoundRobinPartitionAssignor.metadata({self._topic}).encode()
        answer = await self._connection.send(
            JoinGroupRequest(
                self._group, 10_000, 10_000, self.name, self._instance, "consumer", [("roundrobin", metadata)]
            )
        )
        if answer.error_code == 0:
            self.name, self.generation = answer.member_id, answer.generation_id
        return answer

    async def sync(self, shares: list[tuple[str, bytes]] | None = None) -> Any:
        """Give or fetch the sharing."""
        request = SyncGroupRequest(self._group, self.generation, self.name, self._instance, shares or [])
        return await self._connection.send(request)

    async def heartbeat(self) -> int:
        """Say that it lives; give the error code."""
        answer = await self._connection.send(HeartbeatRequest(self._group, self.generation, self.name))
        code: int = answer.error_code
        return code
