"""What the routes that all services share answer, for their documents and for clients made from them.

A list that a store gives row by row keeps what it says beyond the form: forms promise what is there, and cut nothing.
"""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Told(BaseModel):
    """A form that promises these fields, and lets through what stands beside them."""

    model_config = ConfigDict(extra="allow")


class Alive(BaseModel):
    """The process lives."""

    status: Literal["alive"]


class Ready(BaseModel):
    """Whether a service can do its work, and how long ago each of its loops came round, in seconds."""

    status: Literal["ready", "not ready"]
    troubles: dict[str, str]
    loops: dict[str, float]


class Documents(BaseModel):
    """The paths of the schemas that a service has."""

    items: list[str]


class AlarmShown(Told):
    """Something that a person must see, and who has seen to it."""

    id: UUID
    service: str
    kind: str
    subject: str
    case_id: UUID | None
    facility_ori: str | None
    contact: str
    detail: str
    since: AwareDatetime
    due: AwareDatetime | None
    taken_by: str | None
    taken_at: AwareDatetime | None
    cleared_at: AwareDatetime | None
    cleared_by: str | None
    cleared_reason: str | None


class Alarms(BaseModel):
    """A page of alarms, oldest first."""

    items: list[AlarmShown]
    next: str | None


class AlarmTaken(BaseModel):
    """An alarm that somebody is at."""

    status: Literal["taken"]


class AlarmCleared(BaseModel):
    """An alarm that is cleared."""

    status: Literal["cleared"]


class ParkedShown(Told):
    """An event that was set aside: why, where, and how to mend it."""

    id: UUID
    service: str
    topic: str
    partition: int
    offset: int
    code: str
    reason: str
    place: str
    mend: str
    source: str | None
    event_id: str | None
    event_type: str | None
    facility_ori: str | None
    case_id: UUID | None
    case_key: str | None
    state: Literal["parked", "retried", "discarded"]
    parked_at: AwareDatetime
    settled_at: AwareDatetime | None
    settled_by: str | None
    settled_reason: str | None


class ParkedList(BaseModel):
    """A page of what was set aside, oldest first."""

    items: list[ParkedShown]
    next: str | None


class ParkedWhole(ParkedShown):
    """An event that was set aside with the shape of its message, and nothing of what it says."""

    bytes: int
    sha256: str
    #: The message with each value replaced by its kind.
    shape: Any


class Settled(BaseModel):
    """Where an event stands that was set aside."""

    status: Literal["parked", "retried", "discarded"]


class Preview(BaseModel):
    """What a retry would do, and how things stand for the event before and after."""

    would: Literal["be handled", "be set aside again", "nothing"]
    why: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    #: Names the state it was tried on.
    digest: str
