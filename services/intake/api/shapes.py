"""What intake's routes answer, for their document and for clients made from it."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from shared.domain.jurisdiction import Agency
from shared.http.shapes import Told


class Accepted(BaseModel):
    """An event that the log holds on every replica, or held before."""

    id: str
    source: str
    status: Literal["accepted", "duplicate"]


class Trouble(BaseModel):
    """What is wrong with an event, where, and how to mend it."""

    code: str
    what: str
    where: str
    how: str


class Refused(BaseModel):
    """An event that was not taken; with ``retry`` the same one may be sent again."""

    id: str | None
    source: str | None
    errors: list[Trouble]
    retry: bool = False


class EventsTaken(BaseModel):
    """What became of the events of a request."""

    accepted: list[Accepted]
    rejected: list[Refused]


class EventState(BaseModel):
    """What became of one event."""

    id: str
    source: str
    type: str | None
    status: str
    reason: str | None
    case_id: UUID | None
    accepted_at: AwareDatetime | None
    heard_at: AwareDatetime | None


class FacilitySet(BaseModel):
    """A facility as it was registered just now."""

    ori: str
    name: str
    jurisdiction: str
    agency: Agency
    time_zone: str
    contact: str


class FacilityShown(Told):
    """A facility of the register, and since when it stands so."""

    ori: str
    name: str
    jurisdiction: str
    agency: str
    time_zone: str
    contact: str
    registered_at: AwareDatetime
    changed_at: AwareDatetime


class Facilities(BaseModel):
    """A page of the register, by ORI."""

    items: list[FacilityShown]
    next: str | None


class WaitingEvent(Told):
    """An event without a booking: why it waits, and when an operator is asked."""

    source: str
    id: str
    type: str
    facility_ori: str | None
    reason: str
    time: AwareDatetime
    since: AwareDatetime
    ask_at: AwareDatetime | None
    asked_at: AwareDatetime | None


class WaitingList(BaseModel):
    """A page of events that wait, longest first."""

    items: list[WaitingEvent]
    next: str | None


class Candidate(Told):
    """A booking that a waiting event comes near to, and in what; never what either says."""

    case_id: UUID
    facility_ori: str
    booking_number: str
    booked_at: AwareDatetime | None
    custody: str
    alike: list[str]


class Candidates(BaseModel):
    """The nearest bookings, the nearest first."""

    items: list[Candidate]
    next: None


class Linked(BaseModel):
    """A waiting event that was put on a case."""

    status: Literal["linked"]
    case_id: UUID
    by: str


class LetGoDone(BaseModel):
    """A waiting event that was let go."""

    status: Literal["discarded"]
    by: str
