"""Invented stays in jail, seeded: what is heard of each, and when; a quarter of them with a detainer."""

import heapq
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from services.console.play.people import invent
from services.console.play.shapes import Booked, Lodged, booking_data, detainer_data, match_data, named
from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility
from shared.kafka.topics import topic_for

FACILITIES = tuple(
    Facility(ori=Ori(ori), name=ori, jurisdiction=place, agency=agency, time_zone=zone)
    for ori, place, agency, zone in (
        ("CT0009300", "CT", Agency.STATE_CORRECTIONS, "America/New_York"),
        ("CT0002300", "CT", Agency.STATE_CORRECTIONS, "America/New_York"),
        ("TX2270000", "TX", Agency.COUNTY_SHERIFF, "America/Chicago"),
        ("IL0160000", "IL-COOK", Agency.COUNTY_SHERIFF, "America/Chicago"),
    )
)
#: Before the eve of the Commissioner's policy, so that the law changes while people are held.
BEGINS = datetime.fromisoformat("2012-02-17T12:00:00+00:00")
_MINUTE = timedelta(minutes=1)
_WITH_DETAINER, _TWICE, _DELAYED, _POISON, _STRAIGHT = 0.25, 0.05, 0.05, 0.002, 0.1

Via = Literal["http", "topic"]


@dataclass(frozen=True, slots=True, order=True)
class Sent:
    """One event on its way: when it leaves, by which way, whose key it needs, and what it says."""

    at: datetime
    serial: int
    via: Via = field(compare=False)
    key: str = field(compare=False)
    topic: str = field(compare=False)
    subject: str = field(compare=False)
    name: tuple[str, str] = field(compare=False)
    body: bytes = field(compare=False)
    is_poison: bool = field(compare=False, default=False)


