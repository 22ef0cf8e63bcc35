"""Intake and decision in one process over a test's own database: events in, decisions out, no broker between.

The log is a fake: it gives offsets as Kafka would, one partition a topic, and keeps what is sent.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Row

from services.decision import handlers as decision
from services.decision.policy.load import load_rulebook
from services.intake import handlers as intake
from services.intake.messages import read_event, topic_key
from services.intake.settings import Settings
from shared.db.engine import make_engine
from shared.db.schema import step
from shared.db.session import Sessions, WriteSession
from shared.domain.case import HeardEvent
from shared.kafka.consumer import RawBatch, Record, Stretch
from shared.kafka.producer import OutMessage
from shared.kafka.topics import Topic, topic_for
from shared.outbox.inbox import Hearing, Once
from shared.outbox.outbox import Letter, Outbox
from shared.outbox.parts import Parts
from shared.runtime.clock import SteppedClock
from shared.runtime.ids import UuidV7
from tests.support.builders import ORI, OTHER_ORI, ZONE, an_event_json, at
from tests.support.database import Database

#: Two days before the Commissioner's policy, so that a test may live on either side of it.
BEGINS = at("2012-02-20 12:00")
RULEBOOK = load_rulebook()
PATIENCE = Settings.model_construct(ahead_minutes=5, ice_waits_hours=24, match_waits_days=14)


def as_message(event: HeardEvent, **attributes: Any) -> OutMessage:
    """Give the event as intake's door would put it on its topic."""
    raw = an_event_json(event, **attributes)
    return OutMessage(topic_for(event.type), topic_key(read_event(raw)).encode(), raw)


@dataclass
class Log:
    """A log that keeps what it is sent, and refuses what it is told to."""

    sent: list[OutMessage] = field(default_factory=list)
    refuses: Callable[[OutMessage], bool] = lambda _: False

    async def send(self, messages: Sequence[OutMessage]) -> list[BaseException | None]:
        """Keep the messages that are not refused."""
        results = [ConnectionError("refused") if self.refuses(message) else None for message in messages]
        self.sent += [message for message, error in zip(messages, results, strict=True) if error is None]
        return list(results)


@dataclass
class Tape:
    """What one group reads: it gives each message the next offset of its topic."""

    schema: str
    sessions: Sessions
    ends: dict[str, int] = field(default_factory=dict)

    async def batch(self, messages: Iterable[OutMessage]) -> RawBatch:
        """Give the messages as one batch that begins where the group's rows stand."""
        starts: dict[str, int] = {}
        records = []
        for message in messages:
            offset = self.ends.get(message.topic, 0)
            starts.setdefault(message.topic, offset)
            self.ends[message.topic] = offset + 1
            records.append(Record(message.topic, 0, offset, message.key, message.value, message.headers))
        async with self.sessions.transaction() as session:
            for topic in starts:
                await session.run(
                    f"INSERT INTO {self.schema}.offsets VALUES (:group, :topic, 0, 0) ON CONFLICT DO NOTHING",
                    group=self.schema,
                    topic=topic,
                )
        return RawBatch(
            tuple(records), tuple(Stretch(topic, 0, begin, self.ends[topic]) for topic, begin in starts.items())
        )


