"""The second calculator: the same clocks on another principle, to be asked before a deadline is used.

``window`` walks local days in UTC by the statute's rules. Here nothing is walked: all working time of the
table is laid end to end once, in wall time, as a ledger of runs; a start is looked up as a place in it, 48 hours
are added, and the place is looked up back. The plain clocks are counted in microseconds of POSIX time. No
code and no table is shared with the first.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from shared.domain.errors import CalendarExhausted
from shared.domain.federal_dates import DATES, DAYS_OFF, FIRST_DAY, LAST_DAY
from shared.domain.window import ClockRule

_FORTY_EIGHT_HOURS = timedelta(hours=48)
_POSIX_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FORTY_EIGHT_HOURS_US = 48 * 3600 * 1_000_000
_ONE_DAY = timedelta(days=1)
_BUSINESS = frozenset({ClockRule.FED_48_BIZ, ClockRule.CT_48_BIZ, ClockRule.NYPD_48_BIZ})


@dataclass(frozen=True, slots=True)
class _Ledger:
    """All working time of the table in wall time: run ``i`` opens at ``opens[i]``, with ``before[i]`` behind it."""

    opens: list[datetime]
    before: list[timedelta]
    #: Working time up to the end of each run.
    upto: list[timedelta]


def second_count(rule: ClockRule, start: datetime, zone: str) -> datetime:
    """Give the deadline as an aware UTC instant; raises ``CalendarExhausted`` outside 1986-2040 for working days."""
    if rule in _BUSINESS:
        return _after_working_time(start, zone)
    match rule:
        case ClockRule.FLAT_48 | ClockRule.NC_RECEIPT | ClockRule.NC_RELEASE:
            since = (start - _POSIX_ZERO) // _MICROSECOND
            return _POSIX_ZERO + timedelta(microseconds=since + _FORTY_EIGHT_HOURS_US)
        case ClockRule.NJ_2359:
            return max(start.astimezone(UTC), _a_minute_before_midnight(start, zone))
        case ClockRule.NO_HOLD:
            return start.astimezone(UTC)
    raise ValueError(f"the second calculator knows no rule {rule}")


def _after_working_time(start: datetime, zone: str) -> datetime:
    """Look the start up in the ledger, and the end that lies 48 working hours on."""
    ledger, where = _ledger(), _named(zone)
    wall = start.astimezone(where).replace(tzinfo=None)
    if wall.date() < FIRST_DAY:
        raise CalendarExhausted(f"{DATES} begins with {FIRST_DAY}, not {wall.date()}; have counsel extend it")
    run = bisect_right(ledger.opens, wall) - 1
    # Before the first run nothing has been counted; after a run's end no more than the run itself.
    place = min(ledger.before[run] + (wall - ledger.opens[run]), ledger.upto[run]) if run >= 0 else timedelta()
    goal = place + _FORTY_EIGHT_HOURS
    # The first run that reaches the goal: a goal at the end of Friday is Saturday 00:00, not Monday.
    last = bisect_left(ledger.upto, goal)
    if last == len(ledger.upto):
        raise CalendarExhausted(f"{DATES} ends with {LAST_DAY}, before 48 working hours from {wall.date()} are over")
    end = ledger.opens[last] + (goal - ledger.before[last])
    return end.replace(tzinfo=where).astimezone(UTC)


def _a_minute_before_midnight(start: datetime, zone: str) -> datetime:
    """Give 23:59:00 of the start's local day, counted back from the midnight that ends it."""
    where = _named(zone)
    tomorrow = start.astimezone(where).date() + _ONE_DAY
    return datetime.combine(tomorrow, time.min, where).astimezone(UTC) - timedelta(minutes=1)


@cache
def _ledger() -> _Ledger:
    """Lay the weeks of the table end to end, each cut up by its days off."""
    opens, lengths = list[datetime](), list[timedelta]()
    off = frozenset(DAYS_OFF)
    day = FIRST_DAY
    while day <= LAST_DAY:
        length = _run_from(day, off)
        if length:
            opens.append(datetime.combine(day, time.min))
            lengths.append(length * _ONE_DAY)
        day += (length or 1) * _ONE_DAY
    upto = list(accumulate(lengths))
    return _Ledger(opens, [timedelta(), *upto[:-1]], upto)


def _run_from(day: date, off: frozenset[date]) -> int:
    """Count the working days in a row that begin with ``day``; none on a weekend or a day off."""
    length = 0
    while day <= LAST_DAY and day.isoweekday() < 6 and day not in off:  # noqa: PLR2004 - Saturday is the sixth
        length, day = length + 1, day + _ONE_DAY
    return length


@lru_cache(maxsize=256)
def _named(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)
