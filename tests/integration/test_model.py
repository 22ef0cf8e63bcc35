"""All services against a small model of their own, under any course of events, repetition and order hypothesis finds.

The model knows no law but this: who is gone, cancelled or a citizen is not held; nobody is held past release
without a window; what stands was told. Everything else is asked by the questions that production asks.
"""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.domain.case import HeardEvent
from shared.kafka.producer import OutMessage
from shared.kafka.topics import Topic
from shared.outbox.parking import Parking
from tests.support.builders import (
    BUREAU,
    FIN,
    ICE,
    JAIL,
    ORI,
    a_charge,
    a_person,
)
from tests.support.database import Database
from tests.support.line import as_message
from tests.support.world import World, open_world

T = TypeVar("T")

EXAMPLES = int(os.environ.get("COUNTERSIGN_MODEL_EXAMPLES", "4"))
STEPS = 14
NUMBERS = ("12-000001", "12-000002")
_TABLES = (
    "intake.inbox, intake.raw_events, intake.cases, intake.persons, intake.identifiers, intake.ties, intake.waiting,"
    " intake.waiting_identifiers, intake.unmatched, intake.facilities, decision.inbox, decision.dossiers,"
    " decision.decisions, decision.snapshots, decision.reviews, decision.answers, notify.inbox, notify.dossiers,"
    " notify.windows, notify.sends, notify.deliveries, notify.notices, notify.recipients, notify.attempts,"
    " notify.receipts, notify.checks"
)


@dataclass
class Modelled:
    """One booking as the model has it; instants of what was said, whatever the order of hearing."""

    number: str
    booked: bool = False
    lodged: bool = False
    cancelled: bool = False
    citizen: bool = False
    gone: bool = False
    due: HeardEvent | None = None
    sent: list[OutMessage] = field(default_factory=list)


