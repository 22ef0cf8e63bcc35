"""What notify knows of one detainer on a case: the last decision, its hold windows, what has been said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.domain.events import DecisionRecorded

#: The recipient that is not a jail.
ICE = "ice"


def jail(ori: str) -> str:
    """Name the recipient that a facility is."""
    return f"jail:{ori}"


class Kind(StrEnum):
    """What a notice is about; DESIGN 8."""

    DECISION = "decision"
    HOLD_OPENED = "hold_opened"
    HOLD_CLOSING = "hold_closing"
    HOLD_ENDED = "hold_ended"
    CORRECTION = "correction"
    UNMATCHED = "unmatched"
    #: What was told last is taken back, and nothing is told in its place yet.
    RECALL = "recall"
    #: A paper for the person, handed over by the jail.
    PERSON_COPY = "person_copy"


#: Kinds that say what the answer to the detainer is.
ANSWERS = frozenset({Kind.DECISION, Kind.CORRECTION, Kind.UNMATCHED, Kind.RECALL})


class Stage(StrEnum):
    """How far a notice has come."""

    PLANNED = "planned"
    #: It lies in the recipient's feed.
    SENT = "sent"
    #: Fetched with the recipient's own key.
    DELIVERED = "delivered"
    #: There is a receipt.
    ACKNOWLEDGED = "acknowledged"
    #: Overtaken before it was sent.
    REPLACED = "replaced"


class WindowState(StrEnum):
    """Where a hold window stands."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldWindow:
    """How long custody may last after release is due, and what became of it."""

    id: UUID
    case_id: UUID
    detainer_id: str
    decision_id: UUID
    facility_ori: str
    booking_number: str
    opens_at: datetime
    closes_at: datetime
    clock: str
    rule: str
    citation: str
    evidence: Mapping[str, Any]
    state: WindowState
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is planned or open."""
        return self.state is not WindowState.CLOSED

    def closed(self, at: datetime, by: str) -> "HoldWindow":
        """End it; an end at or after the closing instant came too late: the clock had ended it."""
        if at >= self.closes_at:
            at, by = self.closes_at, "clock"
        return replace(self, state=WindowState.CLOSED, ended_at=at, ended_by=by)


@dataclass(frozen=True, slots=True)
class Span:
    """The opening and the closing instant that a notice has named."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell one recipient, and how far it has come.

    ``outcome`` and ``rule`` are what the recipient is told, so None where the law lets ICE have less.
    """

    id: UUID
    kind: Kind
    recipient: str
    facility_ori: str
    detainer_id: str
    number: int
    stage: Stage
    send_at: datetime
    due_by: datetime
    case_id: UUID | None = None
    outcome: str | None = None
    rule: str | None = None
    replaces: UUID | None = None
    window_id: UUID | None = None
    decision_id: UUID | None = None
    booking_number: str | None = None
    came_late: bool = False
    said: Span | None = None
    #: When release was due or expected, as the recipient was told.
    release_at: datetime | None = None
    #: What it says as planned; only of notices not written down yet.
    body: Mapping[str, Any] | None = None

    @property
    def chain_id(self) -> UUID:
        """Give what its records are chained under: the case, or itself where no case is known."""
        return self.case_id or self.id

    @property
    def is_out(self) -> bool:
        """Whether the recipient may have read it."""
        return self.stage not in (Stage.PLANNED, Stage.REPLACED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One detainer on a case as notify knows it; notices stand in the order in which they were sent."""

    decision: DecisionRecorded | None = None
    windows: tuple[HoldWindow, ...] = ()
    notices: tuple[Notice, ...] = ()
    #: The number of the decision that was recalled last; 0 where none was.
    recalled_number: int = 0

    @property
    def is_recalled(self) -> bool:
        """Whether what was decided last has been taken back."""
        return self.number > 0 and self.recalled_number == self.number

    @property
    def number(self) -> int:
        """Give the number of the last decision heard; 0 before the first."""
        return self.decision.number if self.decision else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """How long before or after what a notice leaves; the numbers of DESIGN 6 to 8."""

    #: A REVIEW that still stands is told so long before it is due.
    review_told: timedelta = timedelta(hours=4)
    #: ``hold_ended`` leaves so long before the window closes.
    ended_told: timedelta = timedelta(minutes=15)
    #: The jail is warned so long before the window closes.
    warnings: tuple[timedelta, ...] = (timedelta(hours=24), timedelta(hours=4), timedelta(hours=1))
    #: What cannot be told in time any more, or must be told at once, is due so long after now.
    grace: timedelta = timedelta(minutes=15)
    #: A receipt is awaited so long after a notice was sent, and never beyond the notice's own due time.
    receipt: timedelta = timedelta(hours=4)
    #: A copy that the law owes is to be with the person so long after the jail was told, or by its due time if later.
    hand_over: timedelta = timedelta(hours=4)
    #: Whatever a ladder says, its people have mail so long before a notice is due.
    last_call: timedelta = timedelta(minutes=5)
