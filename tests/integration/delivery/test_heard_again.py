"""Messages of our own that were set aside are heard again once their cause is mended, or let go."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.decision import handlers as decision
from services.notify.dossier import Margins
from services.notify.handlers import Decisions
from shared.db.session import Sessions, WriteSession
from shared.kafka.producer import OutMessage
from shared.kafka.topics import Topic
from shared.outbox.inbox import Heard, Hearing, Once
from shared.outbox.outbox import Letter, Outbox
from shared.outbox.parking import HearAgain, Parking, StillUnhandled
from shared.runtime.ids import UuidV7
from tests.support.builders import a_booking, a_cancellation, a_detainer
from tests.support.database import Database
from tests.support.decisions import NOW, a_decision
from tests.support.line import Line, Tape, as_sent


@dataclass
class Breakable:
    """A hearing that fails while it is broken, as ours would for a fault of our own."""

    hearing: Hearing[Any]
    is_broken: bool = True

    def whole(self) -> Hearing[Any]:
        """Give the hearing with its fault."""
        return Hearing(read=self.hearing.read, handle=self._handle, park=self.hearing.park)

    async def _handle(self, session: WriteSession, heard: Sequence[Heard[Any]], now: datetime) -> None:
        await self.hearing.handle(session, heard, now)
        if self.is_broken:
            raise KeyError("ours")


@dataclass
class Judge:
    """Decision with a fault, behind the intake of the line."""

    line: Line
    fault: Breakable
    parking: Parking

    async def parked(self) -> list[tuple[UUID, str, str]]:
        """Give what decision has set aside: id, code, state."""
        rows = await self.line.rows("SELECT id, code, state FROM decision.parked ORDER BY id")
        return [(row.id, row.code, row.state) for row in rows]


@pytest.fixture
async def judge(line: Line) -> Judge:
    """Give a decision whose hearing is broken."""
    decides = line.decide
    fault = Breakable(Hearing(decision.read, decides.on_cases_changed, decides.park))
    line.once_cases = Once("decision", "decision", line.decide_as, fault.whole())
    return Judge(line, fault, Parking("decision", line.decide_as, HearAgain(fault.whole())))


async def test_decision_hears_a_parked_change_again(judge: Judge) -> None:
    """Set aside for a fault of ours, mended, retried: the detainer gets its decision, and notify is told."""
    await judge.line.hear(a_booking(), a_detainer())
    assert await judge.line.decided() == []
    ((parked_id, code, _),) = await judge.parked()
    assert (code, await judge.line.outcomes()) == ("unhandled", [])
    with pytest.raises(StillUnhandled, match="KeyError"):
        await judge.parking.retry(parked_id, "op", "try")
    assert await judge.line.value("SELECT count(*) FROM decision.inbox") == 0
    judge.fault.is_broken = False
    assert await judge.parking.retry(parked_id, "op", "mended")
    assert [outcome for _, outcome, _ in await judge.line.outcomes()] == ["REVIEW"]
    assert Topic.DECISIONS in {letter.topic for letter in judge.line.told}
    assert (await judge.parked())[0][2] == "retried"
    assert await judge.line.value("SELECT cleared_by FROM decision.alarms") == "op"


async def test_a_change_that_others_have_overtaken_does_nothing_twice(judge: Judge) -> None:
    """The case's next version brought all of it: the older message is heard, and nothing new is decided."""
    await judge.line.hear(a_booking(), a_detainer())
    await judge.line.decided()
    judge.fault.is_broken = False
    await judge.line.hear(a_cancellation())
    await judge.line.decided()
    before = await judge.line.outcomes()
    ((parked_id, *_),) = await judge.parked()
    assert await judge.parking.retry(parked_id, "op", "mended")
    assert await judge.line.outcomes() == before != []
    assert not await judge.parking.retry(parked_id, "op", "again")
    assert not await judge.parking.discard(parked_id, "op", "again")


async def test_what_cannot_be_read_can_only_be_let_go(judge: Judge) -> None:
    """A torn message of ours stays set aside under every retry; letting it go clears its alarm."""
    torn = OutMessage(Topic.CASES, str(uuid4()).encode(), b'{"specversion":"1.0"')
    await judge.line.once_cases(await judge.line.cases.batch([torn]))
    ((parked_id, _, state),) = await judge.parked()
    assert state == "parked"
    with pytest.raises(StillUnhandled):
        await judge.parking.retry(parked_id, "op", "try")
    assert await judge.parking.discard(parked_id, "op", "its case was told of again")
    assert (await judge.parked())[0][2] == "discarded"
    assert await judge.line.value("SELECT count(*) FROM decision.alarms WHERE cleared_at IS NULL") == 0


@dataclass
class Teller:
    """Notify with a fault, and decisions to hear."""

    sessions: Sessions
    tape: Tape
    fault: Breakable
    parking: Parking
    told: list[Letter] = field(default_factory=list)

    async def hear(self, *letters: Letter) -> None:
        """Hear letters as one batch."""
        once = Once("notify", "notify", self.sessions, self.fault.whole())
        await once(await self.tape.batch(as_sent(letter) for letter in letters))

    async def rows(self, sql: str) -> list[Any]:
        """Give every row of a query."""
        async with self.sessions.reading() as session:
            return list(await session.all(sql))


@pytest.fixture
async def teller(database: Database) -> AsyncIterator[Teller]:
    """Give a notify whose hearing is broken."""
    await database.step(NOW)
    told: list[Letter] = []
    async with AsyncExitStack() as stack:
        sessions = await stack.enter_async_context(database.sessions("notify"))
        ids = UuidV7()
        decisions = Decisions(Outbox("notify", ids, told.extend), ids, Margins(), lambda: None, lambda: None)
        fault = Breakable(decisions.hearing())
        parking = Parking("notify", sessions, HearAgain(fault.whole()))
        yield Teller(sessions, Tape("notify", sessions), fault, parking, told)


async def test_notify_hears_a_parked_decision_again(teller: Teller) -> None:
    """Set aside, mended, retried: its notices are planned once, whatever is retried afterwards."""
    letters = Outbox("decision", UuidV7(), lambda _: None)
    decided = a_decision()
    await teller.hear(
        letters.letter(Topic.DECISIONS, "decision.recorded", key=str(decided.case_id), time=NOW, data=decided)
    )
    (row,) = await teller.rows("SELECT id, case_id, code FROM notify.parked")
    assert (row.case_id, row.code) == (decided.case_id, "unhandled")
    assert await teller.rows("SELECT id FROM notify.notices") == []
    with pytest.raises(StillUnhandled):
        await teller.parking.retry(row.id, "op", "try")
    teller.fault.is_broken = False
    assert await teller.parking.retry(row.id, "op", "mended")
    planned = await teller.rows("SELECT id FROM notify.notices")
    assert planned
    assert not await teller.parking.retry(row.id, "op", "again")
    assert await teller.rows("SELECT id FROM notify.notices") == planned
    (alarm,) = await teller.rows("SELECT cleared_reason FROM notify.alarms")
    assert alarm.cleared_reason == "retried: mended"
