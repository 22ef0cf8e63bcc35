"""How long a hold may last: every clock, counted in elapsed time from the instant release was due.

The period is a ceiling, so a doubt always goes to the earlier instant. A deadline is exclusive: at that
instant the person is out. Instants come back with a fixed offset, never a named zone: two instants in one
named zone compare by wall clock, which is wrong in the hour that autumn repeats.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.domain.errors import CalendarExhausted
from shared.domain.federal_calendar import CALENDAR, day_off

_PERIOD = timedelta(hours=48)
_DAY = timedelta(days=1)
_FRIDAY = 4
_LAST_MINUTE = time(23, 59)


class ClockRule(StrEnum):
    """The name of a way to count."""

    #: 48 h on working days, federal holidays out: 8 CFR 287.7(d); I-247 of 2010-2012.
    FED_48_BIZ = "FED_48_BIZ"
    #: The same in Connecticut from 2014: Conn. Gen. Stat. 54-192h.
    CT_48_BIZ = "CT_48_BIZ"
    #: The same for New York police from 2014-12-14: NYC Admin. Code 14-154.
    NYPD_48_BIZ = "NYPD_48_BIZ"
    #: 48 consecutive hours: the words of Forms I-247D, I-247X and I-247A.
    FLAT_48 = "FLAT_48"
    #: 48 consecutive hours from receipt of the papers: N.C.G.S. 162-62(b1), text of 2024.
    NC_RECEIPT = "NC_RECEIPT"
    #: 48 consecutive hours from release due: N.C.G.S. 162-62(b1), text of 2025.
    NC_RELEASE = "NC_RELEASE"
    #: Until 23:59 of the calendar day: N.J. Att'y Gen. Directive 2018-6.
    NJ_2359 = "NJ_2359"
    #: No time at all: the deadline is the start.
    NO_HOLD = "NO_HOLD"


#: The law that leaves weekends out, for each clock that counts working days.
_WEEKEND_LAW = {
    ClockRule.FED_48_BIZ: "8 CFR 287.7(d)",
    ClockRule.CT_48_BIZ: "Conn. Gen. Stat. 54-192h",
    ClockRule.NYPD_48_BIZ: "NYC Admin. Code 14-154",
}
_ORDER = {rule: at for at, rule in enumerate(ClockRule)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedSpan:
    """Whole local days that did not count, from midnight to midnight, and the law that leaves them out."""

    start: datetime
    end: datetime
    why: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When custody must end, as evidence: counted by which rule, from when, where, leaving out what."""

    rule: ClockRule
    starts_at: datetime
    at: datetime
    zone: str
    #: Name and version of the holiday table, or ``none`` where nothing is left out.
    calendar: str
    skipped: tuple[SkippedSpan, ...]


def deadline(rule: ClockRule, start: datetime, zone: str) -> Deadline:
    """Count ``rule`` from ``start`` (for ``NC_RECEIPT``: the receipt) on the local days of ``zone``.

    Raises ``ValueError`` for a start without offset or an unknown zone, ``CalendarExhausted`` where the count
    would need a day outside the reviewed table.
    """
    if start.utcoffset() is None:
        raise ValueError(f"a clock starts at an instant, and {start.isoformat()} has no offset; add one")
    where = _zone(zone)
    try:
        return _count(rule, start.astimezone(UTC), where, zone)
    except OverflowError as beyond:
        raise CalendarExhausted(f"no deadline can be reckoned from {start.isoformat()}") from beyond


def earliest(rules: Iterable[ClockRule], start: datetime, zone: str, *, receipt: datetime | None = None) -> Deadline:
    """Give the earliest of several clocks; ``NC_RECEIPT`` counts from ``receipt``, the others from ``start``.

    It may be at or before ``start``: then there is nothing to hold. Between equals, the order of
    ``ClockRule`` decides. Raises ``ValueError`` without any rule, or for ``NC_RECEIPT`` without a receipt.
    """
    ends = [deadline(rule, _start_of(rule, start, receipt), zone) for rule in rules]
    if not ends:
        raise ValueError("no clock was named; a hold without a clock has no end")
    return min(ends, key=lambda end: (end.at, _ORDER[end.rule]))


