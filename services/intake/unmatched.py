"""Pure: the detainers whose booking nobody knows, and by when ICE must be told so."""

from datetime import datetime

from services.intake.inbound import InboundEvent
from services.intake.waiting_list import Unmatched
from shared.db.casebook import CaseFile
from shared.domain.case import DetainerStatus
from shared.domain.counted_twice import counted
from shared.domain.errors import CalendarExhausted
from shared.domain.window import ClockRule


def on_case(file: CaseFile, zone: str) -> list[Unmatched]:
    """Give the active detainers of a case that still awaits its booking."""
    return [
        Unmatched(
            source=d.event.source,
            id=d.event.id,
            detainer_id=d.detainer_id,
            case_id=file.case_id,
            facility_ori=file.facility_ori,
            booking_number=file.booking_number,
            lodged_at=d.lodged_at,
            heard_at=d.heard_at,
            due_by=_due_by(d.lodged_at, zone),
        )
        for d in file.case.detainers
        if d.status is DetainerStatus.ACTIVE
    ]


def alone(event: InboundEvent, zone: str, now: datetime) -> Unmatched:
    """Give a detainer that waits without any case."""
    return Unmatched(
        source=event.source,
        id=event.id,
        detainer_id=event.detainer_id or "",
        case_id=None,
        facility_ori=event.facility_ori,
        booking_number=None,
        lodged_at=event.time,
        heard_at=now,
        due_by=_due_by(event.time, zone),
    )


def _due_by(lodged_at: datetime, zone: str) -> datetime:
    """Two working days; a date outside the reviewed calendar is due at once rather than never."""
    try:
        return counted(ClockRule.FED_48_BIZ, lodged_at, zone).deadline.at
    except CalendarExhausted:
        return lodged_at
