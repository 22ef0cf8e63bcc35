"""Say which case an event belongs to, from its numbers and the ties already known. Pure.

The booking's own number is an exact tie, and one that nobody knows makes a new case. A detainer's id is as
exact: it was lodged on that case. Every number below these may be borne by several bookings in turn, and
counts only for one in custody at the event's time. What cannot be settled waits for a person, never a guess.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

#: From the strongest down; ``tcn`` is the booking's own, whether as ``ids.tcn`` or as a match's ``tcr``.
KINDS = ("booking", "detainer", "tcn", "fin", "ucn", "sid", "a_number")


class Identifier(NamedTuple):
    """A number in its one spelling; a booking's value is ``ORI/number``, a SID's begins with its state."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A number seen on a case, and when that case's person was in custody."""

    kind: str
    value: str
    case_id: UUID
    #: A day before the person was booked; None while no booking is known.
    from_: datetime | None
    #: When the person was gone; None while in custody.
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Placed:
    """The event belongs to this case; ``disagrees`` if another of its numbers speaks for another case."""

    case_id: UUID
    disagrees: bool = False


@dataclass(frozen=True, slots=True)
class NewCase:
    """The event names a booking that nobody knows yet."""


@dataclass(frozen=True, slots=True)
class Waits:
    """No case can be named; ``reason`` is ``no_tie`` or ``ties_disagree``."""

    reason: str


def place(
    identifiers: Sequence[Identifier], at: datetime, ties: Mapping[Identifier, Sequence[Tie]]
) -> Placed | NewCase | Waits:
    """Place an event of instant ``at``; ``identifiers`` stand from the strongest down."""
    found = [(name.kind, _cases(name, at, ties)) for name in identifiers]
    if not any(kind == "booking" for kind, _ in found):
        return _place_below(found)
    # Of a transfer's two numbers the sender's own comes first, and leads.
    own = next((cases for kind, cases in found if kind == "booking" and cases), None)
    if own is None:
        return NewCase()
    if len(own) > 1:
        return Waits("ties_disagree")
    return Placed(next(iter(own)), disagrees=any(cases.isdisjoint(own) for _, cases in found if cases))


def _place_below(found: list[tuple[str, set[UUID]]]) -> Placed | Waits:
    """Place an event that names no booking: every number that ties must speak for the same case."""
    speaking: dict[str, set[UUID]] = {}
    for kind, cases in found:
        speaking.setdefault(kind, set()).update(cases)
    named = [cases for cases in speaking.values() if cases]
    if not named:
        return Waits("no_tie")
    first = named[0]
    if len(first) > 1 or any(cases.isdisjoint(first) for cases in named):
        return Waits("ties_disagree")
    return Placed(next(iter(first)))


def _cases(name: Identifier, at: datetime, ties: Mapping[Identifier, Sequence[Tie]]) -> set[UUID]:
    return {tie.case_id for tie in ties.get(name, ()) if _counts(tie, at)}


def _counts(tie: Tie, at: datetime) -> bool:
    """Say whether the tie counts at this instant."""
    if tie.kind == "booking":
        return True
    if tie.until is not None and at > tie.until:
        return False
    if tie.from_ is None:
        return tie.kind == "detainer"
    return tie.kind == "detainer" or tie.from_ <= at
