"""The forms of the review desk: what is sent in, and how reviews, answers and stand-ins are shown."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AnswerGiven(_Sent):
    """What a reviewer answers, and why."""

    outcome: Literal["HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW"]
    reason_code: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    rationale: str = Field(min_length=1, max_length=4000)


class Second(_Sent):
    """What a second person says of an answer that was proposed."""

    answer_id: str = Field(max_length=64)
    rationale: str = Field(min_length=1, max_length=4000)


class HandOver(_Sent):
    """Who is to work on a review instead, by the id of the key, and why."""

    to: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=500)


class StandIn(_Sent):
    """Who answers for the caller's office while the caller is away, and until when."""

    to: str = Field(min_length=1, max_length=64)
    starts_at: str | None = Field(default=None, max_length=40, description="RFC 3339 with offset; at once if left out")
    ends_at: str = Field(max_length=40, description="RFC 3339 with offset")
    reason: str = Field(min_length=1, max_length=500)


class Proposal(BaseModel):
    """An answer that waits for a second person."""

    answer_id: UUID
    outcome: Literal["HOLD", "RELEASE"]
    office: str
    reason_code: str
    rationale: str
    answered_at: AwareDatetime
    answered_by: str


class ReviewShown(BaseModel):
    """A review; the question holds facts, and no name or number of a person."""

    id: UUID
    case_id: UUID
    detainer_id: str
    facility_ori: str
    booking_number: str
    state: Literal["open", "claimed", "answered", "lapsed"]
    office: str | None
    opened_at: AwareDatetime
    #: By when the answer is wanted.
    answer_by: AwareDatetime
    #: By when jail and ICE must be told.
    due_by: AwareDatetime
    question: dict[str, Any]
    claimed_by: str | None
    claimed_at: AwareDatetime | None
    claimed_until: AwareDatetime | None
    ended_at: AwareDatetime | None
    proposal: Proposal | None


class AnswerShown(BaseModel):
    """An answer as it was given, what became of it, and what the rule would have said without it."""

    answer_id: UUID
    outcome: Literal["HOLD", "RELEASE"]
    office: str
    reason_code: str
    reason: str | None
    rationale: str
    answered_at: AwareDatetime
    answered_by: str
    delegation_id: UUID | None
    needs_second: bool
    approved: bool | None
    second_by: str | None
    second_at: AwareDatetime | None
    second_rationale: str | None
    rule_said: dict[str, Any] | None


class ActShown(BaseModel):
    """Something that was done with a review, by a person or by its clock."""

    at: AwareDatetime
    act: str
    by_key: str | None
    to_key: str | None
    reason: str | None


class ReviewWhole(ReviewShown):
    """A review with all that was done with it, oldest first."""

    answers: list[AnswerShown]
    acts: list[ActShown]


class Reviews(BaseModel):
    """A page of reviews."""

    items: list[ReviewShown]
    next: str | None


class Taken(BaseModel):
    """What became of an answer: ``answered`` counts, ``proposed`` waits for a second person, ``refused`` is over."""

    status: Literal["answered", "proposed", "approved", "refused"]
    review_id: UUID
    answer_id: UUID


class ReasonShown(BaseModel):
    """A reason with a name."""

    code: str
    meaning: str


class Reasons(BaseModel):
    """The reasons that have a name."""

    items: list[ReasonShown]
    next: None


class ReviewerShown(BaseModel):
    """A key that answers reviews."""

    id: str
    office: str | None
    label: str


class Reviewers(BaseModel):
    """The keys that answer reviews."""

    items: list[ReviewerShown]
    next: str | None


class DelegationShown(BaseModel):
    """Who stands in for whom, and how long."""

    id: UUID
    office: str
    from_key: str
    to_key: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: str
    made_at: AwareDatetime
    made_by: str
    ended_by: str | None


class Delegations(BaseModel):
    """A page of stand-ins."""

    items: list[DelegationShown]
    next: str | None


def instant_of(text: str) -> datetime | None:
    """Read an instant with its offset; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
