"""The jail's part of the fold: booking, facts, charges, chain, release due, citizenship."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.case import (
    Citizenship,
    Conflict,
    HeardEvent,
    ReleaseDue,
    Stay,
)
from shared.domain.hearing import instant, ref, text
from shared.domain.identity import Booked

#: Facts of which silence is "unknown" and not "no" (law/scenarios.md, "Facts").
UNKNOWN_FACTS = dict.fromkeys(("gang_database", "terrorist_screening_match", "public_safety_risk_finding"))
#: The same for the attributes of a charge, and of a conviction.
UNKNOWN_CHARGE = dict.fromkeys(("level", "class", "indictable", "violent_or_serious", "ct_pa25_29_listed"))
UNKNOWN_CONVICTION = UNKNOWN_CHARGE | dict.fromkeys(("date", "wobbler", "violent", "listed_7282_5_a3"))

_DETAINER_WORDS = frozenset({"detainer", "immigration", "ice", "i247", "dhs", "ero"})
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(slots=True)
class JailSide:
    """What the jail's events amount to so far."""

    conflicts: list[Conflict] = field(default_factory=list)
    #: The event in hand is of after the person left.
    is_over: bool = False
    booked: Booked = field(default_factory=Booked)
    chain: list[Stay] = field(default_factory=list)
    booked_at: datetime | None = None
    arrested_at: datetime | None = None
    expected_release_at: datetime | None = None
    tendered_at: datetime | None = None
    dues: list[ReleaseDue] = field(default_factory=list)
    retracted: set[tuple[str, str]] = field(default_factory=set)
    citizenship: Citizenship | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    charges: dict[str, dict[str, Any]] = field(default_factory=dict)
    convictions: tuple[Mapping[str, Any], ...] = ()

    def clash(self, kind: str, event: HeardEvent, detail: str) -> None:
        """Note what cannot follow from what was before it."""
        self.conflicts.append(Conflict(kind=kind, event=ref(event), detail=detail))

    def is_first_stay(self, ori: str, number: str) -> bool:
        """Say whether this is the number of the booking itself, not one that a transfer brought."""
        return (self.chain[0].ori, self.chain[0].booking_number) == (ori, number)

    def release_due(self) -> ReleaseDue | None:
        """Give the earliest instant that nobody took back."""
        standing = [due for due in self.dues if (due.event.source, due.event.id) not in self.retracted]
        if not standing:
            return None
        return min(standing, key=lambda due: (due.due_at, due.heard_at, due.event.source, due.event.id))


def _created(side: JailSide, event: HeardEvent) -> None:
    """Make the stay from the first booking; amend it by a second, unless the number was used twice."""
    data = event.data
    booked_at = instant(data, "booked_at", event.time)
    is_first = side.booked_at is None
    ori, number = text(data, "facility_ori") or "", text(data, "booking_number") or ""
    if is_first:
        side.booked_at = booked_at
        side.chain.append(Stay(ori=ori, booking_number=number, since=booked_at))
    elif booked_at != side.booked_at and data.get("booked_at") and side.is_first_stay(ori, number):
        side.clash("number_used_twice", event, "another booking instant under the same booking number")
        return
    if side.booked.is_other_than(data.get("person")):
        side.clash("number_used_twice", event, "another name and birth date under the same booking number")
        return
    if side.is_over and not is_first:
        return
    side.booked.learn(data.get("person"), data.get("ids"))
    if data.get("arrested_at"):
        side.arrested_at = instant(data, "arrested_at", event.time)
    if data.get("expected_release_at"):
        side.expected_release_at = instant(data, "expected_release_at", event.time)
    _tell_facts(side, event)


def _tell_facts(side: JailSide, event: HeardEvent) -> None:
    """Facts key by key, charges by sequence and field by field, convictions as a whole list."""
    data = event.data
    side.facts.update(data.get("facts") or {})
    for charge in data.get("charges") or ():
        key = _charge_key(charge)
        side.charges[key] = {**side.charges.get(key, {}), **charge}
    if data.get("convictions") is not None:
        side.convictions = tuple(data["convictions"])


