"""What intake does with events: hear each once, find its case, fold the case, tell what changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from services.intake import acceptance, merge, record, set_aside, store, unmatched, waiting_list
from services.intake.correlate import Identifier
from services.intake.desk import Desk, Item, Work
from services.intake.messages import InboundEvent, from_kafka
from services.intake.outlook import outlook
from services.intake.settings import Settings
from services.intake.store import Name
from shared.db import casebook
from shared.db.session import ReadSession, WriteSession
from shared.domain.case import Custody
from shared.domain.events import CaseChanged
from shared.domain.jurisdiction import Facility
from shared.kafka.consumer import Record
from shared.kafka.topics import Topic
from shared.outbox import journal, parked
from shared.outbox.alarms import Alarm, raise_all
from shared.outbox.inbox import Heard, Unhandled
from shared.outbox.parking import Aside
from shared.outbox.parts import Parts

log = structlog.get_logger()

_MOST_DUE = 500


def read(record: Record) -> InboundEvent:
    """Read one record of an inbound topic."""
    return from_kafka(record.value, record.headers)


class Intake:
    """Keeps the cases."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        self._parts = parts
        self._ice_waits = timedelta(hours=settings.ice_waits_hours)
        self._match_waits = timedelta(days=settings.match_waits_days)
        self._ahead = timedelta(minutes=settings.ahead_minutes)

    async def on_events(self, session: WriteSession, heard: Sequence[Heard[InboundEvent]], now: datetime) -> None:
        """Take a batch: what was heard before falls out, the rest goes onto cases or waits."""
        register = await casebook.facilities(session)
        fresh = await self._fresh(session, heard, register, now)
        if not fresh:
            return
        desk = Desk(session, self._parts.ids)
        await desk.place_all([_item(event, now) for event in fresh.values()])
        if session.traces:
            record.follow(session.traces, heard, desk)
        await self._save(session, desk, fresh, register, now)
        log.info("events.heard", count=len(fresh))

    async def _fresh(
        self,
        session: WriteSession,
        heard: Sequence[Heard[InboundEvent]],
        register: dict[str, Facility],
        now: datetime,
    ) -> dict[Name, InboundEvent]:
        """Give the events not heard before; one that cannot be taken spoils the batch, and is then alone."""
        first: dict[Name, InboundEvent] = {}
        for one in heard:
            event = one.message
            acceptance.check(event, register, now + self._ahead)
            if first.setdefault((event.source, event.id), event).digest != event.digest:
                raise acceptance.reused()
        known = await store.known(session, first)
        if any(digest != first[name].digest for name, (digest, _) in known.items()):
            raise acceptance.reused()
        return {name: event for name, event in first.items() if name not in known or not known[name][1]}

    async def _save(
        self,
        session: WriteSession,
        desk: Desk,
        fresh: Mapping[Name, InboundEvent],
        register: dict[str, Facility],
        now: datetime,
    ) -> None:
        """Save what the desk has placed; ``fresh`` are the events among it that were heard for the first time."""
        waiting = [(fresh[item.name], reason) for item, reason in desk.waiting]
        await merge.note(session, desk.taken, now)
        looked_at = [(work, work.file()) for work in desk.works.values()]
        changed = [(work, file) for work, file in looked_at if file is not None]
        await casebook.save(session, [file for _, file in changed], now)
        if desk.new_ties:
            await store.tie(session, desk.new_ties, now)
        seals = await self._save_events(session, desk, fresh, now)
        left_waiting = [item.name for item, *_ in desk.placed if item.was_waiting]
        if left_waiting:
            await waiting_list.end_wait(session, left_waiting)
        if waiting:
            await waiting_list.let_wait(
                session, [(event, why, self._asks_at(event, now)) for event, why in waiting], now
            )
        await self._keep_unmatched(session, changed, left_waiting, waiting, register, now)
        persons = record.persons(desk)
        if persons:
            await store.keep_persons(session, persons)
        await self._write_down(session, looked_at, seals, now)
        await self._tell(session, changed, now)
        await raise_all(session, "intake", self._parts.ids, record.alarms(changed, waiting, now))

    async def _save_events(
        self, session: WriteSession, desk: Desk, fresh: Mapping[Name, InboundEvent], now: datetime
    ) -> dict[Name, str]:
        """Write down what became of each event: new ones in one go, those that were there before where they stand.

        Gives the seals of what was kept for the first time.
        """
        fates = record.fates(desk, fresh)
        seals: dict[Name, str] = {}
        if fates:
            await store.mark_heard(session, fates, now)
            seals = await store.keep_raw(session, [fate.event for fate in fates])
        moved = record.moved(desk, fresh)
        if moved:
            await store.set_states(session, moved)
        if desk.queued:
            await waiting_list.queue(session, [(item.name, item.names) for item, _ in desk.queued])
        return seals

    def _asks_at(self, event: InboundEvent, now: datetime) -> datetime:
        return now + (self._match_waits if event.type.startswith("match.") else self._ice_waits)

    async def _keep_unmatched(
        self,
        session: WriteSession,
        changed: Sequence[tuple[Work, casebook.CaseFile]],
        left_waiting: Sequence[Name],
        waiting: Sequence[tuple[InboundEvent, str]],
        register: dict[str, Facility],
        now: datetime,
    ) -> None:
        on_cases = [
            unmatched.on_case(file, register[file.facility_ori].time_zone)
            for _, file in changed
            if file.case.custody is Custody.AWAITED
        ]
        alone = [
            unmatched.alone(event, register[event.facility_ori].time_zone, now)
            for event, _ in waiting
            if event.type == "detainer.lodged" and event.detainer_id and not event.data.get("cancels")
        ]
        await waiting_list.keep_unmatched(
            session,
            [work.case_id for work, file in changed if work.before is not None or file.case.custody is Custody.AWAITED],
            left_waiting,
            [one for group in on_cases for one in group] + alone,
        )

    async def _write_down(
        self,
        session: WriteSession,
        works: Sequence[tuple[Work, casebook.CaseFile | None]],
        seals: dict[Name, str],
        now: datetime,
    ) -> None:
        """Add to the journal what has changed and what has come, sealed; an event that changed nothing came too."""
        kept_before = [name for work, _ in works for name in work.news if name not in seals]
        if kept_before:
            seals = seals | await store.seals(session, kept_before)
        lines = [record.entry(work, file, seals, now) for work, file in works if file is not None or work.news]
        await journal.add(session, "intake", lines)

    async def _tell(
        self, session: WriteSession, changed: Sequence[tuple[Work, casebook.CaseFile]], now: datetime
    ) -> None:
        outbox = self._parts.outbox
        await outbox.tell(
            session,
            [
                outbox.letter(
                    Topic.CASES,
                    "case.changed",
                    key=str(file.case_id),
                    time=now,
                    data=CaseChanged(
                        case_id=file.case_id,
                        version=file.version,
                        moved=sorted(work.moved),
                        detainers=len(file.case.detainers),
                    ),
                )
                for work, file in changed
            ],
        )

    async def link(self, session: WriteSession, event_name: Name, ori: str, number: str, now: datetime) -> UUID | None:
        """Put a waiting event on a booking as an operator says; None if it does not wait (any more)."""
        source, event_id = event_name
        rows = await session.all(
            "SELECT kind, value FROM intake.waiting_identifiers WHERE source = :source AND id = :id",
            source=source,
            id=event_id,
        )
        names = tuple(Identifier(row.kind, row.value) for row in rows)
        desk = Desk(session, self._parts.ids)
        # Numbers before rows, as the consumer does: the two never wait for each other.
        await desk.look_up(names)
        waits = await session.one(
            "SELECT 1 FROM intake.waiting WHERE source = :source AND id = :id FOR UPDATE", source=source, id=event_id
        )
        known = await session.one(
            "SELECT case_id FROM intake.ties WHERE kind = 'booking' AND value = :value", value=f"{ori}/{number}"
        )
        if waits is None or known is None:
            return None
        event = await store.event(session, event_name)
        await desk.attach(Item(event, names, None, was_waiting=True), known.case_id)
        desk.works[known.case_id].moved.add("link")
        await store.tie(session, desk.new_ties, now, by_hand=True)
        await desk.take_up([])
        await self._save(session, desk, {}, await casebook.facilities(session), now)
        return UUID(str(known.case_id))

    async def let_go(self, session: WriteSession, event_name: Name, reason: str) -> bool:
        """Take a waiting event off the list as an operator says; False if it does not wait (any more)."""
        source, event_id = event_name
        waits = await session.one(
            "SELECT 1 FROM intake.waiting WHERE source = :source AND id = :id FOR UPDATE", source=source, id=event_id
        )
        if waits is None:
            return False
        await waiting_list.end_wait(session, [event_name])
        await store.set_states(session, [(event_name, "discarded", reason, None)])
        return True

    async def on_due(self) -> int:
        """Ask an operator about events that have waited long enough; give back how many."""
        async with self._parts.sessions.transaction() as session:
            now = self._parts.clock.now()
            rows = await session.all(
                "UPDATE intake.waiting SET asked_at = :now WHERE (source, id) IN (SELECT source, id FROM intake.waiting"
                " WHERE asked_at IS NULL AND ask_at <= :now ORDER BY ask_at LIMIT :most FOR UPDATE SKIP LOCKED)"
                " RETURNING source, id, type, facility_ori, reason",
                now=now,
                most=_MOST_DUE,
            )
            await raise_all(
                session,
                "intake",
                self._parts.ids,
                [
                    Alarm(
                        kind="event_waiting",
                        subject=f"{row.source} {row.id}",
                        detail=f"{row.type} has found no booking ({row.reason}): link it or let it go",
                        since=now,
                        facility_ori=row.facility_ori,
                    )
                    for row in rows
                ],
            )
        return len(rows)

    async def retry(self, session: WriteSession, aside: Aside, now: datetime) -> None:
        """Take an event up again that was set aside, now that its cause is mended."""
        register = await casebook.facilities(session)
        event = read(aside.record)
        if aside.source is not None and aside.event_id is not None:
            await store.forget_parked(session, (aside.source, aside.event_id))
        fresh = await self._fresh(session, [Heard(aside.record, event)], register, now)
        desk = Desk(session, self._parts.ids)
        await desk.look_up(event.ties)
        if aside.case_id is not None:
            await desk.lift(aside.case_id)
        if fresh:
            await desk.place_all([_item(event, now)])
        await self._save(session, desk, fresh, register, now)

    async def outlook(self, session: ReadSession, aside: Aside) -> dict[str, Any]:
        """Tell how things stand for an event that is set aside."""
        return await outlook(session, aside)

    async def discard(self, session: WriteSession, aside: Aside, now: datetime) -> None:
        """Let an event go that was set aside; what queued behind it goes on."""
        if aside.source is not None and aside.event_id is not None:
            await store.discard_parked(session, (aside.source, aside.event_id), aside.id)
        desk = Desk(session, self._parts.ids)
        if aside.case_id is not None:
            await desk.lift(aside.case_id)
        await self._save(session, desk, {}, await casebook.facilities(session), now)

    async def park(self, session: WriteSession, unhandled: Sequence[Unhandled], now: datetime) -> None:
        """Set events aside with their bytes, and mark their cases: no new hold while something is unread."""
        first = await store.park_names(session, [set_aside.named(one) for one in unhandled], now)
        new = [one for one, is_first in zip(unhandled, first, strict=True) if is_first]
        register = await casebook.facilities(session)
        desk = Desk(session, self._parts.ids)
        rows = [await self._mark(desk, one, register) for one in new]
        await parked.park(session, "intake", self._parts.outbox, self._parts.ids, rows, now)
        await self._save(session, desk, {}, register, now)
        named = [((row.source, row.event_id), row.code, row.case_id) for row in rows if row.source and row.event_id]
        await store.set_parked(session, named, now)

    async def _mark(self, desk: Desk, one: Unhandled, register: dict[str, Facility]) -> parked.Parked:
        row = set_aside.described(self._parts.ids.new(), one)
        if row.case_key is None or row.facility_ori not in register:
            return row
        ori, _, number = row.case_key.partition("/")
        work = await desk.open(ori, number)
        work.parked_events += 1
        work.moved.add("parked")
        return parked.with_case(row, work.case_id)


def _item(event: InboundEvent, now: datetime) -> Item:
    booking = (event.facility_ori, event.booking_number) if event.booking_number else None
    return Item(event.heard(now), event.ties, booking)
