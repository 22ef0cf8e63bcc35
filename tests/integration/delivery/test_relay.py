"""Told for sure: what is committed is published, at once or by the sweep, and stays a row until it is confirmed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from shared.db.session import Sessions
from shared.kafka.producer import OutMessage
from shared.outbox.outbox import Letter, Outbox
from shared.outbox.relay import Relay
from shared.runtime.health import Progress
from shared.runtime.ids import UuidV7
from tests.support.database import Database

NOON = datetime(2012, 2, 22, 17, tzinfo=UTC)


@dataclass
class Broker:
    """Confirms what is sent, but not the first so many times; rings at each try."""

    refusals: int = 0
    sent: list[OutMessage] = field(default_factory=list)
    tried: asyncio.Queue[int] = field(default_factory=asyncio.Queue)

    async def send(self, messages: Sequence[OutMessage]) -> list[BaseException | None]:
        """Confirm all, or nothing."""
        if not messages:
            return []
        refused = self.refusals > 0
        self.refusals -= 1
        if not refused:
            self.sent += messages
        self.tried.put_nowait(len(messages))
        return [TimeoutError() if refused else None for _ in messages]

    @property
    def keys(self) -> list[str]:
        """Give the keys of what was confirmed, in order."""
        return [(message.key or b"").decode() for message in self.sent]


async def write(sessions: Sessions, relay: Relay | None, *keys: str) -> None:
    """Commit letters; without a relay, as if we had crashed right after."""
    outbox = Outbox("intake", UuidV7(), relay.hand_over if relay else lambda _: None)
    async with sessions.transaction() as session:
        letters = [outbox.letter("t.v1", "word", key=key, time=NOON, data={"a": 1}) for key in keys]
        await outbox.tell(session, letters)


async def left(sessions: Sessions) -> int:
    """Count the letters still to be confirmed."""
    async with sessions.reading() as session:
        return len(await session.all("SELECT 1 FROM intake.outbox"))


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    """Let the relay run, and end it."""
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def emptied(sessions: Sessions, *, but: int = 0) -> None:
    """Wait until no more than so many are left to be confirmed."""
    async with asyncio.timeout(20):
        while await left(sessions) > but:  # noqa: ASYNC110 - the relay rings no bell after its delete
            await asyncio.sleep(0)


async def test_letters_are_published_after_the_commit_and_ticked_off(database: Database) -> None:
    """Handed over letters go out in order, once, and their rows are gone."""
    async with database.sessions("intake") as sessions:
        broker = Broker()
        relay = Relay("intake", sessions, broker, Progress())
        await write(sessions, relay, "a", "b")
        async with running(relay):
            await emptied(sessions)
        assert broker.keys == ["a", "b"]


async def test_what_a_crash_left_behind_is_swept_up(database: Database) -> None:
    """Letters that nobody handed over are found by their rows once the lease of their writer is over."""
    async with database.sessions("intake") as sessions:
        await write(sessions, None, "a", "b")
        await database.run("UPDATE intake.outbox SET leased_until = now() - interval '1 second'")
        broker = Broker()
        async with running(Relay("intake", sessions, broker, Progress())):
            await emptied(sessions)
        assert sorted(broker.keys) == ["a", "b"]


async def test_a_lease_keeps_two_relays_apart(database: Database) -> None:
    """A letter that another instance has just written or taken is not published a second time."""
    async with database.sessions("intake") as sessions:
        await write(sessions, None, "leased")
        await write(sessions, None, "left behind")
        await database.run(
            "UPDATE intake.outbox SET leased_until = now() - interval '1 second' WHERE key = 'left behind'"
        )
        brokers = Broker(), Broker()
        first, second = (Relay("intake", sessions, broker, Progress()) for broker in brokers)
        async with running(first), running(second):
            await emptied(sessions, but=1)
        assert brokers[0].keys + brokers[1].keys == ["left behind"]


async def test_what_the_broker_does_not_confirm_stays(database: Database) -> None:
    """A refused letter is no lost letter: its row stays and the sweep takes it up again."""
    async with database.sessions("intake") as sessions:
        broker = Broker(refusals=1)
        relay = Relay("intake", sessions, broker, Progress())
        await write(sessions, relay, "a")
        async with running(relay):
            async with asyncio.timeout(20):
                await broker.tried.get()
            assert (broker.keys, await left(sessions)) == ([], 1)
            await database.run("UPDATE intake.outbox SET leased_until = now() - interval '1 second'")
            await emptied(sessions)
        assert broker.keys == ["a"]


async def test_a_letter_not_committed_is_not_published(database: Database) -> None:
    """What was rolled back is told to nobody."""
    async with database.sessions("intake") as sessions:
        handed: list[Letter] = []
        outbox = Outbox("intake", UuidV7(), handed.extend)
        letter = outbox.letter("t.v1", "word", key="a", time=NOON, data={})
        with pytest.raises(ValueError, match="undone"):
            await _tell_and_fail(sessions, outbox, letter)
        assert (handed, await left(sessions)) == ([], 0)


async def _tell_and_fail(sessions: Sessions, outbox: Outbox, letter: Letter) -> None:
    async with sessions.transaction() as session:
        await outbox.tell(session, [letter])
        raise ValueError("undone")
