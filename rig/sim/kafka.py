"""A log in memory with Kafka's manners: confirmations that get lost, groups whose members come, go and stand still."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

from shared.domain.errors import Unconfirmed
from shared.kafka.consumer import Positions
from shared.kafka.producer import OutMessage
from shared.kafka.source import RawBatch, Record, Stretch

_PARTITIONS = 6
_MOST = 50
_WAIT_S, _LOOK_S = 0.5, 0.05


@dataclass
class SimLog:
    """The topics; what is confirmed stays for ever."""

    chance: random.Random
    risk: float = 0.0
    records: dict[tuple[str, int], list[OutMessage]] = field(default_factory=lambda: defaultdict(list))
    count: Counter[str] = field(default_factory=Counter)

    async def send(self, messages: Sequence[OutMessage]) -> list[BaseException | None]:
        """Write messages; some are not written, some are and nobody hears of it."""
        await asyncio.sleep(self.chance.uniform(0.001, 0.02))
        results: list[BaseException | None] = []
        for message in messages:
            pick = self.chance.random()
            if pick < self.risk:
                self.count["messages not written"] += 1
                results.append(Unconfirmed("not written"))
                continue
            self.records[message.topic, crc32(message.key or b"") % _PARTITIONS].append(message)
            if pick < 2 * self.risk:
                self.count["messages written and not confirmed"] += 1
                results.append(Unconfirmed("written, and nobody heard"))
            else:
                results.append(None)
        return results


@dataclass
class SimGroup:
    """Who has which partitions; between two rebalances a member may believe what is no longer so."""

    topics: tuple[str, ...]
    members: dict[str, "SimSource"] = field(default_factory=dict)

    def share(self, present: Sequence[str], deaf: Sequence[str] = ()) -> None:
        """Share the partitions out among those present; the deaf do not hear of it, and go on as before."""
        places = [(topic, part) for topic in self.topics for part in range(_PARTITIONS)]
        for name, member in self.members.items():
            member.is_zombie = name in deaf
            if not member.is_zombie:
                own = {place for n, place in enumerate(places) if present and present[n % len(present)] == name}
                member.assign(own)


@dataclass
class SimSource:
    """A member of a group; it begins where its rows say."""

    log: SimLog
    positions: Positions
    assigned: set[tuple[str, int]] = field(default_factory=set)
    at: dict[tuple[str, int], int] = field(default_factory=dict)
    #: Whether its partitions are somebody else's by now.
    is_zombie: bool = False

    def assign(self, places: set[tuple[str, int]]) -> None:
        """Take over partitions; where each begins is asked anew."""
        self.assigned = set(places)
        self.at = {}

    async def rewind(self) -> None:
        """Begin again from the rows."""
        self.at = {}

    async def told(self, stretches: Sequence[Stretch]) -> None:
        """Nobody needs to know."""

    async def take(self) -> RawBatch:
        """Give what is there, waiting a short time for it."""
        mine = set(self.assigned)
        if mine - self.at.keys():
            found = await self.positions(sorted(mine), dict.fromkeys(mine, 0))
            if mine != self.assigned:
                return RawBatch((), ())
            self.at = dict(found)
        for _ in range(round(_WAIT_S / _LOOK_S)):
            batch = self._there()
            if batch.stretches:
                return batch
            await asyncio.sleep(_LOOK_S)
        return RawBatch((), ())

    def _there(self) -> RawBatch:
        records: list[Record] = []
        stretches = []
        for place in sorted(self.at):
            begin = self.at[place]
            fresh = self.log.records[place][begin : begin + self.log.chance.randint(1, _MOST)]
            if not fresh or len(records) + len(fresh) > _MOST:
                continue
            for n, message in enumerate(fresh):
                records.append(Record(*place, begin + n, message.key, message.value, message.headers))
            stretches.append(Stretch(*place, begin, begin + len(fresh)))
            self.at[place] = begin + len(fresh)
        return RawBatch(tuple(records), tuple(stretches))
