"""The one clock: the time that the law and every promise speak of.

``system`` is the machine's time. ``scaled`` runs from a stated instant at a multiple of it. ``stepped`` stands
still until the player moves it. Scaled and stepped time are anchored in the database, so all processes
and every restart live in one time; leases, time-outs and rate limits use the machine's time instead.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from shared.domain.errors import WrongTime

Kind = Literal["system", "scaled", "stepped"]


def machine_now() -> datetime:
    """Give the machine's own time, aware UTC: for leases, keys and what Kafka stamps, never for law."""
    return datetime.now(UTC)


def machine_seconds() -> float:
    """Give a count of seconds that never goes back, for time-outs."""
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """What ``COUNTERSIGN_CLOCK`` asks for: ``system``, ``scaled:<start>@<speed>`` or ``stepped:<start>``."""

    kind: Kind
    starts_at: datetime | None = None
    speed: float = 1.0

    @classmethod
    def parse(cls, text: str) -> "ClockSetting":
        """Read the setting; a ValueError says which form is wanted."""
        kind, _, rest = text.partition(":")
        if kind == "system" and not rest:
            return cls("system")
        start, _, speed = rest.partition("@")
        if kind in ("scaled", "stepped") and start:
            starts_at = datetime.fromisoformat(start)
            if starts_at.tzinfo is None:
                raise ValueError(f"COUNTERSIGN_CLOCK: {start} has no offset; write it as 2012-02-15T00:00:00-05:00")
            return cls("scaled" if kind == "scaled" else "stepped", starts_at.astimezone(UTC), float(speed or 1))
        raise ValueError(f"COUNTERSIGN_CLOCK: {text!r} is none of system, scaled:<start>@<speed>, stepped:<start>")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The row that ties all processes to one time."""

    kind: Kind
    starts_at: datetime
    speed: float
    machine_anchor: datetime
    instant: datetime

    def check(self, setting: ClockSetting) -> None:
        """Refuse a setting that asks for another kind of time than the data lives in."""
        if setting.kind != self.kind or (self.kind == "scaled" and setting.speed != self.speed):
            raise WrongTime(
                f"this database lives in {self.kind} time and COUNTERSIGN_CLOCK asks for {setting.kind}: "
                "use the clock it was made with, or another data directory"
            )


class Clock(Protocol):
    """Tells the time; ``follow`` is called with the anchor at the start of each transaction."""

    @property
    def follows(self) -> bool:
        """Whether the present instant lives in the database and must be read with each transaction."""
        ...

    @property
    def speed(self) -> float:
        """How many times faster than the machine's time it runs; 1 for one that is moved by hand."""
        ...

    def now(self) -> datetime:
        """Give the present instant, aware UTC."""
        ...

    def follow(self, instant: datetime) -> None:
        """Take over the instant that the database holds."""
        ...


class SystemClock:
    """The machine's time."""

    follows = False
    speed = 1.0

    def now(self) -> datetime:
        """Give the machine's present instant."""
        return machine_now()

    def follow(self, instant: datetime) -> None:
        """Nothing to follow: the machine is its own anchor."""


class ScaledClock:
    """Runs from an anchor at a multiple of the machine's time."""

    follows = False

    def __init__(self, anchor: Anchor) -> None:
        self._anchor = anchor

    @property
    def speed(self) -> float:
        """Give the multiple."""
        return self._anchor.speed

    def now(self) -> datetime:
        """Give the anchor's start plus what has passed since, many times over."""
        passed = machine_now() - self._anchor.machine_anchor
        return self._anchor.starts_at + passed * self._anchor.speed

    def follow(self, instant: datetime) -> None:
        """Nothing to follow: anchor and speed say it all."""


class SteppedClock:
    """Stands still until the database says otherwise."""

    follows = True
    speed = 1.0

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        """Give the instant last followed."""
        return self._instant

    def follow(self, instant: datetime) -> None:
        """Move on; never back, whatever order two transactions read the row in."""
        self._instant = max(self._instant, instant)


def clock_from(anchor: Anchor) -> Clock:
    """Make the clock that the anchor describes."""
    if anchor.kind == "system":
        return SystemClock()
    return ScaledClock(anchor) if anchor.kind == "scaled" else SteppedClock(anchor.instant)


def until(clock: Clock, instant: datetime, speed: float = 1.0) -> float:
    """Give the machine seconds to wait until the clock shows the instant; never negative."""
    return max(timedelta(0), (instant - clock.now()) / speed).total_seconds()