class Stories:
    """Gives events in the order in which they leave, for as many stays as are begun."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._heap: list[Sent] = []
        self._serial = 0
        self._stays = 0
        self.detainers = 0

    def begin(self, at: datetime, stays: int) -> None:
        """Let people be booked from an instant on."""
        for _ in range(stays):
            self._stays += 1
            for sent in self._stay(at + self._minutes(0, 10)):
                heapq.heappush(self._heap, sent)

    def until(self, instant: datetime) -> list[Sent]:
        """Take what leaves up to an instant."""
        found = []
        while self._heap and self._heap[0].at <= instant:
            found.append(heapq.heappop(self._heap))
        return found

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be sent."""
        return not self._heap

    @property
    def next_at(self) -> datetime | None:
        """Give the instant at which the next event leaves."""
        return self._heap[0].at if self._heap else None

    def _minutes(self, least: int, most: int) -> timedelta:
        return self._chance.randint(least, most) * _MINUTE

    def _stay(self, at: datetime) -> Iterator[Sent]:
        facility = self._chance.choice(FACILITIES)
        booked = Booked(
            ori=facility.ori,
            number=f"12-{self._stays:07d}",
            tcn=f"{facility.ori}T{self._stays:08d}",
            who=invent(self._chance, self._stays),
            at=at,
        )
        yield from self._event("booking.created", f"b{self._stays}", booked, at, booking_data(booked, self._chance))
        found = match_data(booked, at, answer=f"DHS{self._stays:010d}", result="match", known=False)
        yield from self._event("match.reported", f"m{self._stays}", booked, at + self._minutes(20, 300), found)
        due = at + self._minutes(600, 2 * 24 * 60)
        told: dict[str, Any] = {"due_at": due.isoformat(), "reason": "bond_posted"}
        for turn in range(self._chance.randint(1, 3)):
            facts = {"facts": {"gang_database": self._chance.random() < 0.1}}
            yield from self._event(
                "booking.facts_changed", f"f{self._stays}-{turn}", booked, at + self._minutes(30, 600), facts
            )
        if self._chance.random() < _WITH_DETAINER:
            yield from self._detained(booked, at, due)
            return
        yield from self._event("booking.release_due", f"d{self._stays}", booked, due, told)
        out = {"released_at": due.isoformat(), "reason": "bond_posted", "released_to": "street"}
        yield from self._event("booking.released", f"r{self._stays}", booked, due + 5 * _MINUTE, out)

    def _detained(self, booked: Booked, at: datetime, due: datetime) -> Iterator[Sent]:
        self.detainers += 1
        lodged = Lodged(id=f"HAR-2012-{self._stays:06d}", at=at + self._minutes(60, 500), booked=booked)
        data = detainer_data(booked, lodged.at, number=self._stays, known=self._chance.random() < 0.7)
        yield from self._event("detainer.lodged", f"l{self._stays}", booked, lodged.at, data)
        served = {"detainer_id": lodged.id, "served_at": lodged.at.isoformat(), "manner": "in_person"}
        yield from self._event("detainer.served", f"s{self._stays}", booked, lodged.at + self._minutes(5, 60), served)
        told = {"due_at": due.isoformat(), "reason": "bond_posted"}
        yield from self._event("booking.release_due", f"d{self._stays}", booked, due, told)
        yield from self._ending(booked, lodged, due)

    def _ending(self, booked: Booked, lodged: Lodged, due: datetime) -> Iterator[Sent]:
        """End a hold by pick-up, by its clock, by cancellation, by proof of citizenship, or take its opening back."""
        how = self._chance.choices(("pick_up", "clock", "cancelled", "citizen", "retracted"), (35, 35, 15, 10, 5))[0]
        at = due + self._minutes(30, 40 * 60)
        match how:
            case "pick_up":
                said: dict[str, Any] = {"detainer_id": lodged.id, "assumed_at": at.isoformat()}
                yield from self._event("custody.assumed", f"p{self._stays}", booked, at, said)
                return
            case "cancelled":
                at = lodged.at + self._minutes(-30, 3 * 24 * 60)
                said = {"detainer_id": lodged.id, "cancelled_at": at.isoformat(), "reason": "lifted"}
                yield from self._event("detainer.cancelled", f"c{self._stays}", booked, at, said)
            case "citizen":
                claim = {"claim": "verified", "at": at.isoformat()}
                yield from self._event("booking.citizenship_claimed", f"z{self._stays}", booked, at, claim)
            case "retracted":
                said = {"due_at": None, "reason": "entered_in_error", "retracts": f"d{self._stays}"}
                yield from self._event("booking.release_due", f"t{self._stays}", booked, at, said)
        gone = max(at, due) + self._minutes(10, 4 * 24 * 60)
        out = {"released_at": gone.isoformat(), "reason": "hold_closed", "released_to": "street"}
        yield from self._event("booking.released", f"r{self._stays}", booked, gone, out)

    def _event(self, kind: str, name: str, booked: Booked, at: datetime, data: dict[str, Any]) -> Iterator[Sent]:
        """Send an event: a little late or much, once or twice, by its door or straight to the topic."""
        key, source = _sender(kind, booked)
        said = {"facility_ori": booked.ori, "booking_number": booked.number, **data}
        if kind == "booking.citizenship_claimed":
            said["person"] = named(booked.who)
        event = {"specversion": "1.0", "id": name, "source": source, "type": kind, "time": at.isoformat(), "data": said}
        leaves = at + (self._minutes(30, 240) if self._chance.random() < _DELAYED else timedelta(0))
        yield self._letter(leaves, kind, key, booked, (source, name), json.dumps(event).encode())
        if self._chance.random() < _TWICE:
            again = leaves + self._minutes(0, 600)
            yield self._letter(again, kind, key, booked, (source, name), json.dumps(event).encode())
        if self._chance.random() < _POISON:
            yield self._letter(leaves, kind, key, booked, (source, f"poison {name}"), b'{"specversion": "1.0", \xff')

    def _letter(self, at: datetime, kind: str, key: str, booked: Booked, name: tuple[str, str], body: bytes) -> Sent:
        self._serial += 1
        is_poison = name[1].startswith("poison")
        via: Via = "topic" if is_poison or self._chance.random() < _STRAIGHT else "http"
        subject = f"{booked.ori}/{booked.number}"
        return Sent(at, self._serial, via, key, topic_for(kind), subject, name, body, is_poison)


def _sender(kind: str, booked: Booked) -> tuple[str, str]:
    """Give the key that may send an event, and the source it names."""
    if kind.startswith("match."):
        return "bureau", "/bureau"
    if kind.startswith("booking.") or kind == "detainer.served":
        return f"jail:{booked.ori}", f"/jails/{booked.ori}"
    return "ice", "/ice"
