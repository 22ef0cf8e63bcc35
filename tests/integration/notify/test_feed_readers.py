"""Readers of a feed, killed and started again at random: nothing is skipped, and what comes twice is seen to.

`COUNTERSIGN_TEST_NOTICES=10000` reads as many as the proof in docs/webhooks.md speaks of; the suite reads fewer.
"""

import asyncio
import os
import random
from dataclasses import dataclass, field, replace

from tests.integration.notify.conftest import Office
from tests.support.decisions import NOW, ORI, a_decision

NOTICES = int(os.environ.get("COUNTERSIGN_TEST_NOTICES", "600"))
_BATCH = 100


@dataclass
class Reader:
    """A jail's program: it writes down what it reads together with the cursor, or neither; it may die in between."""

    office: Office
    chance: random.Random
    #: On its disk.
    cursor: str | None = None
    kept: list[str] = field(default_factory=list)
    deaths: int = 0

    async def live(self, until: int) -> None:
        """Read, die at some await, start again from the disk, until everything was read."""
        while len(self.kept) < until:
            life = asyncio.create_task(self._read(until))
            # The first of them dies before it has read anything.
            seconds = self.chance.choice([0.01, 0.05, 0.2, 1.0]) if self.deaths else 0
            done, _ = await asyncio.wait({life}, timeout=seconds)
            if not done:
                self.deaths += 1
                life.cancel()
                await asyncio.wait({life})

    async def _read(self, until: int) -> None:
        async with self.office.client("jail") as client:
            while len(self.kept) < until:
                after = f"&after={self.cursor}" if self.cursor else ""
                limit = self.chance.randint(1, 100)
                answer = await client.get(f"/v1/jails/{ORI}/notices?wait=1&limit={limit}{after}")
                assert answer.status_code == 200, answer.text
                page = answer.json()
                # One write to the disk: what was read, and where to go on.
                self.kept, self.cursor = [*self.kept, *(item["id"] for item in page["items"])], page["next"]


async def test_readers_that_die_skip_nothing_and_keep_nothing_twice(office: Office) -> None:
    """Two senders fill the feed meanwhile, in batches that overlap; three readers die again and again."""
    readers = [Reader(office, random.Random(seed)) for seed in range(3)]  # noqa: S311 - lives, not secrets
    senders = [replace(office.watch, most=size) for size in (7, 50)]

    async def send(number: int) -> None:
        for first in range(number * _BATCH, NOTICES, 2 * _BATCH):
            wanted = range(first, min(first + _BATCH, NOTICES))
            # A REVIEW that is due within four hours waits for the timers, and leaves with the others' at once.
            later = [replace(a_decision(outcome="REVIEW"), detainer_id=f"D-{each}", due_by=NOW) for each in wanted]
            await office.hear(*later)
            while await senders[number].tick():
                pass

    async with asyncio.timeout(600), asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(send(number))
        for reader in readers:
            group.create_task(reader.live(NOTICES))
    rows = await office.database.all(
        "SELECT notice_id, position FROM notify.deliveries WHERE recipient = :jail ORDER BY position",
        jail=f"jail:{ORI}",
    )
    assert [position for _, position in rows] == list(range(1, NOTICES + 1))
    for reader in readers:
        assert reader.kept == [str(notice_id) for notice_id, _ in rows]
        assert reader.deaths > 0
