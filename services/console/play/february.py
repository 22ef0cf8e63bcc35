"""The days of the sample: instants of early 2012 in Connecticut, and how long a hold lasts from one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.window import ClockRule, deadline

ZONE = ZoneInfo("America/New_York")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
#: Everything in the sample happens on quarter hours, most of it on whole ones: a stepped clock then has few
#: steps to make.
QUARTER = timedelta(minutes=15)


def local(day: int, clock: str, *, month: int = 2) -> datetime:
    """Give an instant of 2012 in Connecticut: ``local(24, "17:00")``."""
    hour, minute = clock.split(":")
    return datetime(2012, month, day, int(hour), int(minute), tzinfo=ZONE)


def closing(due: datetime) -> datetime:
    """Give the instant at which a hold that opens at ``due`` closes by its clock (8 CFR 287.7(d))."""
    return deadline(ClockRule.FED_48_BIZ, due, ZONE.key).at.astimezone(ZONE)
