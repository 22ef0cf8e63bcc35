"""Find messages in the logs: the newest of a topic, those of a key or a case, one by its place, all from an instant on.

Nothing is indexed, and nobody's place moves: a key leads to the one partition in which its messages lie, and that
is read backwards, a stretch at a time, until enough were found or enough was read.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from services.console.messages.envelope import Read, read
from shared.domain.errors import KafkaAway
from shared.kafka.aio import partition_for
from shared.kafka.reader import Extent, LogReader, Stored, newest_first
from shared.runtime.clock import machine_seconds

#: Messages on a page.
PAGE = 50
#: A search reads so much of a partition at a time, and gives up after so much or so long; it can be taken up again.
_STRETCH, _LONG_STRETCH = 4000, 20_000
_MOST_READ = 60_000
_LONGEST_S = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for."""

    topic: str
    #: Message keys; empty for any.
    keys: frozenset[str] = frozenset()
    kind: str = ""
    partition: int | None = None
    #: Put on the log at this instant or later, machine time.
    since: datetime | None = None
    #: Where to go on: the offset of each partition before which to look.
    before: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, the newest first, and where to look for older ones."""

    messages: list[tuple[Stored, Read]]
    #: The offset of each partition before which nothing was looked at; empty when all was.
    before: Mapping[int, int]
    #: How many records were looked at.
    looked_at: int


class Logs:
    """One connection to the logs, made when it is needed and anew after a failure."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._stack: AsyncExitStack | None = None
        self._reader: LogReader | None = None
        self._opening = asyncio.Lock()
        self._kept: dict[Wanted, tuple[Mapping[tuple[str, int], Extent], Found]] = {}

    async def find(self, wanted: Wanted) -> Found:
        """Give messages; KafkaAway when nobody answers. Where nothing has come since, what was found before."""
        reader = await self._open()
        try:
            extents = await reader.extents([wanted.topic])
            kept = self._kept.get(wanted)
            if kept is not None and kept[0] == extents:
                return kept[1]
            found = await _search(reader, wanted, extents)
        except KafkaAway:
            await self.close()
            raise
        if len(self._kept) > 50:  # noqa: PLR2004 - a bound for many filters, not a tuning
            self._kept.clear()
        self._kept[wanted] = (extents, found)
        return found

    async def at(self, topic: str, partition: int, offset: int) -> Stored | None:
        """Give the message at a place; None where there is none."""
        found = await self.stretch(topic, partition, offset, offset + 1)
        return found[0] if found else None

    async def stretch(self, topic: str, partition: int, begin: int, end: int) -> list[Stored]:
        """Give the messages of a stretch, as far as the log holds it."""
        reader = await self._open()
        try:
            extent = (await reader.extents([topic])).get((topic, partition), Extent(0, 0))
            return await reader.read(topic, partition, max(begin, extent.begin), min(end, extent.end))
        except KafkaAway:
            await self.close()
            raise

    async def close(self) -> None:
        """Hang up; the next question connects anew."""
        stack, self._stack, self._reader = self._stack, None, None
        self._kept.clear()
        if stack is not None:
            await stack.aclose()

    async def _open(self) -> LogReader:
        async with self._opening:
            if self._reader is None:
                stack = AsyncExitStack()
                self._reader = await stack.enter_async_context(LogReader(self._bootstrap, patience_s=2))
                self._stack = stack
            return self._reader


async def _search(reader: LogReader, wanted: Wanted, extents: Mapping[tuple[str, int], Extent]) -> Found:
    """Read the partitions in question backwards, in step, until a page is full."""
    partitions = _partitions(wanted, [part for _, part in extents])
    going_on = dict(wanted.before)
    first = await reader.since(wanted.topic, wanted.since) if wanted.since else {}
    left = {
        part: Extent(
            max(extents[wanted.topic, part].begin, first.get(part, 0)),
            min(extents[wanted.topic, part].end, going_on.get(part, extents[wanted.topic, part].end)),
        )
        for part in partitions
    }
    is_wanted = _filter(wanted)
    keys = [key.encode() for key in wanted.keys]
    deadline, looked_at = machine_seconds() + _LONGEST_S, 0
    hits: list[Stored] = []
    step = _LONG_STRETCH if keys else _STRETCH if wanted.kind else PAGE
    while any(one.begin < one.end for one in left.values()):
        for part, extent in list(left.items()):
            begin = max(extent.begin, extent.end - step)
            stretch = await reader.read(wanted.topic, part, begin, extent.end, keys)
            looked_at += extent.end - begin
            hits += [one for one in stretch if is_wanted(one)]
            left[part] = Extent(extent.begin, begin)
        if len(hits) >= PAGE or looked_at >= _MOST_READ or machine_seconds() > deadline:
            break
    return _page(hits, left, looked_at)


def _page(hits: list[Stored], left: Mapping[int, Extent], looked_at: int) -> Found:
    """Cut a page off; what was found beyond it is found again by the next."""
    ordered = newest_first(hits)
    page, rest = ordered[:PAGE], ordered[PAGE:]
    before = {part: extent.end for part, extent in left.items()}
    for one in rest:
        part = one.record.partition
        before[part] = max(before[part], one.record.offset + 1)
    is_all = not rest and all(extent.begin >= extent.end for extent in left.values())
    return Found(
        messages=[(one, read(one.record)) for one in page], before={} if is_all else before, looked_at=looked_at
    )


def _partitions(wanted: Wanted, there: Collection[int]) -> list[int]:
    if wanted.partition is not None:
        return [part for part in there if part == wanted.partition]
    if wanted.keys:
        return sorted({partition_for(key.encode(), len(there)) for key in wanted.keys})
    return sorted(there)


def _filter(wanted: Wanted) -> Callable[[Stored], bool]:
    keys = {key.encode() for key in wanted.keys}

    def is_wanted(one: Stored) -> bool:
        if keys and one.record.key not in keys:
            return False
        return not wanted.kind or read(one.record).attributes.get("type") == wanted.kind

    return is_wanted
