"""What is written down of a ruling, byte for byte: pure, so that deciding again can be held against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.decision.copies import COPY_DUTIES
from services.decision.judge import Answer, Matter, Ruling
from shared.domain.case import CustodyCase
from shared.domain.events import DecisionRecorded
from shared.domain.jurisdiction import Facility
from shared.outbox.journal import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a decision stands: its own id and number, its case, and what it supersedes."""

    id: UUID
    case_id: UUID
    case_version: int
    facility_ori: str
    booking_number: str
    number: int
    supersedes: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that was looked at, as it was: enough to decide again; what stood before is the decision before."""

    as_of: datetime
    #: In the rulebook's vocabulary, worked out from the case.
    facts: Mapping[str, Any]
    case: CustodyCase
    facility: Facility
    parked_events: int
    answer: Answer | None
    tz_data: str


_read_snapshot = msgspec.json.Decoder(Snapshot).decode
_read_told = msgspec.json.Decoder(DecisionRecorded).decode


def told_of(place: Place, matter: Matter, ruling: Ruling, now: datetime) -> DecisionRecorded:
    """Give the decision as it is told."""
    finding, case = ruling.finding, matter.case
    return DecisionRecorded(
        id=place.id,
        case_id=place.case_id,
        detainer_id=matter.detainer.detainer_id,
        facility_ori=place.facility_ori,
        booking_number=place.booking_number,
        outcome=finding.outcome.value,
        policy=finding.policy,
        rule=finding.rule,
        citation=finding.citation,
        decided_at=now,
        decided_by=ruling.decided_by,
        window=ruling.window,
        supersedes=place.supersedes,
        due_by=ruling.due_by,
        number=place.number,
        case_version=place.case_version,
        ice_due_by=ruling.ice_due_by,
        came_late=ruling.came_late,
        time_zone=matter.facility.time_zone,
        clocks=tuple(clock.value for clock in finding.clocks),
        release_due_at=case.release_due.due_at if case.release_due else None,
        gone_at=case.gone.at if case.gone else None,
        other_custody=finding.other_custody,
        ice_answer=finding.ice_answer,
        ends=ruling.ends,
        person_copy=tuple(name for name in finding.duties if name in COPY_DUTIES),
        release_at=ruling.release_at,
    )


def told_bytes(told: DecisionRecorded) -> bytes:
    """Write the decision as its row keeps it."""
    return msgspec.json.encode(told)


def read_told(told: bytes) -> DecisionRecorded:
    """Read a decision from its row; raises ``msgspec.MsgspecError`` for what is no decision."""
    return _read_told(told)


def snapshot_bytes(matter: Matter, ruling: Ruling) -> bytes:
    """Write down all that was looked at."""
    return canonical(
        Snapshot(
            as_of=ruling.as_of,
            facts=ruling.facts,
            case=matter.case,
            facility=matter.facility,
            parked_events=matter.parked_events,
            answer=matter.answer,
            tz_data=matter.tz_data,
        )
    )


def read_snapshot(snapshot: bytes) -> Snapshot:
    """Read what was looked at; raises ``msgspec.MsgspecError`` for what is no snapshot."""
    return _read_snapshot(snapshot)


def explanation_bytes(ruling: Ruling) -> bytes:
    """Write the finding with its trace, its nearest misses and the counterfactual."""
    return canonical(ruling.finding)
