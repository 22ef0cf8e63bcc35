"""Events around a public record: the envelope, and the parts of a booking or detainer that the record lacks."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from services.console.play.model import EventLine
from services.console.play.travis_words import NEED_SERVICE, default_form
from shared.domain.ids import Ori

_Row = TypeVar("_Row")
#: The order of what happens at one instant; told as CloudEvents' ``sequence``, which no consumer needs.
_ORDER = {
    "booking.created": "1",
    "detainer.lodged": "2",
    "detainer.served": "3",
    "booking.release_due": "4",
    "detainer.cancelled": "5",
    "custody.assumed": "5",
    "booking.released": "6",
}
_OF_ICE = frozenset({"detainer.lodged", "detainer.cancelled", "custody.assumed"})
_NO_PERSON = {"family_name": None, "given_names": None, "birth_date": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One person's stay in a jail, as far as the record says; what is told of it carries its number."""

    ori: Ori
    number: str
    booked_at: datetime
    #: ICE's name as a sender, such as ``/ice/foia``.
    ice: str
    #: ``day`` where the record's dates have no hour.
    precision: str
    #: What was made up for the whole stay.
    assumed: tuple[str, ...]

    def tell(self, kind: str, at: datetime, data: dict[str, Any], assumed: Sequence[str] = ()) -> EventLine:
        """Tell of one event; nothing is told before the booking, whatever the record says."""
        time = max(at, self.booked_at)
        later = ["time: told at the booking, which the record dates later"] if time > at else []
        event = {
            "specversion": "1.0",
            "id": f"{self.number}-{kind}",
            "source": self.ice if kind in _OF_ICE else f"/jails/{self.ori}",
            "type": kind,
            "time": time.isoformat(),
            "subject": f"{self.ori}/{self.number}",
            "datacontenttype": "application/json",
            "dataschema": f"/schemas/{kind}/1",
            "sequence": _ORDER[kind],
            "data": {
                "facility_ori": self.ori,
                "booking_number": self.number,
                **data,
                "precision": self.precision,
                "assumed": [*self.assumed, *assumed, *later],
            },
        }
        return EventLine(at=time.astimezone(UTC), event=event)

    def booked(self, charges: Sequence[dict[str, Any]], sex: str | None, assumed: Sequence[str] = ()) -> EventLine:
        """Tell of the booking; the records name nobody."""
        data = {
            "booked_at": self.booked_at.isoformat(),
            "person": {**_NO_PERSON, "sex": sex},
            "ids": {},
            "charges": list(charges),
            "expected_release_at": None,
        }
        return self.tell("booking.created", self.booked_at, data, assumed)

    def lodged(
        self, detainer_id: str, form: str | None, sex: str | None, assumed: Sequence[str] = ()
    ) -> Iterable[EventLine]:
        """Lodge a detainer at the booking; ``form`` None takes the form of the day. Serve it where its form asks."""
        of_the_day, papers = default_form(self.booked_at.date())
        named = of_the_day if form is None else form
        warrants = papers if named == of_the_day else []
        data = {
            "detainer_id": detainer_id,
            "form": named,
            "requests": ["notify"] if named == "I-247N" else ["hold", "notify"],
            "basis": "pending_removal_proceedings",
            "operative_only_on_conviction": False,
            "person": {**_NO_PERSON, "sex": sex},
            "warrants": warrants,
            "issued_at": self.booked_at.isoformat(),
            "cancels": None,
        }
        made_up = [*assumed, "requests", "basis", "subject", *(["warrants"] if warrants else [])]
        yield self.tell("detainer.lodged", self.booked_at, data, made_up)
        if named in NEED_SERVICE:
            served = {"detainer_id": detainer_id, "served_at": self.booked_at.isoformat(), "manner": None}
            yield self.tell("detainer.served", self.booked_at, served, ["served"])

    def picked_up(self, detainer_id: str, at: datetime) -> EventLine:
        """Tell that ICE took the person."""
        return self.tell("custody.assumed", at, {"detainer_id": detainer_id, "assumed_at": at.isoformat()})

    def cancelled(self, detainer_id: str, at: datetime, reason: str) -> EventLine:
        """Tell that ICE took the detainer back."""
        data = {"detainer_id": detainer_id, "cancelled_at": at.isoformat(), "reason": reason}
        return self.tell("detainer.cancelled", at, data)

    def released(self, at: datetime, reason: str, released_to: str, assumed: Sequence[str] = ()) -> EventLine:
        """Tell that the person left the jail another way."""
        data = {"released_at": at.isoformat(), "reason": reason, "released_to": released_to}
        return self.tell("booking.released", at, data, assumed)


def sampled(rows: Sequence[tuple[str, str, _Row]], limit: int | None) -> list[_Row]:
    """Take ``limit`` of the rows, each with its id and group: the same ones on every run, in the order given.

    Every group gives its share and at least one, while the limit lasts; within a group a digest of the id
    draws, so that a larger limit keeps what a smaller one took.
    """
    if limit is None or limit >= len(rows):
        return [row for _, _, row in rows]
    groups: dict[str, list[tuple[str, int]]] = {}
    for at, (name, group, _) in enumerate(rows):
        groups.setdefault(group, []).append((hashlib.sha256(name.encode()).hexdigest(), at))
    drawn = [
        (place / len(group), name, at)
        for _, group in sorted(groups.items())
        for place, (name, at) in enumerate(sorted(group))
    ]
    taken = sorted(at for _, _, at in sorted(drawn)[:limit])
    return [rows[at][2] for at in taken]