class Custody(RuleBasedStateMachine):
    """Two bookings, anything that can be heard of them, heard once or often, and a clock."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.names = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a piece of work on the machine's loop."""
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        """Empty the database and put the world on it."""
        messages = ", ".join(
            f"{s}.{t}"
            for s in ("intake", "decision", "notify")
            for t in ("outbox", "offsets", "parked", "alarms", "journal", "journal_heads")
        )
        self.do(self.database.run(f"TRUNCATE {_TABLES}, {messages} CASCADE"))
        self.world: World = self.do(self.stack.enter_async_context(open_world(self.database)))
        self.bookings = {number: Modelled(number) for number in NUMBERS}

    def teardown(self) -> None:
        """Take the world down."""
        self.do(self.stack.aclose())
        self.runner.close()

    # ---- what is heard

    def event(self, number: str, kind: str, source: str, data: dict[str, Any]) -> HeardEvent:
        """Say something of a booking, now."""
        self.names += 1
        now = self.world.now
        said = {"facility_ori": ORI, "booking_number": number, **data}
        return HeardEvent(source=source, id=f"e{self.names}", type=kind, time=now, heard_at=now, data=said)

    def say(self, booking: Modelled, kind: str, source: str = JAIL, **data: Any) -> HeardEvent:
        """Let intake hear it, and remember it, so that it can be heard again."""
        event = self.event(booking.number, kind, source, data)
        message = as_message(event)
        booking.sent.append(message)
        self.do(self.world.hear(message))
        return event

    def at(self) -> str:
        """Give the present instant as it stands on the wire."""
        return self.world.now.isoformat()

    @rule(number=st.sampled_from(NUMBERS))
    def book(self, number: str) -> None:
        """Let a person come in."""
        one = self.bookings[number]
        if not one.booked:
            one.booked = True
            ids = {"tcn": f"T{number}"}
            self.say(one, "booking.created", booked_at=self.at(), person=a_person(), ids=ids, charges=[a_charge()])

    @rule(number=st.sampled_from(NUMBERS), is_known=st.booleans())
    def match(self, number: str, is_known: bool) -> None:
        """Let the bureau answer, with or without the booking number."""
        one = self.bookings[number]
        data = {"result": "match", "tcn": f"A{number}", "tcr": f"T{number}", "ids": {"tcn": f"T{number}", "fin": FIN}}
        self.say(one, "match.reported", BUREAU, **data, **({} if is_known else {"booking_number": None}))

    @rule(number=st.sampled_from(NUMBERS))
    def lodge(self, number: str) -> None:
        """ICE asks for a hold, whether the jail has told of the person or not."""
        one = self.bookings[number]
        if not one.lodged:
            one.lodged = True
            self.say(
                one,
                "detainer.lodged",
                ICE,
                detainer_id=f"D{number}",
                form="I-247",
                requests=["hold", "notify"],
                basis="pending_removal_proceedings",
                operative_only_on_conviction=False,
                person=a_person(),
                warrants=[],
                issued_at=self.at(),
                cancels=None,
            )

    @rule(number=st.sampled_from(NUMBERS))
    def cancel(self, number: str) -> None:
        """ICE takes it back, perhaps before it was heard."""
        self.bookings[number].cancelled = True
        data = {"detainer_id": f"D{number}", "cancelled_at": self.at(), "reason": "lifted"}
        self.say(self.bookings[number], "detainer.cancelled", ICE, **data)

    @rule(number=st.sampled_from(NUMBERS))
    def prove(self, number: str) -> None:
        """Citizenship is proved."""
        self.bookings[number].citizen = True
        self.say(self.bookings[number], "booking.citizenship_claimed", claim="verified", at=self.at())

    @rule(number=st.sampled_from(NUMBERS), hours=st.integers(0, 30))
    def fall_due(self, number: str, hours: int) -> None:
        """State custody ends now, or at an instant that is known ahead."""
        one = self.bookings[number]
        if one.due is None:
            due = (self.world.now + timedelta(hours=hours)).isoformat()
            one.due = self.say(one, "booking.release_due", due_at=due, reason="bond_posted")

    @rule(number=st.sampled_from(NUMBERS))
    def take_back(self, number: str) -> None:
        """Say that it was entered in error."""
        one = self.bookings[number]
        if one.due is not None:
            self.say(one, "booking.release_due", due_at=None, reason="entered_in_error", retracts=one.due.id)
            one.due = None

    @rule(number=st.sampled_from(NUMBERS), to_ice=st.booleans())
    def leave(self, number: str, to_ice: bool) -> None:
        """Let the person go free, or with ICE."""
        one = self.bookings[number]
        if one.booked and not one.gone:
            one.gone = True
            if to_ice:
                self.say(one, "custody.assumed", ICE, detainer_id=f"D{number}", assumed_at=self.at())
            else:
                data = {"released_at": self.at(), "reason": "bond_posted", "released_to": "street"}
                self.say(one, "booking.released", **data)

    @rule(number=st.sampled_from(NUMBERS), n=st.integers(0, 50))
    def hear_again(self, number: str, n: int) -> None:
        """Something is heard once more."""
        sent = self.bookings[number].sent
        if sent:
            self.do(self.world.hear(sent[n % len(sent)]))

    @rule(number=st.sampled_from(NUMBERS))
    def poison(self, number: str) -> None:
        """Something that cannot be read comes on the topic, and an operator lets it go, twice."""
        self.do(self.world.hear(OutMessage(Topic.BOOKINGS, f"{ORI}/{number}".encode(), b"{\xff")))
        self.do(self._let_go())

    async def _let_go(self) -> None:
        parking = Parking("intake", self.world.line.intake_as, self.world.line.intake)
        for row in await self.world.line.rows("SELECT id FROM intake.parked WHERE state = 'parked'"):
            assert await parking.discard(row.id, "operator", "no event")
            assert not await parking.discard(row.id, "operator", "no event")

    # ---- what the services do

    @rule(n=st.integers(0, 50))
    def repeat_ours(self, n: int) -> None:
        """Messages of our own are heard again, by themselves and late."""
        world = self.world
        if world.changes:
            self.do(world.decide_on([world.changes[n % len(world.changes)]]))
        if world.answers:
            self.do(world.tell_of([world.answers[n % len(world.answers)]]))

    @rule(said=st.sampled_from(["honor", "decline"]))
    def review(self, said: str) -> None:
        """Let a reviewer answer what is asked."""
        self.do(self.world.answer(said))

    @rule(hours=st.sampled_from([1, 7, 30, 80]))
    def wait(self, hours: int) -> None:
        """Time passes; whatever falls due on the way is done at its instant."""
        self.do(self.world.go_to(self.world.now + timedelta(hours=hours)))

    @rule()
    def settle(self) -> None:
        """Everyone does what there is to do."""
        self.do(self.world.settle())
        self.do(self.world.fetch())

    # ---- what must hold

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def nothing_is_broken(self) -> None:
        """At rest no question finds anything, and the model sees nobody held who may not be."""
        self.settle()
        broken = self.do(self.world.broken())
        assert broken == [], [f"{one.invariant.name}: {one.subject} ({one.detail})" for one in broken]
        live = self.do(self.world.line.rows("SELECT booking_number FROM notify.windows WHERE state <> 'closed'"))
        held = self.do(
            self.world.line.rows(
                "SELECT booking_number FROM notify.dossiers WHERE outcome = 'HOLD'"
                " UNION SELECT booking_number FROM decision.dossiers WHERE outcome = 'HOLD'"
            )
        )
        for one in self.bookings.values():
            if one.cancelled or one.citizen or one.gone:
                assert one.number not in {row.booking_number for row in live}, "a window runs for one who is free"
            if one.cancelled or one.citizen:
                assert one.number not in {row.booking_number for row in held}, "a hold stands for one who is free"
            if one.due is None:
                assert one.number not in {row.booking_number for row in live}, "a window runs, and nothing is due"


def test_any_course_of_events_keeps_the_promises(database: Database) -> None:
    """Whatever is heard, however often and in whatever order, nothing that must not be ever is."""
    Custody.database = database
    case = Custody.TestCase
    case.settings = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()
