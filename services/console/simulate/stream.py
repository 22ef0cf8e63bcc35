"""Pure: many lives told in the order in which their events arrive, with what goes wrong on the way."""

import heapq
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from services.console.simulate.lives import Grain, Told, life
from services.console.simulate.profile import Profile, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A load to be told: which lives, from which seed, how fast, numbered from where."""

    profile: Profile
    seed: int
    #: So many times faster than real lives run.
    pace: float = 1.0
    #: Instants fall on whole multiples of it; zero leaves them as they are.
    grain: timedelta = timedelta(0)
    first_serial: int = 1


def told(load: Load, bookings: Iterable[tuple[datetime, Where]]) -> Iterator[Told]:
    """Tell the lives of these bookings, given in the order of time, as their events arrive.

    Nothing of a life is kept once it was told, so a load of any length needs the memory of those in custody.
    """
    chance = random.Random(load.seed)  # noqa: S311 - a load, and no secret
    grain = grain_of(load.grain)
    ahead: list[tuple[datetime, int, Told]] = []
    order = count()
    for serial, (booked_at, where) in enumerate(bookings, load.first_serial):
        while ahead and ahead[0][0] <= booked_at:
            yield heapq.heappop(ahead)[2]
        events = life(load.profile, where, serial, grain(booked_at), chance, pace=load.pace, grain=grain)
        for event in events:
            for arriving in _on_its_way(event, load, chance, grain):
                heapq.heappush(ahead, (arriving.at, next(order), arriving))
    while ahead:
        yield heapq.heappop(ahead)[2]


def grain_of(step: timedelta) -> Grain:
    """Give what brings instants up to the next whole multiple of a step."""
    if not step:
        return lambda at: at
    width = step.total_seconds()

    def up(at: datetime) -> datetime:
        over = at.timestamp() % width
        return at + timedelta(seconds=(width - over) % width)

    return up


def _on_its_way(event: Told, load: Load, chance: random.Random, grain: Grain) -> Iterator[Told]:
    """Give an event as it arrives: at once or late, and sometimes once more."""
    profile = load.profile
    if chance.random() < profile.late:
        event = replace(event, at=grain(event.at + chance.random() * profile.late_by / load.pace))
    yield event
    if chance.random() < profile.repeated:
        yield replace(event, at=grain(event.at + chance.random() * profile.late_by / load.pace))
