"""All three services in one process over a test's own database: events in, notices fetched and signed out.

Nothing runs by itself: a test says who hears what, in which order and how often, and when the clock moves.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import pytest

from services.decision.judge import question_digest
from services.notify import handlers as notify
from services.notify.arrive import arrived
from services.notify.dossier import Margins
from services.notify.watch import Watch
from shared.db.engine import make_engine
from shared.db.schema import step
from shared.db.session import Sessions
from shared.domain.case import HeardEvent
from shared.kafka.producer import OutMessage
from shared.kafka.topics import Topic
from shared.outbox.inbox import Once
from shared.outbox.invariants import Reach, Violation, ask, invariants
from shared.outbox.outbox import Letter, Outbox
from shared.runtime.ids import UuidV7
from tests.support.database import Database
from tests.support.line import Line, Tape, as_message, as_sent, open_line

_READ = (Topic.CASES, Topic.DECISIONS)


@dataclass
class World:
    """A line of intake and decision, with notify and the recipients at its end."""

    line: Line
    notify_as: Sessions
    watch: Watch
    outbox: Outbox
    decisions: Tape
    once_decisions: Once[Any]
    #: All messages that decision was given, and notify, to be given again.
    changes: list[OutMessage] = field(default_factory=list)
    answers: list[OutMessage] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """Give the instant the world is at."""
        return self.line.clock.now()

    async def hear(self, *messages: OutMessage) -> None:
        """Let intake take messages as one batch; nothing further happens by itself."""
        await self.line.take(*messages)

    async def decide(self) -> None:
        """Let decision take what intake has told."""
        told = [as_sent(each) for each in await self._taken(Topic.CASES)]
        self.changes += told
        await self.decide_on(told)

    async def decide_on(self, messages: Sequence[OutMessage]) -> None:
        """Let decision hear messages, new ones or old ones again."""
        if messages:
            await self.line.once_cases(await self.line.cases.batch(messages))

    async def tell(self) -> None:
        """Let notify take what decision has told."""
        told = [as_sent(each) for each in await self._taken(Topic.DECISIONS)]
        self.answers += told
        await self.tell_of(told)

    async def tell_of(self, messages: Sequence[OutMessage]) -> None:
        """Let notify hear messages, new ones or old ones again."""
        if messages:
            await self.once_decisions(await self.decisions.batch(messages))

    async def _taken(self, topic: str) -> list[Letter]:
        """Publish as the relays do: give the letters of a topic, and tick off all that nobody here reads."""
        found = [each for each in self.line.told if each.topic == topic]
        kept = [each for each in self.line.told if each.topic in _READ and each.topic != topic]
        gone = [each.id for each in self.line.told if each not in kept]
        self.line.told[:] = kept
        if gone:
            async with self.line.owner.transaction() as session:
                for schema in ("intake", "decision", "notify"):
                    await session.run(f"DELETE FROM {schema}.outbox WHERE id = ANY (CAST(:ids AS uuid[]))", ids=gone)
        return found

    async def timers(self) -> None:
        """Do all that is due in all services at this instant."""
        while await self.line.intake.on_due():
            pass
        while await self.line.decide.on_due():
            pass
        while await self.watch.tick():
            pass
        await self._taken(Topic.NOTICES)

    async def settle(self) -> None:
        """Let every service do what there is to do at this instant."""
        while True:
            await self.decide()
            await self.tell()
            await self.timers()
            if not any(each.topic in _READ for each in self.line.told):
                return

    async def next_due(self) -> datetime | None:
        """Give the next instant at which a timer of any service is due."""
        (row,) = await self.line.rows(
            "SELECT least((SELECT due_at FROM intake.due), (SELECT due_at FROM decision.due),"
            " (SELECT due_at FROM notify.due)) AS at"
        )
        due: datetime | None = row.at
        return due

    async def go_to(self, instant: datetime) -> None:
        """Live on until an instant, doing all that falls due on the way at its own time; recipients fetch."""
        while (due := await self.next_due()) is not None and due < instant:
            await self._step(max(due, self.now))
            await self.settle()
            await self.fetch()
        await self._step(instant)
        await self.settle()
        await self.fetch()

    async def _step(self, instant: datetime) -> None:
        if instant > self.now:
            async with self.line.database.owner() as engine:
                await step(engine, instant)
            for clock in (self.line.clock, self.notify_as.clock):
                clock.follow(instant)

    async def live(self, *events: HeardEvent) -> None:
        """Hear events one after the other, each at its own time, and let everything settle in between."""
        for event in events:
            await self.go_to(event.time)
            await self.hear(as_message(event))
            await self.settle()
            await self.fetch()

    async def end(self, most: int = 200) -> None:
        """Live on until no timer is left."""
        for _ in range(most):
            due = await self.next_due()
            if due is None:
                return
            await self.go_to(due)
        raise AssertionError("there always is another timer")

    async def fetch(self) -> None:
        """Let every recipient fetch its feed, and sign."""
        async with self.notify_as.transaction() as session:
            rows = await session.all("SELECT notice_id FROM notify.deliveries WHERE state = 'sent'")
            await arrived(session, self.outbox, [row.notice_id for row in rows], self.now)
            await session.run(
                "UPDATE notify.deliveries SET state = 'acknowledged', acknowledged_at = :now WHERE state = 'delivered'",
                now=self.now,
            )
        await self._taken(Topic.NOTICES)

    async def answer(self, said: str) -> int:
        """Let a reviewer answer every open question with ``honor`` or ``decline``; give how many there were."""
        rows = await self.line.rows(
            "SELECT id, case_id, detainer_id, facility_ori, office, question FROM decision.reviews"
            " WHERE state IN ('open', 'claimed')"
        )
        for row in rows:
            async with self.line.owner.transaction() as session:
                await session.run(
                    "INSERT INTO decision.answers VALUES (:id, :review, :case, :detainer, :ori, :said, :office,"
                    " 'read', 'Read the record.', :digest, :now, 'reviewer')",
                    id=UuidV7().new(),
                    review=row.id,
                    case=row.case_id,
                    detainer=row.detainer_id,
                    ori=row.facility_ori,
                    said=said,
                    office=row.office or "",
                    digest=question_digest(msgspec.json.decode(row.question)["facts"]),
                    now=self.now,
                )
                await session.run(
                    "UPDATE decision.dossiers SET wake_at = :now WHERE case_id = :case AND detainer_id = :detainer",
                    now=self.now,
                    case=row.case_id,
                    detainer=row.detainer_id,
                )
        await self.settle()
        return len(rows)

    async def broken(self) -> list[Violation]:
        """Ask everything that must never be."""
        async with self.line.owner.reading() as session:
            return await ask(session, invariants(), Reach.whole(self.now))


@asynccontextmanager
async def open_world(database: Database) -> AsyncIterator[World]:
    """Put the world together, where the line begins."""
    async with open_line(database) as line:
        sessions = Sessions(make_engine(database.role_url("notify"), name="test-notify"), line.clock)
        outbox = Outbox("notify", UuidV7(), line.told.extend)
        decisions = notify.Decisions(outbox, UuidV7(), Margins(), lambda: None, lambda: None)
        try:
            yield World(
                line=line,
                notify_as=sessions,
                watch=Watch(
                    sessions=sessions,
                    outbox=outbox,
                    ids=UuidV7(),
                    margins=Margins(),
                    sent=lambda: None,
                    post=lambda: None,
                ),
                outbox=outbox,
                decisions=Tape("notify", sessions),
                once_decisions=Once("notify", "notify", sessions, decisions.hearing()),
            )
        finally:
            await sessions.close()


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    """Give a world of the test's own."""
    async with open_world(database) as made:
        yield made
