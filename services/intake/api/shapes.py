"""What intake's routes answer about events, for their document and for clients made from it."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel


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
