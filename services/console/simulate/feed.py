"""Send an invented load to a service that runs, at a rate, in the service's own time."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.console.play.model import EventLine
from services.console.simulate import rhythm
from services.console.simulate.lives import Told
from services.console.simulate.profile import Profile
from services.console.simulate.stream import Load, told
from shared.runtime.clock import Clock

_LENGTH = re.compile(r"(?P<number>\d{1,9}(\.\d{1,3})?)(?P<unit>[smh]?)")
_UNITS = {"s": 1, "m": 60, "h": 3600}
#: How often what has fallen due is sent.
_PART_S = 0.05
#: Lives run so fast that most of them end within the load.
_LIFE = timedelta(days=60)

Send = Callable[[list[EventLine]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A load: what kind, how many events a second of the machine's time, for how long, from which seed."""

    profile: Profile
    per_s: float
    seconds: float
    seed: int


@dataclass(slots=True)
class Sent:
    """What was sent so far."""

    events: int = 0
    #: The longest that an event left after its instant, seconds of the machine's time.
    behind_s: float = 0.0


async def feed(wanted: Wanted, clock: Clock, send: Send) -> Sent:
    """Send the load as its instants come, and give what was sent; what happens after the end is not told."""
    starts_at, sent = clock.now(), Sent()
    span = timedelta(seconds=wanted.seconds * clock.speed)
    lines = _lines(wanted, starts_at, span)
    async for due, behind_s in _due(lines, clock, starts_at + span):
        sent.behind_s = max(sent.behind_s, behind_s)
        await send(due)
        sent.events += len(due)
    return sent


def _lines(wanted: Wanted, starts_at: datetime, span: timedelta) -> Iterator[Told]:
    """Tell the lives of as many bookings as bring the events asked for; lives are so short that most end in time."""
    profile = wanted.profile
    bookings = max(1, round(wanted.per_s * wanted.seconds / profile.events_per_booking))
    pace = max(1.0, _LIFE / span * 4)
    # No number is given out twice to one service: a later load begins its numbers at a later second.
    serial = 1 + int(starts_at.timestamp() * 1000) % 10**12
    load = Load(profile=profile, seed=wanted.seed, pace=pace, first_serial=serial)
    born = rhythm.even(profile.places, starts_at, starts_at + span, bookings, wanted.seed)
    return told(load, born)


async def _due(lines: Iterator[Told], clock: Clock, ends_at: datetime) -> AsyncIterator[tuple[list[EventLine], float]]:
    """Give what has fallen due each time there is something, and how late it is at most."""
    waiting = next(lines, None)
    while waiting is not None and waiting.at <= ends_at:
        now, due = clock.now(), list[EventLine]()
        while waiting is not None and waiting.at <= min(now, ends_at):
            due.append(EventLine(at=waiting.at, event=waiting.event))
            waiting = next(lines, None)
        if due:
            yield due, max(0.0, (now - due[0].at).total_seconds() / clock.speed)
        await asyncio.sleep(_PART_S)


def seconds_of(text: str) -> float:
    """Read a length of time: 90, 90s, 15m or 2h. A ValueError says what is wanted."""
    found = _LENGTH.fullmatch(text)
    seconds = float(found["number"]) * _UNITS[found["unit"] or "s"] if found else 0.0
    if seconds <= 0:
        raise ValueError(f"{text!r} is no length of time: say 90s, 15m or 2h")
    return seconds
