"""Answers to requests about records: produce, fetch, list offsets, producer ids."""

import asyncio
from types import SimpleNamespace
from typing import Any

import structlog

from shared.embedded.broker.codes import Code
from shared.embedded.broker.partition import Partition
from shared.embedded.broker.store import Store

log = structlog.get_logger()

_LATEST = -1
_EARLIEST = -2
_NO_ACKS = 0


class Records:
    """What producers and readers ask for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def produce(self, request: SimpleNamespace) -> dict[str, Any] | None:
        """Append, wait for the disk, and only then acknowledge; nothing is said when no answer is wanted."""
        written: list[tuple[Partition, int]] = []
        topics = [
            {
                "topic": t.topic,
                "partitions": [self._append(request, t.topic, p, written) for p in t.partitions],
            }
            for t in request.topics
        ]
        await self._store.syncer.durable(*{partition.head for partition, _ in written})
        for partition, end in written:
            partition.confirm(end)
        return None if request.required_acks == _NO_ACKS else {"topics": topics}

    def _append(
        self,
        request: SimpleNamespace,
        topic: str,
        part: SimpleNamespace,
        written: list[tuple[Partition, int]],
    ) -> dict[str, Any]:
        partition = self._store.partition(topic, part.partition)
        code, offset = Code.UNKNOWN_TOPIC_OR_PARTITION, -1
        if request.transactional_id is not None:
            code = Code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        elif partition is not None:
            try:
                code, offset = partition.append(part.messages or b"")
            except OSError:
                log.exception("broker.write_failed", topic=topic, partition=part.partition)
                code = Code.KAFKA_STORAGE_ERROR
            written.append((partition, partition.end))
        return {
            "partition": part.partition,
            "error_code": code,
            "offset": offset,
            "timestamp": -1,
            "log_start_offset": partition.start if partition else -1,
        }

    async def fetch(self, request: SimpleNamespace) -> dict[str, Any]:
        """Give what there is; when that is too little, wait for more as long as the reader allows."""
        deadline = asyncio.get_running_loop().time() + request.max_wait_time / 1000
        partitions = self._asked_for(request)
        more = asyncio.Event()
        for partition in partitions:
            partition.waiting.add(more)
        try:
            while True:
                more.clear()
                topics, size, failed = self._read_all(request)
                left = deadline - asyncio.get_running_loop().time()
                if failed or size >= request.min_bytes or left <= 0:
                    return {"error_code": Code.NONE, "session_id": 0, "topics": topics}
                await _wait(more, left)
        finally:
            for partition in partitions:
                partition.waiting.discard(more)

    def _asked_for(self, request: SimpleNamespace) -> list[Partition]:
        found = (self._store.partition(t.topic, p.partition) for t in request.topics for p in t.partitions)
        return [partition for partition in found if partition is not None]

    def _read_all(self, request: SimpleNamespace) -> tuple[list[dict[str, Any]], int, bool]:
        """Read every partition asked for; give the answers, their bytes, and whether one failed."""
        budget, size, failed = request.max_bytes, 0, False
        topics: list[dict[str, Any]] = []
        for topic in request.topics:
            parts: list[dict[str, Any]] = []
            for asked in topic.partitions:
                limit = min(asked.max_bytes, budget - size)
                answer = self._read(topic.topic, asked, limit, must=size == 0)
                size += len(answer["message_set"])
                failed = failed or answer["error_code"] is not Code.NONE
                parts.append(answer)
            topics.append({"topics": topic.topic, "partitions": parts})
        return topics, size, failed

    def _read(self, topic: str, asked: SimpleNamespace, limit: int, *, must: bool) -> dict[str, Any]:
        """Read one partition; ``must``: at least one batch, even when it is longer than the limit."""
        partition = self._store.partition(topic, asked.partition)
        offset = asked.fetch_offset if hasattr(asked, "fetch_offset") else asked.offset
        code, data, start, end = Code.NONE, b"", -1, -1
        if partition is None:
            code = Code.UNKNOWN_TOPIC_OR_PARTITION
        else:
            start, end = partition.start, partition.durable
            if not start <= offset <= end:
                code = Code.OFFSET_OUT_OF_RANGE
            elif limit > 0 or must:
                data = partition.read(offset, limit)
        return {
            "partition": asked.partition,
            "error_code": code,
            "highwater_offset": end,
            "last_stable_offset": end,
            "log_start_offset": start,
            "aborted_transactions": [],
            "preferred_read_replica": -1,
            "message_set": data,
        }

    async def list_offsets(self, request: SimpleNamespace) -> dict[str, Any]:
        """Give the first or next offset, or the first not before a timestamp."""
        return {
            "topics": [
                {"topic": t.topic, "partitions": [self._offset(t.topic, p) for p in t.partitions]}
                for t in request.topics
            ]
        }

    def _offset(self, topic: str, asked: SimpleNamespace) -> dict[str, Any]:
        partition = self._store.partition(topic, asked.partition)
        code, offset, timestamp = Code.NONE, -1, -1
        if partition is None:
            code = Code.UNKNOWN_TOPIC_OR_PARTITION
        elif asked.timestamp == _LATEST:
            offset = partition.durable
        elif asked.timestamp == _EARLIEST:
            offset = partition.start
        else:
            offset, timestamp = partition.since(asked.timestamp)
        return {"partition": asked.partition, "error_code": code, "timestamp": timestamp, "offset": offset}

    async def init_producer_id(self, request: SimpleNamespace) -> dict[str, Any]:
        """Give an idempotent producer its id; transactions are refused."""
        if request.transactional_id is not None:
            code = Code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
            return {"error_code": code, "producer_id": -1, "producer_epoch": -1}
        producer = self._store.new_producer()
        await self._store.settled()
        return {"error_code": Code.NONE, "producer_id": producer, "producer_epoch": 0}


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but no longer than that."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
