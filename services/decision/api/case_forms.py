"""How cases are shown: where each stands, what was decided of it and why, and its story."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from shared.domain.case import Citizenship, Conflict, Custody, DetainerStatus, Gone, ReleaseDue, Stay
from shared.http.shapes import Told

#: An instant as it was written down, to the letter.
Written = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
OutcomeName = Literal["HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW"]


class Standing(Told):
    """In short, what stands for a detainer."""

    detainer_id: str
    outcome: OutcomeName
    number: int
    policy: str
    rule: str
    decided_at: AwareDatetime
    due_by: AwareDatetime


class CaseLine(Told):
    """A case in a list."""

    case_id: UUID
    facility_ori: str
    booking_number: str
    custody: Custody
    booked_at: AwareDatetime | None
    gone_at: AwareDatetime | None
    version: int
    parked_events: int
    detainers: list[Standing]


class Cases(BaseModel):
    """A page of cases, in the order in which they were opened."""

    items: list[CaseLine]
    next: str | None


class DecidedWindow(Told):
    """A hold window as decision worked it out, and what ended it."""

    opens_at: Written
    closes_at: Written
    clock: str
    evidence: dict[str, Any]
    ended_at: Written | AwareDatetime | None
    ended_by: str | None


class NearMiss(BaseModel):
    """A rule that one changed fact would have made decisive."""

    rule: str
    outcome: OutcomeName
    fact: str
    now: Any
    then: Any


class Explanation(Told):
    """Why it was decided so, and what would have changed it."""

    confidence: str
    unknown: list[str]
    near_misses: list[NearMiss]
    counterfactual: NearMiss | None
    duties: list[str]


class DecisionShown(Told):
    """A decision as its recipients see it, and what explains it."""

    id: UUID
    case_id: UUID
    detainer_id: str
    facility_ori: str
    booking_number: str
    outcome: OutcomeName
    policy: str
    rule: str
    citation: str
    decided_at: Written
    decided_by: str
    window: DecidedWindow | None
    supersedes: UUID | None
    due_by: Written
    number: int
    case_version: int
    explanation: Explanation


class WindowShown(Told):
    """A hold window as notify keeps it."""

    id: UUID
    decision_id: UUID
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    clock: str
    rule: str
    citation: str
    evidence: dict[str, Any]
    state: Literal["planned", "open", "closed"]
    ended_at: AwareDatetime | None
    ended_by: str | None


class ReviewWaiting(Told):
    """A review that waits for a person."""

    id: UUID
    state: Literal["open", "claimed"]
    office: str | None
    opened_at: AwareDatetime
    answer_by: AwareDatetime
    due_by: AwareDatetime


class DetainerShown(BaseModel):
    """A detainer on a case; nothing of the person it names."""

    detainer_id: str
    status: DetainerStatus
    form: str
    basis: str | None
    requests: list[str]
    issued_at: AwareDatetime
    lodged_at: AwareDatetime
    heard_at: AwareDatetime
    served: bool
    ended_at: AwareDatetime | None
    decision: DecisionShown | None
    window: WindowShown | None
    review: ReviewWaiting | None


class CaseShown(BaseModel):
    """A case as it stands."""

    case_id: UUID
    version: int
    facility_ori: str
    booking_number: str
    parked_events: int
    custody: Custody
    chain: list[Stay]
    booked_at: AwareDatetime | None
    expected_release_at: AwareDatetime | None
    release_due: ReleaseDue | None
    gone: Gone | None
    citizenship: Citizenship | None
    conflicts: list[Conflict]
    detainers: list[DetainerShown]


class Happened(BaseModel):
    """One thing in a case's story; ``kind`` says what its body holds."""

    at: AwareDatetime
    kind: str
    service: str
    detainer_id: str | None
    body: dict[str, Any]


class Timeline(BaseModel):
    """A page of a case's story, in time order."""

    items: list[Happened]
    next: str | None
