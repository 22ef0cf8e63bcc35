"""The custody case: what the set of a person's events amounts to.

The fold is a pure function of the *set* of events; arrival order and repetition change nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]


class Custody(StrEnum):
    """Where the person stands with the jail."""

    #: Events have come, the booking has not.
    AWAITED = "awaited"
    IN_CUSTODY = "in_custody"
    #: State authority has ended, or is known to end at a stated instant.
    RELEASE_DUE = "release_due"
    GONE = "gone"


class DetainerStatus(StrEnum):
    """Where a detainer stands on a case."""

    ACTIVE = "active"
    CANCELLED = "cancelled"
    #: The person is gone; nothing is left to ask for.
    OVER = "over"


class Departure(StrEnum):
    """How the person left."""

    PICK_UP = "pick_up"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardEvent:
    """One event as the fold takes it.

    ``data`` is the event's own ``data`` object, checked for shape. ``time`` is when it happened in the
    sender's world, ``heard_at`` when we first heard of it; both aware.
    """

    source: str
    id: str
    type: str
    time: datetime
    heard_at: datetime
    data: Json
    sequence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRef:
    """Names an event: ``source`` and ``id`` make it the same event."""

    source: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One link of the facility chain, from ``since`` on."""

    ori: str
    booking_number: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDue:
    """The instant state authority ended or will end; hold windows count from here."""

    due_at: datetime
    reason: str
    heard_at: datetime
    event: EventRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The person left custody."""

    at: datetime
    how: Departure
    reason: str
    event: EventRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizenship:
    """What is claimed of U.S. citizenship: none, asserted, proof_provided, verified.

    ``at`` is since when this claim has stood, however often it was repeated.
    """

    claim: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Detainer:
    """A detainer on the case, with what came to be known about it."""

    detainer_id: str
    event: EventRef
    status: DetainerStatus
    form: str
    lodged_at: datetime
    heard_at: datetime
    issued_at: datetime
    requests: tuple[str, ...]
    basis: str | None
    operative_only_on_conviction: bool
    #: ``None``, ``I-200`` or ``I-205``.
    ice_admin_warrant: str | None
    #: ``None`` or ``{"type", "issuer", "verified"}`` in the rulebook's vocabulary.
    judicial_warrant: Json | None
    served: bool
    facially_sufficient: bool
    #: False when the names, birth dates or ties of detainer and booking disagree.
    matches_inmate: bool
    #: When the last fact about this detainer happened that ended it; None while active.
    ended_at: datetime | None
    ended_heard_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What cannot follow from what was before it; a person looks at it."""

    kind: str
    event: EventRef
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyCase:
    """A case as its events make it. Holds no name, birth date or federal number."""

    custody: Custody
    chain: tuple[Stay, ...] = ()
    booked_at: datetime | None = None
    arrested_at: datetime | None = None
    expected_release_at: datetime | None = None
    release_due: ReleaseDue | None = None
    gone: Gone | None = None
    citizenship: Citizenship | None = None
    matched: bool = False
    #: Merged policy facts in the rulebook's vocabulary; a null means unknown.
    facts: Json = field(default_factory=dict)
    charges: tuple[Json, ...] = ()
    convictions: tuple[Json, ...] = ()
    detainers: tuple[Detainer, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