@dataclass
class Line:
    """Both services with their consumers' ends, and hands to set the scene with."""

    database: Database
    owner: Sessions
    clock: SteppedClock
    intake: intake.Intake
    intake_as: Sessions
    decide: decision.Decide
    decide_as: Sessions
    events: Tape
    cases: Tape
    once_events: Once[Any]
    once_cases: Once[Any]
    told: list[Letter]

    async def step(self, local: str | datetime) -> None:
        """Move the clock on, never back."""
        instant = at(local) if isinstance(local, str) else local
        async with self.database.owner() as engine:
            await step(engine, instant)
        self.clock.follow(instant)

    async def hear(self, *events: HeardEvent) -> None:
        """Let intake hear the events as one batch, at the instant of the last of them or later."""
        latest = max(event.time for event in events)
        if latest > self.clock.now():
            await self.step(latest)
        await self.take(*(as_message(event) for event in events))

    async def take(self, *messages: OutMessage) -> None:
        """Let intake take messages as they are, as one batch."""
        await self.once_events(await self.events.batch(messages))

    async def decided(self) -> list[Letter]:
        """Let decision take all that intake has told, then do what is due; give back what it told."""
        cases = [letter for letter in self.told if letter.topic == Topic.CASES]
        self.told.clear()
        if cases:
            await self.once_cases(await self.cases.batch(as_sent(letter) for letter in cases))
        while await self.decide.on_due():
            pass
        return [letter for letter in self.told if letter.topic == Topic.DECISIONS]

    async def rows(self, sql: str, **values: Any) -> list[Row[Any]]:
        """Give every row of a query, past all row security."""
        async with self.owner.reading() as session:
            return await session.all(sql, **values)

    async def value(self, sql: str, **values: Any) -> Any:
        """Give the one value of a query."""
        (row,) = await self.rows(sql, **values)
        return row[0]

    async def state(self, event: HeardEvent) -> tuple[str, str | None]:
        """Give what became of an event: state and reason."""
        (row,) = await self.rows(
            "SELECT state, reason FROM intake.inbox WHERE source = :source AND id = :id",
            source=event.source,
            id=event.id,
        )
        return row.state, row.reason

    async def case_of(self, event: HeardEvent) -> UUID | None:
        """Give the case an event was put on."""
        found: UUID | None = await self.value(
            "SELECT case_id FROM intake.inbox WHERE source = :source AND id = :id", source=event.source, id=event.id
        )
        return found

    async def outcomes(self) -> list[tuple[int, str, str]]:
        """Give number, outcome and rule of every decision, in order."""
        rows = await self.rows("SELECT number, outcome, rule FROM decision.decisions ORDER BY detainer_id, number")
        return [(row.number, row.outcome, row.rule) for row in rows]

    async def alarms(self, schema: str = "intake") -> list[str]:
        """Give the kinds of a service's alarms."""
        return [row.kind for row in await self.rows(f"SELECT kind FROM {schema}.alarms ORDER BY id")]


def as_sent(letter: Letter) -> OutMessage:
    """Give a letter as its relay puts it on the topic."""
    return OutMessage(letter.topic, letter.key.encode(), letter.message)


def parts_for(schema: str, sessions: Sessions, told: list[Letter], **more: Any) -> Parts:
    """Give a service's parts as far as its handlers need them."""
    ids = UuidV7()
    plain = {"schema": schema, "clock": sessions.clock, "ids": ids, "sessions": sessions}
    return cast("Parts", SimpleNamespace(**plain, outbox=Outbox(schema, ids, told.extend), **more))


async def register(session: WriteSession, ori: str, jurisdiction: str = "CT") -> None:
    """Register a facility of the Department of Correction."""
    await session.run(
        "INSERT INTO intake.facilities VALUES (:ori, :ori, :place, 'state_corrections', :zone, 'desk', now(), now())",
        ori=ori,
        place=jurisdiction,
        zone=ZONE,
    )


@asynccontextmanager
async def open_line(database: Database) -> AsyncIterator[Line]:
    """Put the line together: two facilities of Connecticut at noon of 2012-02-20."""
    clock, told = SteppedClock(BEGINS), list[Letter]()
    async with AsyncExitStack() as stack:
        opened = []
        urls = {"owner": database.owner_url, **{who: database.role_url(who) for who in ("intake", "decision")}}
        for name, url in urls.items():
            sessions = Sessions(make_engine(url, name=f"test-{name}"), clock)
            stack.push_async_callback(sessions.close)
            opened.append(sessions)
        owner, intake_as, decide_as = opened
        # Before anyone looks: a clock never goes back.
        await database.run("UPDATE runtime.clock SET starts_at = :at, instant = :at", at=BEGINS)
        async with owner.transaction() as session:
            for ori in (ORI, OTHER_ORI):
                await register(session, ori)
        hears = intake.Intake(parts_for("intake", intake_as, told), PATIENCE)
        decides = decision.Decide(parts_for("decision", decide_as, told), RULEBOOK)
        line = Line(
            database=database,
            owner=owner,
            clock=clock,
            intake=hears,
            intake_as=intake_as,
            decide=decides,
            decide_as=decide_as,
            events=Tape("intake", intake_as),
            cases=Tape("decision", decide_as),
            once_events=Once("intake", "intake", intake_as, Hearing(intake.read, hears.on_events, hears.park)),
            once_cases=Once(
                "decision", "decision", decide_as, Hearing(decision.read, decides.on_cases_changed, decides.park)
            ),
            told=told,
        )
        yield line


@pytest.fixture
async def line(database: Database) -> AsyncIterator[Line]:
    """Give a line of the test's own."""
    async with open_line(database) as made:
        yield made


def renamed(event: HeardEvent, **said: Any) -> HeardEvent:
    """Give the event with other data; its name stays."""
    return replace(event, data={**event.data, **said})
