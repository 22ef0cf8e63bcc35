"""A deadline is used only when two calculators have counted it; where they differ the earlier instant stands.

Outside the second calculator's table (1986-2040) the first does not stand alone: a deadline that leaves days
out falls back to 48 consecutive hours, which no clock that leaves days out can undercut. So a doubt never
makes custody longer, and never makes a promise to tell somebody later.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain import federal_calendar, federal_dates
from shared.domain.errors import CalendarExhausted
from shared.domain.second_count import second_count
from shared.domain.window import ClockRule, Deadline, deadline

#: Another way to count: rule, start, zone; gives an instant or raises ``CalendarExhausted``.
Count = Callable[[ClockRule, datetime, str], datetime]

_ORDER = {rule: at for at, rule in enumerate(ClockRule)}
_FLAT = timedelta(hours=48)
#: Counsel needs a year to extend the tables, and the longest deadline reaches into the next month.
_AHEAD_MONTHS = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A deadline that may be used, with what each calculator said."""

    deadline: Deadline
    first: datetime
    #: None: the start lies outside the second calculator's table.
    second: datetime | None

    @property
    def agrees(self) -> bool:
        """Tell whether both calculators gave the same instant."""
        return self.first == self.second

    def as_evidence(self) -> dict[str, Any]:
        """Say in the evidence that it was counted twice, and by which table; where they differ, both instants."""
        told: dict[str, Any] = {"table": federal_dates.DATES, "agrees": self.agrees}
        if not self.agrees:
            told |= {"first": self.first.isoformat(), "second": self.second.isoformat() if self.second else None}
        return told


def counted(rule: ClockRule, start: datetime, zone: str, *, second: Count = second_count) -> Counted:
    """Count ``rule`` from ``start`` twice; raises as ``window.deadline`` does."""
    ours = deadline(rule, start, zone)
    first = ours.at.astimezone(UTC)
    try:
        other: datetime | None = second(rule, ours.starts_at, zone)
    except CalendarExhausted:
        other = None
    stands = min(first, other if other is not None else ours.starts_at.astimezone(UTC) + _FLAT)
    if stands != first:
        ours = _ending(ours, stands)
    return Counted(deadline=ours, first=first, second=other)


def earliest_counted(
    rules: Iterable[ClockRule],
    start: datetime,
    zone: str,
    *,
    receipt: datetime | None = None,
    second: Count = second_count,
) -> tuple[Counted, tuple[Counted, ...]]:
    """Give the earliest of several clocks, and all of them; ``NC_RECEIPT`` counts from ``receipt``.

    Between equals, the order of ``ClockRule`` decides. Raises ``ValueError`` as ``window.earliest`` does.
    """
    every = tuple(counted(rule, _start_of(rule, start, receipt), zone, second=second) for rule in rules)
    if not every:
        raise ValueError("no clock was named; a hold without a clock has no end")
    return min(every, key=lambda one: (one.deadline.at, _ORDER[one.deadline.rule])), every


def calendar_trouble(now: datetime) -> str | None:
    """Say so when one of the holiday tables ends within 13 months of ``now``; None while both reach further."""
    ends = min(date(federal_calendar.LAST_YEAR, 12, 31), federal_dates.LAST_DAY)
    months = now.year * 12 + now.month - 1 + _AHEAD_MONTHS
    # The month's first day: a day that the month ahead may lack is never asked for.
    if date(months // 12, months % 12 + 1, 1) <= ends:
        return None
    return f"the holiday tables end with {ends}, within {_AHEAD_MONTHS} months: have counsel extend them"


def _start_of(rule: ClockRule, start: datetime, receipt: datetime | None) -> datetime:
    if rule is not ClockRule.NC_RECEIPT:
        return start
    if receipt is None:
        raise ValueError("NC_RECEIPT counts from the receipt of detainer and warrant; hand in that instant")
    return receipt


def _ending(ours: Deadline, at: datetime) -> Deadline:
    """End a deadline earlier: what would have been left out after its end is no part of the evidence."""
    local = at.astimezone(ZoneInfo(ours.zone))
    fixed = local.replace(tzinfo=timezone(local.utcoffset() or timedelta()), fold=0)
    return replace(ours, at=fixed, skipped=tuple(span for span in ours.skipped if span.start < at))
