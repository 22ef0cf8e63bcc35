"""What our services tell each other: ids, outcomes and instants, never persons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChanged:
    """Intake to decision: what the fold gives has changed."""

    case_id: UUID
    version: int
    moved: Sequence[str]
    #: How many detainers there are on the case: without one there is nothing to decide. None: not told.
    detainers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTold:
    """A hold window as decision works it out and the recipients see it."""

    opens_at: datetime
    closes_at: datetime
    clock: str
    evidence: Mapping[str, Any]
    ended_at: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnds:
    """Why a hold that stood before this decision stands no longer, and since when."""

    at: datetime
    #: clock, pick_up, release, cancelled, citizenship, superseded or retracted.
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecorded:
    """Decision to notify, and in its first fields to jail and ICE."""

    id: UUID
    case_id: UUID
    detainer_id: str
    facility_ori: str
    booking_number: str
    outcome: str
    policy: str
    rule: str
    citation: str
    decided_at: datetime
    decided_by: str
    window: WindowTold | None
    supersedes: UUID | None
    #: How soon jail and ICE must be told.
    due_by: datetime
    # On the topic only, for notify:
    number: int
    case_version: int
    #: ICE's own due_by: two working days alone, since the sooner instant would tell a release time.
    ice_due_by: datetime
    #: The deadline lay in the past when we first heard of the matter.
    came_late: bool
    time_zone: str
    #: Names of the clocks a hold would run on if release fell due now; empty where there is no window.
    clocks: Sequence[str]
    #: Whether the jail has reported that release is due (and not taken it back).
    release_due_at: datetime | None
    gone_at: datetime | None
    #: Custody on a judge's criminal warrant is other custody: no window of ours.
    other_custody: bool
    #: full, outcome or none: how much of the answer ICE may have.
    ice_answer: str
    ends: HoldEnds | None
    #: When release is due, or else when the jail expects it; ICE is told where the outcome and the law allow it.
    release_at: datetime | None = None
    #: Duties of the law that a printed copy for the person meets; none where the law owes none.
    person_copy: Sequence[str] = ()
