"""The stage of the sample: puts each event in the shape of the contract, and each act in its place."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.console.play.february import HOUR, MINUTE
from services.console.play.model import EventLine, Line, PersonLine, Via
from services.console.play.people import invent
from services.console.play.shapes import Booked, Lodged, booking_data, detainer_data, match_data

NEW_HAVEN, HARTFORD = "CT0009300", "CT0002300"
ICE, BUREAU = "/ice/hartford", "/bureau/CT"


@dataclass(slots=True)
class Stage:
    """Writes the play down line by line; all numbers come from one seeded chance."""

    chance: random.Random
    lines: list[Line] = field(default_factory=list)
    _serial: int = 0
    _told: dict[str, int] = field(default_factory=dict)

    def admit(self, at: datetime, *, ori: str | None = None) -> Booked:
        """Invent a person who came into custody at ``at``; tells nobody yet."""
        self._serial += 1
        where = ori or (NEW_HAVEN if self.chance.random() < 0.6 else HARTFORD)  # noqa: PLR2004 - the larger jail
        serial = 4_000 + self._serial
        return Booked(
            ori=where,
            number=f"12-{serial:06d}",
            tcn=f"CT{where[3:]}{at:%y%m%d}{serial:06d}",
            who=invent(self.chance, self._serial),
            at=at,
        )

    def book(self, at: datetime, *, ori: str | None = None, **more: Any) -> Booked:
        """Admit a person and tell of it; ``more`` goes to ``tell_booking``."""
        booked = self.admit(at, ori=ori)
        self.tell_booking(booked, **more)
        return booked

    def tell_booking(self, booked: Booked, *, heard_at: datetime | None = None, **data: Any) -> None:
        """Send ``booking.created``, heard at ``heard_at`` if that is later; ``data`` replaces fields."""
        said = {**booking_data(booked, self.chance), **data}
        self.jail(booked, "booking.created", "bk", booked.at, said, heard_at=heard_at)

    def jail(
        self,
        booked: Booked,
        kind: str,
        prefix: str,
        at: datetime,
        data: dict[str, Any],
        *,
        heard_at: datetime | None = None,
        via: Via = "http",
    ) -> str:
        """Let the jail tell something of a booking; gives the event's id."""
        event_id = self._event_id(f"{prefix}-{booked.number}" + ("" if prefix == "bk" else "-1"))
        named = {"facility_ori": booked.ori, "booking_number": booked.number}
        said = {**named, **data}
        self.send(kind, event_id, booked.jail, at, subject=booked.key, data=said, heard_at=heard_at, via=via)
        return event_id

    def move(self, booked: Booked, ori: str, at: datetime, *, heard_at: datetime | None = None) -> Booked:
        """Let the jail tell that the person went to another, and give the booking there; nobody there tells of it."""
        there = replace(booked, ori=ori, number=f"12-{self._number('moved', 9_000):06d}", at=at)
        data = {
            "to_facility_ori": there.ori,
            "to_booking_number": there.number,
            "at": at.isoformat(),
            "reason": "population",
        }
        self.jail(booked, "booking.transferred", "tr", at, data, heard_at=heard_at)
        return there

    def match(self, booked: Booked, at: datetime, *, result: str = "match", known: bool = True) -> str:
        """Send the bureau's answer; without ``known`` it knows the TCN but no booking. Give its TCN."""
        answer = f"DHS{self._number('answer', 12_000):010d}"
        data = match_data(booked, at, answer=answer, result=result, known=known)
        subject = booked.key if known else booked.tcn
        self.send("match.reported", f"m-{answer}", BUREAU, at, subject=subject, data=data)
        return answer

    def withdraw_match(self, booked: Booked, answer: str, at: datetime) -> None:
        """Let the bureau take an answer back."""
        data = {
            "facility_ori": booked.ori,
            "booking_number": None,
            "tcn": answer,
            "tcr": booked.tcn,
            "ids": {"tcn": booked.tcn},
            "reason": "wrong subject",
        }
        self.send("match.withdrawn", f"mw-{answer}", BUREAU, at, subject=booked.tcn, data=data)

    def lodge(
        self,
        booked: Booked,
        at: datetime,
        *,
        heard_at: datetime | None = None,
        known: bool = True,
        **data: Any,
    ) -> Lodged:
        """Lodge a detainer; without ``known`` ICE has no booking number. ``data`` replaces fields."""
        number = self._number("detainer", 400)
        said = {**detainer_data(booked, at, number=number, known=known), **data}
        detainer_id = str(said["detainer_id"])
        subject = booked.key if known else detainer_id
        event_id = f"d-2012-{number:06d}"
        self.send("detainer.lodged", event_id, ICE, at, subject=subject, data=said, heard_at=heard_at)
        return Lodged(id=detainer_id, at=at, booked=booked)

    def about_detainer(
        self,
        lodged: Lodged,
        kind: str,
        prefix: str,
        at: datetime,
        data: dict[str, Any],
        *,
        heard_at: datetime | None = None,
    ) -> None:
        """Tell something of one detainer: served (by the jail), cancelled, or the person taken (by ICE)."""
        booked = lodged.booked
        said = {
            "facility_ori": booked.ori,
            "booking_number": booked.number,
            "detainer_id": lodged.id,
            **data,
        }
        source = booked.jail if kind == "detainer.served" else ICE
        event_id = self._event_id(f"{prefix}-{lodged.id.removeprefix('HAR-')}")
        self.send(kind, event_id, source, at, subject=booked.key, data=said, heard_at=heard_at)

    def answer(self, lodged: Lodged, at: datetime, outcome: str, reason_code: str, rationale: str) -> None:
        """Let the Commissioner answer the review of a detainer."""
        self.act(
            "play.review_answer",
            at,
            detainer_id=lodged.id,
            outcome=outcome,
            reason_code=reason_code,
            rationale=rationale,
            reviewer="Commissioner of Correction",
        )

    def link(self, lodged: Lodged, at: datetime) -> None:
        """Let an operator link a waiting detainer to its booking by hand."""
        event_id = f"d-{lodged.id.removeprefix('HAR-')}"
        self.act("play.waiting_link", at, source=ICE, id=event_id, booking=lodged.booked.key)

    def act(self, act: str, at: datetime, **what: str) -> None:
        """Let a person do something."""
        self.lines.append(PersonLine(at=at.astimezone(UTC), act=act, what=dict(what)))

    def send(
        self,
        kind: str,
        event_id: str,
        source: str,
        at: datetime,
        *,
        subject: str,
        data: dict[str, Any],
        heard_at: datetime | None = None,
        via: Via = "http",
    ) -> None:
        """Write down one event; it arrives when it happened, unless it is heard later."""
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": source,
            "type": kind,
            "time": at.isoformat(),
            "subject": subject,
            "datacontenttype": "application/json",
            "dataschema": f"/schemas/{kind}/1",
            "data": data,
        }
        self.lines.append(EventLine(at=(heard_at or at).astimezone(UTC), event=event, via=via))

    def repeat(self, line: EventLine, *, later: timedelta) -> None:
        """Send a line once more."""
        self.lines.append(replace(line, at=line.at + later))

    def between(self, earliest: datetime, latest: datetime) -> datetime:
        """Pick a whole hour between two instants, or ``earliest`` where there is none."""
        first = earliest + (-earliest.minute % 60) * MINUTE
        hours = int((latest - first) / HOUR) if latest >= first else -1
        return first + self.chance.randrange(hours + 1) * HOUR if hours >= 0 else earliest

    def _event_id(self, wanted: str) -> str:
        """Make an id unique by counting: ``rd-12-004711-1``, then ``-2``."""
        count = self._number(wanted, 0)
        if count == 1:
            return wanted
        return f"{wanted.removesuffix('-1')}-{count}"

    def _number(self, kind: str, above: int) -> int:
        self._told[kind] = self._told.get(kind, above) + 1
        return self._told[kind]