def due_by(lodged_at: datetime, zone: str) -> datetime:
    """Give the instant, two working days after lodging, by which jail and ICE must be told."""
    return deadline(ClockRule.FED_48_BIZ, lodged_at, zone).at


def _start_of(rule: ClockRule, start: datetime, receipt: datetime | None) -> datetime:
    """Pick the instant that the rule counts from."""
    if rule is not ClockRule.NC_RECEIPT:
        return start
    if receipt is None:
        raise ValueError("NC_RECEIPT counts from the receipt of detainer and warrant; hand in that instant")
    return receipt


def _count(rule: ClockRule, start: datetime, where: ZoneInfo, zone: str) -> Deadline:
    """Count one rule from an instant in UTC."""
    skipped: tuple[SkippedSpan, ...] = ()
    weekend_law = _WEEKEND_LAW.get(rule)
    if weekend_law is not None:
        end, left_out = _walk(start, where)
        skipped = tuple(_spans(left_out, where, weekend_law))
    elif rule is ClockRule.NO_HOLD:
        end = start
    elif rule is ClockRule.NJ_2359:
        end = max(start, _instant(start.astimezone(where).date(), where, _LAST_MINUTE))
    else:
        end = start + _PERIOD
    return Deadline(
        rule=rule,
        starts_at=_fixed(start, where),
        at=_fixed(end, where),
        zone=zone,
        calendar=CALENDAR if weekend_law else "none",
        skipped=skipped,
    )


def _walk(start: datetime, where: ZoneInfo) -> tuple[datetime, list[date]]:
    """Let 48 hours run on counted days only; give the end in UTC and the days left out on the way."""
    remaining, now, left_out = _PERIOD, start, list[date]()
    day = start.astimezone(where).date()
    while True:
        midnight = _midnight(day + _DAY, where)
        if day_off(day) is not None or day.weekday() > _FRIDAY:
            left_out.append(day)
        elif midnight - now >= remaining:
            return now + remaining, left_out
        else:
            remaining -= midnight - now
        now, day = midnight, day + _DAY


def _spans(days: list[date], where: ZoneInfo, weekend_law: str) -> Iterator[SkippedSpan]:
    """Join Saturday and Sunday into one span; each holiday stands alone, since another law leaves it out."""
    for day in days:
        if (off := day_off(day)) is not None:
            yield _span(day, day, where, off.name, off.source)
        elif day.weekday() == _FRIDAY + 1:
            yield _span(day, day + _DAY, where, "Saturday and Sunday", weekend_law)
        elif day - _DAY not in days:
            yield _span(day, day, where, "Sunday", weekend_law)


@lru_cache(maxsize=4096)
def _span(first: date, last: date, where: ZoneInfo, why: str, source: str) -> SkippedSpan:
    """Make a span of whole local days, ``last`` included."""
    start, end = (_fixed(_midnight(day, where), where) for day in (first, last + _DAY))
    return SkippedSpan(start=start, end=end, why=why, source=source)


@lru_cache(maxsize=4096)
def _midnight(day: date, where: ZoneInfo) -> datetime:
    """Give the instant at which a local day begins, as UTC."""
    return _instant(day, where, time.min)


def _instant(day: date, where: ZoneInfo, at: time) -> datetime:
    """Give a local time of a day as UTC; of a repeated time, the first pass."""
    return datetime.combine(day, at, where).astimezone(UTC)


def _fixed(instant: datetime, where: ZoneInfo) -> datetime:
    """Show an instant in local time, with its offset and without its zone."""
    local = instant.astimezone(where)
    return local.replace(tzinfo=_offset(local.utcoffset() or timedelta()), fold=0)


@lru_cache(maxsize=64)
def _offset(of: timedelta) -> tzinfo:
    """Keep one object for each offset in use."""
    return timezone(of)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """Look up an IANA zone; ``ValueError`` if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise ValueError(f"{name!r} is no IANA time zone; register the facility with one") from unknown
