"""All that the broker keeps: topics with their partitions, committed offsets, producer ids."""

import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.embedded.broker.codes import Code
from shared.embedded.broker.journal import Journal
from shared.embedded.broker.partition import SEGMENT_BYTES, Partition
from shared.embedded.broker.syncer import Syncer
from shared.runtime.clock import machine_now

_LEGAL_NAME = re.compile(r"[a-zA-Z0-9._-]{1,200}")
_MAX_PARTITIONS = 1000
#: Producer ids are taken in blocks, so that not every new producer waits for the disk.
_ID_BLOCK = 1000
_DAY_MS = 86_400_000
#: A file of a log is written to for at most so long; so much longer than promised may a record live.
_FILE_S = 86_400.0
#: Bytes after which the journal is written anew: every commit adds a line, few of them still count.
_LONG_JOURNAL = 8 << 20
#: Kept when the topic does not say (``retention.ms``): 14 days.
DEFAULT_RETENTION_MS = 14 * _DAY_MS


@dataclass(slots=True)
class Topic:
    """A topic's partitions and the settings it was made with."""

    partitions: list[Partition]
    configs: dict[str, str] = field(default_factory=dict)

    @property
    def retention_ms(self) -> int:
        """How long its records are kept; negative: for ever."""
        return int(self.configs.get("retention.ms", DEFAULT_RETENTION_MS))


@dataclass(frozen=True, slots=True)
class Committed:
    """What a group has told of one partition."""

    offset: int
    metadata: str


class Store:
    """The data folder. What a method changes is safe once ``settled`` has returned."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.topics: dict[str, Topic] = {}
        self.offsets: dict[str, dict[tuple[str, int], Committed]] = {}
        self.cluster_id = uuid.uuid4().hex
        self.syncer = Syncer()
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._next_producer = 0
        self._ids_until = 0
        self._journal = Journal(folder / "journal")
        self._recover()

    def _recover(self) -> None:
        shapes: dict[str, tuple[int, dict[str, str]]] = {}
        for kind, *rest in self._journal.entries():
            match kind, rest:
                case "topic", [name, count, configs]:
                    shapes[name] = (count, configs)
                case "gone", [name]:
                    shapes.pop(name, None)
                    self._forget_offsets(name)
                case "offset", [group, topic, partition, offset, metadata]:
                    self.offsets.setdefault(group, {})[topic, partition] = Committed(offset, metadata)
                case "group gone", [group]:
                    self.offsets.pop(group, None)
                case "ids", [until]:
                    self._next_producer = self._ids_until = until
                case "cluster", [name]:
                    self.cluster_id = name
        self._remove_leftovers(shapes)
        for name, (count, configs) in shapes.items():
            self.topics[name] = Topic([self._open(name, number) for number in range(count)], configs)
        self._journal.rewrite(self._facts())

    def _remove_leftovers(self, shapes: Mapping[str, object]) -> None:
        """Finish deletions that a crash cut short, so that a new topic of that name begins empty."""
        for path in self._folder.iterdir():
            if path.is_dir() and path.name.rpartition("-")[0] not in shapes:
                shutil.rmtree(path)

    def _facts(self) -> Iterator[list[Any]]:
        yield ["cluster", self.cluster_id]
        yield ["ids", self._ids_until]
        for name, topic in self.topics.items():
            yield ["topic", name, len(topic.partitions), topic.configs]
        for group, committed in self.offsets.items():
            for (name, partition), at in committed.items():
                yield ["offset", group, name, partition, at.offset, at.metadata]

    def _open(self, name: str, number: int) -> Partition:
        return Partition(self._folder / f"{name}-{number}", segment_bytes=self._segment_bytes)

    def _forget_offsets(self, topic: str) -> None:
        for committed in self.offsets.values():
            for key in [key for key in committed if key[0] == topic]:
                del committed[key]

    def partition(self, topic: str, number: int) -> Partition | None:
        """Give a partition, or None when there is no such."""
        found = self.topics.get(topic)
        return found.partitions[number] if found and 0 <= number < len(found.partitions) else None

    def check_new(self, name: str, count: int, configs: Mapping[str, str]) -> Code:
        """Say whether such a topic could be made."""
        if not _LEGAL_NAME.fullmatch(name) or name in {".", ".."}:
            return Code.INVALID_TOPIC
        if name in self.topics:
            return Code.TOPIC_ALREADY_EXISTS
        if not re.fullmatch(r"-?\d{1,15}", configs.get("retention.ms", "0")):
            return Code.INVALID_REQUEST
        return Code.NONE if 0 < count <= _MAX_PARTITIONS else Code.INVALID_PARTITIONS

    def create(self, name: str, count: int, configs: Mapping[str, str]) -> None:
        """Make a topic that ``check_new`` has found sound."""
        self._journal.write("topic", name, count, dict(configs))
        self.topics[name] = Topic([self._open(name, number) for number in range(count)], dict(configs))

    def check_grown(self, name: str, count: int) -> Code:
        """Say whether the topic could be given so many partitions."""
        topic = self.topics.get(name)
        if topic is None:
            return Code.UNKNOWN_TOPIC_OR_PARTITION
        return Code.NONE if len(topic.partitions) < count <= _MAX_PARTITIONS else Code.INVALID_PARTITIONS

    def grow(self, name: str, count: int) -> None:
        """Give a topic more partitions."""
        topic = self.topics[name]
        self._journal.write("topic", name, count, topic.configs)
        topic.partitions += [self._open(name, number) for number in range(len(topic.partitions), count)]

    async def delete(self, name: str) -> Code:
        """Remove a topic, its records and what groups have committed for it."""
        topic = self.topics.pop(name, None)
        if topic is None:
            return Code.UNKNOWN_TOPIC_OR_PARTITION
        self._journal.write("gone", name)
        self._forget_offsets(name)
        await self.settled()
        for partition in topic.partitions:
            partition.delete()
        return Code.NONE

    def commit(self, group: str, topic: str, partition: int, at: Committed) -> None:
        """Keep what a group has reached."""
        self._journal.write("offset", group, topic, partition, at.offset, at.metadata)
        self.offsets.setdefault(group, {})[topic, partition] = at

    def forget_group(self, group: str) -> None:
        """Remove all that a group has committed."""
        self._journal.write("group gone", group)
        self.offsets.pop(group, None)

    def new_producer(self) -> int:
        """Give an id that no producer has had."""
        if self._next_producer >= self._ids_until:
            self._ids_until += _ID_BLOCK
            self._journal.write("ids", self._ids_until)
        self._next_producer += 1
        return self._next_producer - 1

    async def settled(self) -> None:
        """Return when all changes but records are on disk."""
        await self.syncer.durable(self._journal)

    def sweep(self) -> int:
        """Drop files of records that are older than their topic keeps them; say how many. Shorten the journal."""
        if self._journal.size > _LONG_JOURNAL:
            self._journal.rewrite(self._facts())
        now = machine_now().timestamp()
        return sum(
            partition.sweep(now - topic.retention_ms / 1000, begin_anew=now - _FILE_S)
            for topic in self.topics.values()
            if topic.retention_ms >= 0
            for partition in topic.partitions
        )

    async def close(self) -> None:
        """Sync everything and let go of it."""
        await self.syncer.durable(*(p.head for topic in self.topics.values() for p in topic.partitions))
        await self.syncer.close()
        self._journal.close()
