"""Pure: what a partition's history says of its reader. A quiet topic is not a broken one.

A point is one look: where the log ended, and where our row stood. Six words are told from the points of the
last ten minutes; a seventh, unknown, says that nobody has looked for a while. Instants are the machine's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: How far back we look.
WINDOW = timedelta(minutes=10)
#: A look older than this says nothing of now.
STALE = timedelta(seconds=30)
#: What is read within this time has not waited: a batch is taken every half second, a busy one takes a few.
PROMPT = timedelta(seconds=10)
#: A reader that has not moved for so long while something waited does not read.
STUCK = timedelta(seconds=15)
#: The stretch over which reading is weighed against arriving.
TREND = timedelta(minutes=1)


class Status(StrEnum):
    """The word for a partition and its reader; the worst comes first."""

    #: Events wait and nobody reads. Start the service.
    STOPPED = "stopped"
    #: Events wait, the reader is there, its position does not move.
    STALLED = "stalled"
    #: Nobody has looked for a while, so nothing can be said.
    UNKNOWN = "unknown"
    #: More arrives than is read.
    FALLING_BEHIND = "falling behind"
    #: Some wait, but more is read than arrives.
    CATCHING_UP = "catching up"
    #: Events arrive and are read promptly.
    MOVING = "moving"
    #: Nothing arrives and nothing waits. Not broken.
    QUIET = "quiet"


#: From the worst to the best.
ORDER = tuple(Status)
#: What somebody has to do something about.
TROUBLE = frozenset({Status.STOPPED, Status.STALLED, Status.UNKNOWN, Status.FALLING_BEHIND})


@dataclass(frozen=True, slots=True)
class Point:
    """One look at a partition: the log's end, and the reader's position (None where nobody of ours reads)."""

    at: datetime
    end: int
    position: int | None

    @property
    def waiting(self) -> int:
        """Give how many offsets lie between the reader and the end."""
        return 0 if self.position is None else max(0, self.end - self.position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is said of a partition, and the figures it is said from."""

    status: Status
    end: int
    position: int | None
    waiting: int
    #: Each minute, over the trend.
    arrives: float
    reads: float
    #: Since when the reader has not moved while something waited; None where it moves or nothing waits.
    stuck_since: datetime | None
    #: When nothing will be waiting, if it goes on like this; only for one that catches up.
    level_at: datetime | None


def judge(points: Sequence[Point], now: datetime, *, reader: bool, oldest: timedelta | None = None) -> Judged:
    """Judge a partition by its points, the oldest first.

    ``reader`` is whether anybody reads it at all; ``oldest`` how long its first unread event has lain there, where
    that is known. Without points nothing is known.
    """
    seen = [point for point in points if now - point.at <= WINDOW]
    last = seen[-1] if seen else points[-1] if points else Point(now, 0, None)
    status = _status(seen, now, reader=reader, oldest=oldest)
    arrives, reads = _rates(seen) if seen else (0.0, 0.0)
    return Judged(
        status=status,
        end=last.end,
        position=last.position,
        waiting=last.waiting,
        arrives=arrives,
        reads=reads,
        stuck_since=_stuck_since(seen) if status in {Status.STALLED, Status.STOPPED} else None,
        level_at=_level_at(last, arrives, reads) if status is Status.CATCHING_UP else None,
    )


def _status(seen: Sequence[Point], now: datetime, *, reader: bool, oldest: timedelta | None) -> Status:
    if not seen or now - seen[-1].at > STALE:
        return Status.UNKNOWN
    last = seen[-1]
    if not last.waiting:
        return Status.MOVING if last.end > seen[0].end else Status.QUIET
    if last.at - _stuck_since(seen) >= STUCK:
        return Status.STALLED if reader else Status.STOPPED
    waited = oldest if oldest is not None else last.at - _waiting_since(seen)
    if waited <= PROMPT:
        return Status.MOVING
    arrives, reads = _rates(seen)
    is_behind = reads <= arrives and _has_waited_throughout(seen)
    return Status.FALLING_BEHIND if is_behind else Status.CATCHING_UP


def worst(statuses: Sequence[Status]) -> Status:
    """Give the word for several partitions together: the worst of them; quiet where there are none."""
    return min(statuses, key=ORDER.index, default=Status.QUIET)


def _rates(seen: Sequence[Point]) -> tuple[float, float]:
    """Give what arrives and what is read each minute, over the trend or as much of it as was seen."""
    last = seen[-1]
    first = next(point for point in seen if last.at - point.at <= TREND)
    minutes = (last.at - first.at) / timedelta(minutes=1)
    if not minutes:
        return 0.0, 0.0
    read = (last.position or 0) - (first.position or 0)
    return (last.end - first.end) / minutes, read / minutes


def _stuck_since(seen: Sequence[Point]) -> datetime:
    """Give since when the position has stood where it stands with something waiting behind it."""
    last, since = seen[-1], seen[-1].at
    for point in reversed(seen):
        if point.position != last.position or not point.waiting:
            break
        since = point.at
    return since


def _waiting_since(seen: Sequence[Point]) -> datetime:
    """Give when the log first reached beyond the present position: the age of the oldest unread, as we saw it."""
    last = seen[-1]
    return next(point.at for point in seen if point.end > (last.position or 0))


def _has_waited_throughout(seen: Sequence[Point]) -> bool:
    """Tell whether something waited at every look of a whole trend; a burst that just came has not."""
    last = seen[-1]
    trend = [point for point in seen if last.at - point.at <= TREND]
    return last.at - seen[0].at >= TREND and all(point.waiting for point in trend)


def _level_at(last: Point, arrives: float, reads: float) -> datetime | None:
    gained = reads - arrives
    return last.at + timedelta(minutes=last.waiting / gained) if gained > 0 else None
