"""Pure: for how many hours somebody may be held without authority if nobody acts on an alarm.

It is what alarms are ranked by. An hour counts if a person may sit in a hold in it that has no ground, or whose end
nobody was told of. What can only make an answer late for ICE, or a release too early, counts nothing here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

#: Kinds that say that an open hold's ground may be lost: something was said of the case that we could not take in.
_DOUBT = frozenset({"event_parked", "case_conflict", "clocks_disagree"})
#: Kinds that say that somebody may not know of an answer or of an end.
_UNTOLD = frozenset({"notice_late", "notice_unacknowledged"})
#: What tells a jail that there is no hold, or no longer.
_FREEING = frozenset({"RELEASE", "NOTIFY_ONLY"})
#: An end that nobody was told of may stand as long as a hold would have: two days.
UNTOLD = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What hangs on an alarm."""

    kind: str
    case_id: UUID | None = None
    #: When the open or planned hold of the case closes.
    closes_at: datetime | None = None
    #: Of an alarm about a notice: its kind, its recipient, and the outcome that it tells.
    notice: str | None = None
    recipient: str | None = None
    outcome: str | None = None


def hours_at_risk(stake: Stake, now: datetime) -> float:
    """Give the hours of liberty at risk; 0 where none is known to be."""
    left = max(timedelta(0), stake.closes_at - now) if stake.closes_at is not None else timedelta(0)
    if stake.kind in _DOUBT:
        return _hours(left)
    if stake.kind in _UNTOLD and stake.recipient != "ice":
        is_end = stake.notice == "hold_ended" or stake.outcome in _FREEING
        return _hours(UNTOLD if is_end else timedelta(0))
    if stake.kind == "release_due_not_reported":
        return _hours(UNTOLD)
    return 0.0


def all_at_risk(stakes: Iterable[Stake], now: datetime) -> float:
    """Give the hours over all alarms, those of a case counted once: it is one person who sits there."""
    by_case: dict[UUID | int, float] = {}
    for place, stake in enumerate(stakes):
        key = stake.case_id or place
        by_case[key] = max(by_case.get(key, 0.0), hours_at_risk(stake, now))
    return sum(by_case.values())


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)
