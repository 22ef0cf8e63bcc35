"""Who is told when the two calculators do not confirm each other: the operator, with case and both instants."""

from datetime import datetime
from uuid import UUID

from services.decision.judge import Ruling
from shared.domain import federal_dates
from shared.domain.counted_twice import Counted
from shared.outbox.alarms import Alarm


def alarms_of(case_id: UUID, detainer_id: str, ruling: Ruling, now: datetime) -> list[Alarm]:
    """Give an alarm for each deadline that was not confirmed: once for each detainer, clock and start."""
    return [
        Alarm(
            kind="clocks_disagree" if doubt.second is not None else "clock_unconfirmed",
            subject=f"{case_id}/{detainer_id}/{doubt.deadline.rule}/{doubt.deadline.starts_at.isoformat()}",
            detail=_detail(doubt),
            since=now,
            due=doubt.deadline.at,
            case_id=case_id,
            facility_ori=ruling.facility_ori,
        )
        for doubt in ruling.doubts
    ]


def _detail(doubt: Counted) -> str:
    end = doubt.deadline
    counted = f"{end.rule} from {end.starts_at.isoformat()} in {end.zone}: the first calculator gives"
    first, stands = doubt.first.isoformat(), end.at.isoformat()
    if doubt.second is None:
        return (
            f"{counted} {first}, the second has no table for it ({federal_dates.FIRST_DAY} to"
            f" {federal_dates.LAST_DAY}); 48 consecutive hours stand, {stands}: have counsel look at the date"
        )
    return (
        f"{counted} {first}, the second {doubt.second.isoformat()}; the earlier stands, {stands}:"
        " count by hand, and report the difference as a fault of ours"
    )
