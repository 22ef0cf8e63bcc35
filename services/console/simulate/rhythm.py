"""Pure: when people are booked: by the hour of the day, the weekday and the holiday, and in bursts."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.console.simulate.profile import Profile, Where
from shared.domain.federal_calendar import day_off

_HOUR = timedelta(hours=1)
#: Bookings expected on an ordinary day, by the day.
PerDay = Callable[[date], float]


def even(
    places: tuple[Where, ...], start: datetime, end: datetime, bookings: int, seed: int
) -> Iterator[tuple[datetime, Where]]:
    """Spread bookings evenly over a span, with the chance of a steady rate."""
    chance = random.Random(seed)  # noqa: S311 - a load, and no secret
    weights = [place.weight for place in places]
    instants = sorted(start + (end - start) * chance.random() for _ in range(bookings))
    for at in instants:
        yield at, chance.choices(places, weights)[0]


def by_the_hour(
    profile: Profile, start: datetime, end: datetime, per_day: PerDay, seed: int
) -> Iterator[tuple[datetime, Where]]:
    """Give bookings hour by hour: as many as day, weekday and hour let expect, scattered as real counts are."""
    chance = random.Random(seed)  # noqa: S311 - a load, and no secret
    weights = [place.weight for place in profile.places]
    hour = start.astimezone(UTC)
    day, burst = hour.date(), _burst(profile, per_day(hour.date()), chance)
    while hour < end:
        if hour.date() != day:
            day = hour.date()
            burst = _burst(profile, per_day(day), chance)
        found = [
            (hour + _HOUR * chance.random(), chance.choices(profile.places, weights)[0])
            for _ in range(_count(per_day(day) / 24 * burst, chance))
        ]
        kept = [one for one in found if chance.random() < _busy(profile, *one) / _most(profile)]
        yield from sorted(kept, key=lambda one: one[0])
        hour += _HOUR


def _burst(profile: Profile, expected: float, chance: random.Random) -> float:
    """Draw how much busier than expected a day is; its counts then have the profile's variance over mean.

    Candidates are drawn for the busiest hour, since some are turned down for the hour they fell on.
    """
    busiest = _most(profile)
    if profile.scatter <= 1 or expected <= 0:
        return busiest
    shape = expected / (profile.scatter - 1)
    return busiest * chance.gammavariate(shape, 1 / shape)


def _count(expected: float, chance: random.Random) -> int:
    """Draw a Poisson count; by the normal law where that is as good."""
    if expected > 50:  # noqa: PLR2004 - from here on the two cannot be told apart
        return max(0, round(chance.gauss(expected, expected**0.5)))
    left, drawn = expected, 0
    while (left := left - chance.expovariate(1)) > 0:
        drawn += 1
    return drawn


@lru_cache(maxsize=8)
def _most(profile: Profile) -> float:
    return max(profile.hours) * max(profile.weekdays)


def _busy(profile: Profile, at: datetime, where: Where) -> float:
    local = at.astimezone(ZoneInfo(where.time_zone))
    weight = profile.hours[local.hour] * profile.weekdays[local.weekday()]
    return weight * (profile.holiday if _is_holiday(local.date()) else 1.0)


@lru_cache(maxsize=4096)
def _is_holiday(day: date) -> bool:
    return day_off(day) is not None
