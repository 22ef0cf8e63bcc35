"""A hold's time as a bar: what has run, what is left, what does not count and why. Pure; places are percentages.

Everything drawn comes from the evidence stored with the deadline; nothing is counted here again. One length is
one hour of real time, whether it counts or not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
#: The last hours are drawn again, wide, where the bar is so long that an hour would be a hair.
CLOSE_UP = timedelta(hours=24)
_LONG = timedelta(hours=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A span that does not count, as the evidence has it."""

    begins: datetime
    ends: datetime
    why: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A hold window with its evidence."""

    opens_at: datetime
    closes_at: datetime
    #: When it ended and by what, where it has.
    ended_at: datetime | None
    ended_by: str | None
    zone: str
    clock: str
    calendar: str
    skipped: tuple[Skipped, ...]

    @property
    def not_counted(self) -> timedelta:
        """Give the time inside that does not count."""
        return sum((_inside(each, self.opens_at, self.closes_at) for each in self.skipped), timedelta())

    @property
    def counted(self) -> timedelta:
        """Give the time that the law allows."""
        return self.closes_at - self.opens_at - self.not_counted

    def gone(self, now: datetime) -> timedelta:
        """Give how much of the counted time has run."""
        until = min(max(now, self.opens_at), self.ended_at or self.closes_at, self.closes_at)
        left_out = sum((_inside(each, self.opens_at, until) for each in self.skipped), timedelta())
        return until - self.opens_at - left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the bar: used, left, skipped, never (after an early end) or over (past closing)."""

    kind: str
    begins: datetime
    ends: datetime
    x: float
    width: float
    #: Of a skipped stretch, its reason and its legal source.
    why: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """From when to when a drawing reaches."""

    begins: datetime
    ends: datetime

    def place(self, at: datetime) -> float:
        """Give an instant's place, in percent; what lies outside is put at the edge."""
        share = (at - self.begins) / (self.ends - self.begins)
        return round(100 * min(max(share, 0.0), 1.0), 3)

    def midnights(self, zone: str) -> list[tuple[float, datetime]]:
        """Give the local midnights inside, each with its place."""
        where = ZoneInfo(zone)
        day = self.begins.astimezone(where).replace(hour=0, minute=0, second=0, microsecond=0)
        found = []
        while (day := (day + _DAY)) < self.ends.astimezone(where):
            found.append((self.place(day), day))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar on its axis."""

    axis: Axis
    pieces: tuple[Piece, ...]
    opens: float
    closes: float
    now: float | None
    ended: float | None


def window_from(row: Any, zone: str) -> Window:
    """Read a window from its row; ``row.evidence`` is the evidence as it was stored, read from JSON."""
    evidence: Mapping[str, Any] = row.evidence
    return Window(
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        zone=zone,
        clock=row.clock,
        calendar=str(evidence.get("calendar", "none")),
        skipped=tuple(
            Skipped(
                begins=datetime.fromisoformat(each["from"]),
                ends=datetime.fromisoformat(each["to"]),
                why=each["why"],
                source=each["source"],
            )
            for each in evidence.get("skipped", ())
        ),
    )


def bar(window: Window, now: datetime, axis: Axis | None = None) -> Bar:
    """Lay out a window; by itself from opening to closing, and beyond only as far as now is late."""
    reach = axis or Axis(window.opens_at, max(window.closes_at, now if window.ended_at is None else window.closes_at))
    return Bar(
        axis=reach,
        pieces=tuple(_pieces(window, now, reach)),
        opens=reach.place(window.opens_at),
        closes=reach.place(window.closes_at),
        now=reach.place(now) if reach.begins <= now <= reach.ends else None,
        ended=reach.place(window.ended_at) if window.ended_at and window.ended_at < window.closes_at else None,
    )


def close_up(window: Window, now: datetime) -> Bar | None:
    """Lay out the last day of a long window once more, wide; None for a short one."""
    if window.closes_at - window.opens_at < _LONG:
        return None
    return bar(window, now, Axis(window.closes_at - CLOSE_UP, window.closes_at))


def shared_axis(windows: Sequence[Window], now: datetime, zone: str) -> Axis:
    """Give one axis for many bars, in whole local days, so that one now line runs down the column."""
    where = ZoneInfo(zone)
    first = min((each.opens_at for each in windows), default=now)
    last = max((each.closes_at for each in windows), default=now)
    begins = min(first, now).astimezone(where).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = max(last, now).astimezone(where).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    return Axis(begins, ends)


def _pieces(window: Window, now: datetime, reach: Axis) -> Iterator[Piece]:
    """Cut the bar wherever something changes, and say what each stretch is."""
    begins, ends = max(window.opens_at, reach.begins), min(window.closes_at, reach.ends)
    edges = {begins, ends, now, *(edge for each in window.skipped for edge in (each.begins, each.ends))}
    if window.ended_at:
        edges.add(window.ended_at)
    for left, right in pairwise(sorted(edge for edge in edges if begins <= edge <= ends)):
        yield _piece(window, now, reach, left, right)
    if window.ended_at is None and now > window.closes_at:
        yield _drawn("over", window.closes_at, min(now, reach.ends), reach)


def _piece(window: Window, now: datetime, reach: Axis, left: datetime, right: datetime) -> Piece:
    if window.ended_at is not None and left >= window.ended_at:
        return _drawn("never", left, right, reach)
    skipped = next((each for each in window.skipped if each.begins <= left and right <= each.ends), None)
    if skipped is not None:
        return _drawn("skipped", left, right, reach, skipped.why, skipped.source)
    return _drawn("used" if right <= now else "left", left, right, reach)


def _drawn(kind: str, left: datetime, right: datetime, reach: Axis, why: str = "", source: str = "") -> Piece:
    x = reach.place(left)
    width = round(reach.place(right) - x, 3)
    return Piece(kind=kind, begins=left, ends=right, x=x, width=width, why=why, source=source)


def _inside(span: Skipped, begins: datetime, ends: datetime) -> timedelta:
    return max(min(span.ends, ends) - max(span.begins, begins), timedelta())
