"""Times in words: time left, instants in a facility's zone, ages. Pure."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NIGHT_HOURS = 48


def span(seconds: float) -> str:
    """Say a length of time, rounded down: ``47 min``, ``2 h 17 min``; from 48 hours on ``2 d 3 h``."""
    whole = int(max(seconds, 0))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _NIGHT_HOURS * _HOUR:
        hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = whole // _DAY, whole % _DAY // _HOUR
    return f"{days} d {hours} h" if hours else f"{days} d"


def hours(seconds: float) -> str:
    """Say a length in hours and minutes however long it is, as the law does: ``48 h``."""
    whole = int(max(seconds, 0)) // _MINUTE
    return f"{whole // 60} h {whole % 60} min" if whole % 60 else f"{whole // 60} h"


def time_left(due: datetime, now: datetime) -> str:
    """Say how long it is until an instant; past it, how late it is."""
    seconds = (due - now).total_seconds()
    return span(seconds) if seconds > 0 else f"late by {span(-seconds)}"


def zone_word(at: datetime, zone: str) -> str:
    """Name a zone as people there do at that instant: EST, or its offset where it has no letters."""
    word = at.astimezone(ZoneInfo(zone)).strftime("%Z")
    return word if word.isalpha() else f"UTC{word}"


def instant(at: datetime, now: datetime, zone: str, *, named: bool = True) -> str:
    """Say an instant in a zone: ``today 16:00 EST``, ``Thu 23 Feb 00:00 EST, midnight``."""
    local, here = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    said = f"{day_word(local.date(), here.date())} {local:%H:%M}"
    if named:
        said += f" {zone_word(at, zone)}"
    return f"{said}, midnight" if (local.hour, local.minute) == (0, 0) else said


def day_word(day: date, today: date) -> str:
    """Name a day: today, ``Thu 23 Feb``, and with its year where that is another one."""
    if day == today:
        return "today"
    said = f"{day:%a} {day.day} {day:%b}"
    return said if day.year == today.year else f"{said} {day.year}"


def clock_time(at: datetime, zone: str) -> str:
    """Say the time of day alone."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def whole_instant(at: datetime, zone: str) -> str:
    """Say an instant with its year: ``Wed 22 Feb 2012, 13:42``."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b} {local.year}, {local:%H:%M}"


def is_soon(due: datetime, now: datetime, *, hours: float) -> bool:
    """Tell whether an instant lies less than so many hours ahead, or behind."""
    return due - now < timedelta(hours=hours)


def plural(count: int, one: str, many: str | None = None) -> str:
    """Say a count with its noun; none is said as ``no``."""
    noun = one if count == 1 else many or f"{one}s"
    return f"{f'{count:,}' if count else 'no'} {noun}"


def short(name: object) -> str:
    """Give the end of an id, which tells ids of one hour apart; the whole id stands in the link."""
    text = str(name).replace("-", "")
    return f"{text[-8:-4]}-{text[-4:]}".upper()