def _charge_key(charge: Mapping[str, Any]) -> str:
    """Give the charge's sequence; without one, what it is a charge of."""
    if charge.get("sequence") is not None:
        return str(charge["sequence"])
    return "|".join(str(charge.get(key)) for key in ("statute", "offense", "offense_date"))


def _facts_changed(side: JailSide, event: HeardEvent) -> None:
    side.booked.learn(event.data.get("person"), event.data.get("ids"))
    _tell_facts(side, event)


def _bond_changed(side: JailSide, event: HeardEvent) -> None:
    """End state authority at its tender where bond was refused because of the detainer."""
    data = event.data
    at = instant(data, "at", event.time)
    change = data.get("change")
    if _speaks_of_detainer(text(data, "refused_reason")):
        tendered = side.tendered_at if side.tendered_at and side.tendered_at < at else at
        due_at = instant(data, "tendered_at", tendered)
        side.dues.append(_due(event, due_at, "bond_refused_for_detainer"))
    elif change == "posted":
        side.charges = {key: {**charge, "bond_posted": True} for key, charge in side.charges.items()}
    side.tendered_at = at if change == "tendered" else None


def _speaks_of_detainer(reason: str | None) -> bool:
    words = set(_WORD.findall(reason.lower())) if reason else set()
    return not words.isdisjoint(_DETAINER_WORDS) or words >= {"i", "247"}


def _transferred(side: JailSide, event: HeardEvent) -> None:
    """Let the case go along: the new facility joins the chain."""
    data = event.data
    if side.booked_at is None:
        side.clash("transferred_not_booked", event, "a transfer of someone whose booking is not known")
    ori, number = text(data, "to_facility_ori"), text(data, "to_booking_number")
    if not ori or not number:
        return
    last = side.chain[-1] if side.chain else None
    if last is None or (last.ori, last.booking_number) != (ori, number):
        side.chain.append(Stay(ori=ori, booking_number=number, since=instant(data, "at", event.time)))


def _scheduled(side: JailSide, event: HeardEvent) -> None:
    """Take the latest expectation; null takes it back."""
    told = event.data.get("expected_at")
    side.expected_release_at = instant(event.data, "expected_at", event.time) if told else None


def _release_due(side: JailSide, event: HeardEvent) -> None:
    """State an instant, take an earlier one back, or both; which was heard first means nothing."""
    if taken_back := text(event.data, "retracts"):
        side.retracted.add((event.source, taken_back))
    if event.data.get("due_at"):
        due_at = instant(event.data, "due_at", event.time)
        side.dues.append(_due(event, due_at, text(event.data, "reason") or "not told"))


def _due(event: HeardEvent, due_at: datetime, reason: str) -> ReleaseDue:
    return ReleaseDue(due_at=due_at, reason=reason, heard_at=event.heard_at, event=ref(event))


def _citizenship(side: JailSide, event: HeardEvent) -> None:
    """Let the latest word stand; what was verified is taken back by "none" only, not by a new claim."""
    claim = text(event.data, "claim") or "asserted"
    known = side.citizenship.claim if side.citizenship else None
    if claim == known or (known == "verified" and claim != "none"):
        return
    side.citizenship = Citizenship(claim=claim, at=instant(event.data, "at", event.time))


#: What each of the jail's events does while the person is in custody.
JAIL_MOVES: Mapping[str, Callable[[JailSide, HeardEvent], None]] = {
    "booking.created": _created,
    "booking.facts_changed": _facts_changed,
    "booking.bond_changed": _bond_changed,
    "booking.transferred": _transferred,
    "booking.release_scheduled": _scheduled,
    "booking.release_due": _release_due,
    "booking.citizenship_claimed": _citizenship,
}
