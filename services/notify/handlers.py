"""What notify does with decisions: plan notices, open, move and close hold windows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from services.notify import at_once, bursts, feed, plan, record, store
from services.notify.dossier import Margins
from services.notify.draft import Moment
from services.notify.record import SCHEMA
from services.notify.save import save_all
from services.notify.valve import USUAL, Limits
from shared.db.session import WriteSession
from shared.domain.errors import MalformedMessage
from shared.domain.events import DecisionRecorded
from shared.kafka.consumer import Record
from shared.kafka.envelope import Message, unpack
from shared.outbox.inbox import Heard, Hearing, Unhandled, fresh
from shared.outbox.outbox import Outbox
from shared.outbox.parked import Parked, park
from shared.runtime.ids import Ids


@dataclass(frozen=True, slots=True)
class Decisions:
    """Hears decisions; ``wake`` is called once a batch is committed of which something is due and has not left.

    ``sent`` is called when something new lies in a feed.
    """

    outbox: Outbox
    ids: Ids
    margins: Margins
    wake: Callable[[], None]
    sent: Callable[[], None]
    #: More than these wait for a person.
    limits: Limits = USUAL

    def hearing(self) -> Hearing[Message[Any]]:
        """Give how this topic is read, handled, and what is set aside."""
        return Hearing(read=read, handle=self.on_decisions, park=self.on_unhandled)

    async def on_decisions(self, session: WriteSession, heard: Sequence[Heard[Message[Any]]], now: datetime) -> None:
        """Load the dossiers, take the decisions one after the other by their numbers, save and send what changed."""
        news = await fresh(session, SCHEMA, heard, now)
        decisions = [one.message.data for one in news if isinstance(one.message.data, DecisionRecorded)]
        if not decisions:
            return
        moment = Moment(now=now, margins=self.margins, new_id=self.ids.new)
        before = await store.load(session, decisions, now)
        after = dict(before)
        for decision in sorted(decisions, key=lambda decision: decision.number):
            key = (decision.case_id, decision.detainer_id)
            after[key] = plan.after(after[key], decision, moment)
        changes = [(before[key], after[key]) for key in sorted(before) if after[key] != before[key]]
        # Places in the feeds before the journals' heads: whoever sends by the clock locks them in this order too.
        going, held = await bursts.sift(session, self.ids, at_once.leaving(changes, moment), self.limits, now)
        leaving = await feed.place(session, going)
        await save_all(session, changes, leaving, now)
        await bursts.hold(session, held)
        await feed.note(session, leaving, self.ids, now, self.margins)
        happened = [each for old, new in changes for each in record.between(old, new, now)]
        happened += [each for out in leaving for each in record.of_sent(out.notice, None, now)]
        await record.write_down(session, self.outbox, happened)
        if at_once.is_anything_left(changes, leaving, now):
            session.afterwards(self.wake)
        if leaving:
            session.afterwards(self.sent)

    async def on_unhandled(self, session: WriteSession, bad: Sequence[Unhandled], now: datetime) -> None:
        """Set aside what could not be read or handled; an operator is told."""
        parked = partial(_parked, ids=self.ids)
        await park(session, SCHEMA, self.outbox, self.ids, [parked(one) for one in bad], now)


def read(found: Record) -> Message[Any]:
    """Read a message of the decisions topic; of the types on it, only ``decision.recorded`` has data for us."""
    return unpack(found.value, {"decision.recorded": DecisionRecorded})


def _parked(one: Unhandled, *, ids: Ids) -> Parked:
    """Describe what is set aside; the case is known from the message, or else from its key."""
    message: Message[Any] | None = one.message
    decision = message.data if message is not None and isinstance(message.data, DecisionRecorded) else None
    error = one.error
    if not isinstance(error, MalformedMessage):
        error = MalformedMessage(type(error).__name__, how="retry once the cause is mended", code="unhandled")
    return Parked(
        id=ids.new(),
        record=one.record,
        code=error.code,
        reason=error.what,
        place=error.where,
        mend=error.how,
        event_id=str(message.id) if message else None,
        event_type=message.type if message else None,
        facility_ori=decision.facility_ori if decision else None,
        case_id=decision.case_id if decision else _case_of(one.record.key),
    )


def _case_of(key: bytes | None) -> UUID | None:
    try:
        return UUID((key or b"").decode())
    except ValueError:
        return None
