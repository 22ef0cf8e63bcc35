"""Which days federal law calls holidays: 5 U.S.C. 6103(a) as dated data, with the day each is observed.

Only what the statute names is here. Inauguration Day binds Washington-area federal staff alone, and closures
by executive order are not legal public holidays: both count as ordinary days, which makes custody shorter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from shared.domain.errors import CalendarExhausted

#: Name and version of this table; a change of any date raises the version.
CALENDAR = "us-federal@1"
#: First and last year the table was checked for; nothing outside is guessed.
FIRST_YEAR, LAST_YEAR = 1986, 2040

_SATURDAY, _SUNDAY = 5, 6
_STATUTE = "5 U.S.C. 6103(a)"
_ON_FRIDAY = "5 U.S.C. 6103(a), (b)(1)"
_ON_MONDAY = "5 U.S.C. 6103(a); Exec. Order 11582"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoliday:
    """One line of 6103(a): a fixed day of a month, or the nth weekday of it (``nth`` -1 is the last)."""

    name: str
    month: int
    day: int = 0
    weekday: int = 0
    nth: int = 0
    #: The first year in which the line was law; earlier ones have no such holiday.
    since: int = FIRST_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOff:
    """Why a working day is left out, and the law that says so."""

    name: str
    source: str


_MONDAY, _THURSDAY = 0, 3
LEGAL_HOLIDAYS = (
    LegalHoliday(name="New Year's Day", month=1, day=1),
    # Pub. L. 98-144, first kept in 1986.
    LegalHoliday(name="Birthday of Martin Luther King, Jr.", month=1, weekday=_MONDAY, nth=3, since=1986),
    LegalHoliday(name="Washington's Birthday", month=2, weekday=_MONDAY, nth=3),
    LegalHoliday(name="Memorial Day", month=5, weekday=_MONDAY, nth=-1),
    # Pub. L. 117-17, signed 2021-06-17; first observed the next day.
    LegalHoliday(name="Juneteenth National Independence Day", month=6, day=19, since=2021),
    LegalHoliday(name="Independence Day", month=7, day=4),
    LegalHoliday(name="Labor Day", month=9, weekday=_MONDAY, nth=1),
    LegalHoliday(name="Columbus Day", month=10, weekday=_MONDAY, nth=2),
    # Back on November 11 since 1978 (Pub. L. 94-97), so for the whole of this table.
    LegalHoliday(name="Veterans Day", month=11, day=11),
    LegalHoliday(name="Thanksgiving Day", month=11, weekday=_THURSDAY, nth=4),
    LegalHoliday(name="Christmas Day", month=12, day=25),
)


def day_off(day: date) -> DayOff | None:
    """Say which holiday is observed on ``day``, or None; raises ``CalendarExhausted`` outside the table."""
    return observed(day.year).get(day)


@cache
def observed(year: int) -> Mapping[date, DayOff]:
    """Give the weekdays of ``year`` on which a federal holiday is observed.

    A January 1 on a Saturday is observed on December 31 of the year *before*, so the next year is read too.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CalendarExhausted(
            f"{CALENDAR} covers {FIRST_YEAR} to {LAST_YEAR}, not {year}; have counsel extend the table"
        )
    days = (_observe(holiday, at) for at in (year, year + 1) for holiday in LEGAL_HOLIDAYS if at >= holiday.since)
    return {day: off for day, off in days if day.year == year}


def _observe(holiday: LegalHoliday, year: int) -> tuple[date, DayOff]:
    """Move a Saturday holiday to Friday and a Sunday one to Monday, as federal staff keep it."""
    day = _day_of(holiday, year)
    if day.weekday() == _SATURDAY:
        return day - timedelta(days=1), DayOff(name=f"{holiday.name} (observed)", source=_ON_FRIDAY)
    if day.weekday() == _SUNDAY:
        return day + timedelta(days=1), DayOff(name=f"{holiday.name} (observed)", source=_ON_MONDAY)
    return day, DayOff(name=holiday.name, source=_STATUTE)


def _day_of(holiday: LegalHoliday, year: int) -> date:
    """Find the calendar day that the statute names, before any shift."""
    if holiday.day:
        return date(year, holiday.month, holiday.day)
    if holiday.nth < 0:
        end = date(year + holiday.month // 12, holiday.month % 12 + 1, 1) - timedelta(days=1)
        return end - timedelta(days=(end.weekday() - holiday.weekday) % 7)
    first = date(year, holiday.month, 1)
    return first + timedelta(days=(holiday.weekday - first.weekday()) % 7 + 7 * (holiday.nth - 1))
