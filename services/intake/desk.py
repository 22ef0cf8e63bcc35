"""The working set of one batch: cases being changed, the ties seen so far, who still waits.

Events that name their booking are placed first; what they bring may tie others, and so on until nothing
more falls into place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from services.intake import store, waiting_list
from services.intake.correlate import KINDS, Identifier, NewCase, Placed, Tie, Waits, place
from services.intake.merge import is_undecided, take_in
from shared.db import casebook
from shared.db.session import WriteSession
from shared.domain.case import Conflict, CustodyCase, EventRef, HeardEvent
from shared.domain.fold import fold
from shared.domain.hearing import ends_hold
from shared.runtime.ids import Ids

_ONE_DAY = timedelta(days=1)

#: What ``case.changed`` says has moved.
_MOVED = {
    "booking.created": "booking",
    "booking.facts_changed": "facts",
    "booking.bond_changed": "release",
    "booking.transferred": "transfer",
    "booking.release_scheduled": "release",
    "booking.release_due": "release",
    "booking.released": "gone",
    "booking.citizenship_claimed": "citizenship",
    "match.reported": "match",
    "match.withdrawn": "match",
    "custody.assumed": "gone",
}


@dataclass(slots=True)
class Work:
    """One case in work; ``before`` is None for a new one."""

    case_id: UUID
    before: casebook.CaseFile | None
    facility_ori: str
    booking_number: str
    kept: list[store.Kept] = field(default_factory=list)
    #: Events that the case had when it was loaded.
    had: frozenset[store.Name] = frozenset()
    moved: set[str] = field(default_factory=set)
    parked_events: int = 0
    case: CustodyCase | None = None

    @property
    def news(self) -> list[store.Name]:
        """Give the names of the events that have come to the case since it was loaded."""
        return [kept.name for kept in self.kept if kept.name not in self.had]

    def refold(self) -> CustodyCase:
        """Fold the case anew; an event whose ties disagree is a conflict for a person."""
        case = fold(kept.event for kept in self.kept)
        doubts = tuple(
            Conflict(
                kind=kept.doubt, event=EventRef(source=kept.event.source, id=kept.event.id), detail="ties disagree"
            )
            for kept in self.kept
            if kept.doubt is not None
        )
        self.case = replace(case, conflicts=(*case.conflicts, *doubts)) if doubts else case
        return self.case

    def file(self) -> casebook.CaseFile | None:
        """Give the case to save with its next version, or None where nothing has changed."""
        case = self.case or self.refold()
        here = case.chain[-1] if case.chain else None
        file = casebook.CaseFile(
            case_id=self.case_id,
            version=self.before.version if self.before else 0,
            facility_ori=here.ori if here else self.facility_ori,
            booking_number=here.booking_number if here else self.booking_number,
            case=case,
            parked_events=self.parked_events,
        )
        return None if file == self.before else replace(file, version=file.version + 1)


@dataclass(slots=True)
class Item:
    """An event to be placed, with the numbers by which it may meet a case."""

    event: HeardEvent
    names: tuple[Identifier, ...]
    booking: tuple[str, str] | None
    was_waiting: bool = False

    @property
    def name(self) -> store.Name:
        """Give the event's name."""
        return self.event.source, self.event.id


class Desk:
    """Places a batch's events on cases, in memory over a few queries."""

    def __init__(self, session: WriteSession, ids: Ids) -> None:
        self._session = session
        self._ids = ids
        self._ties: dict[Identifier, dict[UUID, Tie]] = {}
        self._names_of: dict[UUID, set[Identifier]] = {}
        self._asked: set[Identifier] = set()
        self.works: dict[UUID, Work] = {}
        self.placed: list[tuple[Item, UUID, str | None]] = []
        #: Events that queue behind one that is set aside on their case.
        self.queued: list[tuple[Item, UUID]] = []
        self.new_ties: list[tuple[Identifier, UUID]] = []
        self.waiting: list[tuple[Item, str]] = []
        #: Cases taken in by others: which, by which, and the facility it was of.
        self.taken: list[tuple[UUID, UUID, str]] = []

    async def place_all(self, items: Sequence[Item]) -> None:
        """Place what can be placed; what remains stands in ``waiting`` with its reason."""
        await self.look_up({name for item in items for name in item.names})
        # Transfers ahead of all others: they tell which two numbers are one booking.
        for item in sorted(filter(_is_transfer, items), key=lambda item: item.event.time):
            await self._join(item)
            await self._round([item])
        await self._round([item for item in items if item.booking and not _is_transfer(item)])
        rest = await self.take_up([item for item in items if not item.booking])
        self.waiting = [(item, self._reason(item)) for item in rest]

    async def look_up(self, names: Iterable[Identifier]) -> None:
        """Lock numbers and learn where they were seen; whoever else brings one of them waits for us."""
        locked = list(names)
        await store.lock_identifiers(self._session, locked)
        self._learn(await store.ties(self._session, locked))

    async def take_up(self, rest: list[Item]) -> list[Item]:
        """Place items, and what waits for the numbers they bring, until nothing more fits; give back the rest."""
        while True:
            candidates = rest + await self._awaited()
            left = await self._round(candidates)
            if len(left) == len(candidates):
                return rest
            rest = [item for item in left if not item.was_waiting]

    async def open(self, ori: str, number: str) -> Work:
        """Give the case of a booking number, a new one where nobody knows it."""
        key = Identifier("booking", f"{ori}/{number}")
        await self.look_up([key])
        known = next(iter(self._ties.get(key, {})), None)
        if known is None:
            return self._new_case(key, ori, number)
        await self._load([known])
        return self.works[known]

    async def lift(self, case_id: UUID) -> None:
        """Take one mark off a case; when it was the last, what queued behind it is placed in its turn."""
        # Numbers before rows, as the consumer does: the two never wait for each other.
        await self.look_up(
            {name for _, names in await waiting_list.queued_on(self._session, case_id) for name in names}
        )
        await self._load([case_id])
        work = self.works[case_id]
        work.parked_events = max(0, work.parked_events - 1)
        work.moved.add("parked")
        if work.parked_events:
            return
        queued = await waiting_list.queued_on(self._session, case_id)
        await self.look_up({name for _, names in queued for name in names} - set(self._ties))
        for event, names in queued:
            self._put(Item(event, _in_order(names), None, was_waiting=True), case_id, None)
        self._refold([case_id])
        await self.take_up([])

    async def attach(self, item: Item, case_id: UUID) -> None:
        """Put an event on a case that a person named, against whatever the matcher would say."""
        await self._load([case_id])
        self._put(item, case_id, None)
        self._refold([case_id])

    def _learn(self, ties: Iterable[Tie]) -> None:
        for tie in ties:
            name = Identifier(tie.kind, tie.value)
            self._ties.setdefault(name, {}).setdefault(tie.case_id, tie)
            self._names_of.setdefault(tie.case_id, set()).add(name)

    def _verdict(self, item: Item) -> Placed | NewCase | Waits:
        known = {name: tuple(self._ties.get(name, {}).values()) for name in item.names}
        return place(item.names, item.event.time, known)

    def _reason(self, item: Item) -> str:
        verdict = self._verdict(item)
        return verdict.reason if isinstance(verdict, Waits) else "no_tie"

    async def _round(self, items: Sequence[Item]) -> list[Item]:
        """Place as many as can be placed now; give back those that cannot."""
        left: list[Item] = []
        chosen: list[tuple[Item, UUID, str | None]] = []
        for item in items:
            verdict = self._verdict(item)
            match verdict:
                case Placed(case_id, disagrees):
                    chosen.append((item, case_id, "ties_disagree" if disagrees else None))
                case NewCase() if item.booking:
                    work = self._new_case(Identifier("booking", "/".join(item.booking)), *item.booking)
                    chosen.append((item, work.case_id, None))
                case _:
                    left.append(item)
        touched = {case_id for _, case_id, _ in chosen}
        await self._load(touched)
        for item, case_id, doubt in chosen:
            if self.works[case_id].parked_events and not ends_hold(item.event):
                self.queued.append((item, case_id))
            else:
                self._put(item, case_id, doubt)
        self._refold(touched)
        return left

    async def _join(self, item: Item) -> None:
        """Make one case of the two that a transfer's numbers name, if nothing was decided on one of them."""
        named = [self._ties.get(name, {}) for name in item.names if name.kind == "booking"]
        cases = list(dict.fromkeys(next(iter(ties)) for ties in named if ties))
        if len(cases) < 2:  # noqa: PLR2004 - two numbers, two cases
            return
        await self._load(cases)
        old, new = (self.works[case_id] for case_id in cases)
        if is_undecided(new.case or new.refold()):
            await self._take_in(new, into=old)
        elif is_undecided(old.case or old.refold()):
            await self._take_in(old, into=new)

    async def _take_in(self, taken: Work, into: Work) -> None:
        names = {name for _, name in await store.ties_of(self._session, [taken.case_id])}
        names |= self._names_of.get(taken.case_id, set())
        await self.look_up(names)
        if taken.before is not None:
            await take_in(self._session, taken.case_id, into.case_id)
            self.taken.append((taken.case_id, into.case_id, taken.before.facility_ori))
        into.kept += taken.kept
        into.moved |= taken.moved | {"transfer"}
        into.parked_events += taken.parked_events
        del self.works[taken.case_id]
        swap = {taken.case_id: into.case_id}
        self.placed = [(item, swap.get(case_id, case_id), doubt) for item, case_id, doubt in self.placed]
        self.queued = [(item, swap.get(case_id, case_id)) for item, case_id in self.queued]
        self.new_ties = [(name, case_id) for name, case_id in self.new_ties if case_id != taken.case_id]
        for name in names:
            self._ties.get(name, {}).pop(taken.case_id, None)
            self._tie(name, into.case_id)
        self._names_of.pop(taken.case_id, None)
        self._refold([into.case_id])

    def _new_case(self, key: Identifier, ori: str, number: str) -> Work:
        work = Work(case_id=self._ids.new(), before=None, facility_ori=ori, booking_number=number)
        self.works[work.case_id] = work
        self._tie(key, work.case_id)
        return work

    def _tie(self, name: Identifier, case_id: UUID) -> None:
        known = self._ties.setdefault(name, {})
        if case_id not in known:
            known[case_id] = Tie(kind=name.kind, value=name.value, case_id=case_id, from_=None, until=None)
            self._names_of.setdefault(case_id, set()).add(name)
            self.new_ties.append((name, case_id))

    async def _load(self, case_ids: Iterable[UUID]) -> None:
        missing = sorted(case_id for case_id in set(case_ids) if case_id not in self.works)
        if not missing:
            return
        files = await casebook.case_files(self._session, missing, lock=True)
        events = await store.events_of(self._session, missing)
        for case_id, file in files.items():
            self.works[case_id] = Work(
                case_id=case_id,
                before=file,
                facility_ori=file.facility_ori,
                booking_number=file.booking_number,
                kept=events[case_id],
                had=frozenset(kept.name for kept in events[case_id]),
                parked_events=file.parked_events,
                case=file.case,
            )

    def _put(self, item: Item, case_id: UUID, doubt: str | None) -> None:
        work = self.works[case_id]
        work.kept.append(store.Kept(item.event, doubt))
        work.moved.add(_MOVED.get(item.event.type, "detainer"))
        # Of an event whose numbers disagree, only the booking's own is believed.
        for name in item.names:
            if doubt is None or name.kind == "booking":
                self._tie(name, case_id)
        self.placed.append((item, case_id, doubt))

    def _refold(self, case_ids: Iterable[UUID]) -> None:
        for case_id in case_ids:
            case = self.works[case_id].refold()
            from_ = case.booked_at - _ONE_DAY if case.booked_at else None
            until = case.gone.at if case.gone else None
            for name in self._names_of.get(case_id, ()):
                known = self._ties[name]
                tie = known[case_id]
                if (tie.from_, tie.until) != (from_, until):
                    known[case_id] = replace(tie, from_=from_, until=until)

    async def _awaited(self) -> list[Item]:
        """Give events on the waiting list that may tie to a case touched here, each only once."""
        names = {name for name, _ in self.new_ties}
        booked_now = [
            w.case_id
            for w in self.works.values()
            if w.before and w.case and w.before.case.booked_at != w.case.booked_at
        ]
        if booked_now:
            names |= {name for _, name in await store.ties_of(self._session, booked_now)}
        names -= self._asked
        if not names:
            return []
        self._asked |= names
        # One that was placed here still stands on the list, and its own numbers are among the new ones.
        here = {item.name for item, *_ in self.placed} | {item.name for item, _ in self.queued}
        waiting = await waiting_list.waiting_for(self._session, names)
        found = [(event, theirs) for event, theirs in waiting if (event.source, event.id) not in here]
        own = {name for _, theirs in found for name in theirs} - set(self._ties)
        if own:
            await self.look_up(own)
        return [Item(event, _in_order(theirs), None, was_waiting=True) for event, theirs in found]


def _is_transfer(item: Item) -> bool:
    return item.event.type == "booking.transferred"


def _in_order(names: Iterable[Identifier]) -> tuple[Identifier, ...]:
    return tuple(sorted(names, key=lambda name: KINDS.index(name.kind)))
