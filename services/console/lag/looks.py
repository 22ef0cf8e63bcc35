"""What was seen of all topics: one look after another, kept in memory for the window and in Postgres for a day.

A look is where every log began and ended, where our own rows stood, and what Kafka knew of the groups. Keeping
looks in Postgres means that a console which was just started knows the past of a partition, and a day's picture
can be drawn whichever console one asks.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.console.lag.model import ORDER, TROUBLE, WINDOW, Judged, Point, Status, judge, worst
from shared.kafka.groups import GroupView
from shared.kafka.topics import TOPICS, Topic

Place = tuple[str, int]

#: Which of our groups reads a topic; nobody of ours reads the notices and what was set aside.
GROUPS: Mapping[str, str] = {
    topic.value: group for topic, shape in TOPICS.items() for group in shape.readers if group != "console"
}

#: Kafka is told after each batch and asked every few seconds; what it says is no older than this.
_TOLD_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All topics at one instant of the machine's."""

    at: datetime
    begins: Mapping[Place, int]
    ends: Mapping[Place, int]
    #: Where our rows stand. The group follows from the topic.
    positions: Mapping[Place, int]
    #: What Kafka knows of our groups; a group that could not be asked about is not there.
    groups: Mapping[str, GroupView] = field(default_factory=dict)
    #: When the first unread record of a partition was put there, where one waits.
    oldest: Mapping[Place, datetime] = field(default_factory=dict)

    def position(self, place: Place) -> int | None:
        """Give where the reader of a partition stands: one that never read stands where the log begins."""
        if place[0] not in GROUPS:
            return None
        return self.positions.get(place, self.begins.get(place, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionNow:
    """One partition, judged."""

    topic: str
    partition: int
    group: str | None
    begin: int
    judged: Judged
    #: How long the first unread record has lain there; None where nothing waits.
    oldest: timedelta | None
    #: The instance that has the partition, as Kafka knows it.
    owner: str | None
    #: Where Kafka was told we are, where that is not where we are and nothing is on its way.
    told_elsewhere: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicNow:
    """One topic, with its partitions."""

    topic: str
    group: str | None
    partitions: Sequence[PartitionNow]

    @property
    def status(self) -> Status:
        """Give the word for the topic: that of its worst partition; it moves if any of them does and none is worse."""
        return worst([one.judged.status for one in self.partitions])

    @property
    def waiting(self) -> int:
        """Give how many offsets are not read yet."""
        return sum(one.judged.waiting for one in self.partitions)

    @property
    def arrives(self) -> float:
        """Give what arrives each minute."""
        return sum(one.judged.arrives for one in self.partitions)

    @property
    def reads(self) -> float:
        """Give what is read each minute."""
        return sum(one.judged.reads for one in self.partitions)

    @property
    def oldest(self) -> timedelta | None:
        """Give how long the oldest unread record has lain there."""
        return max((one.oldest for one in self.partitions if one.oldest is not None), default=None)

    @property
    def worst(self) -> PartitionNow:
        """Give the partition that most needs somebody."""
        trouble = [one for one in self.partitions if one.judged.status is self.status]
        return max(trouble, key=lambda one: one.judged.waiting)


def in_trouble(topics: Iterable[TopicNow]) -> list[TopicNow]:
    """Give those whose readers of ours need somebody, the worst first."""
    troubled = [topic for topic in topics if topic.group and topic.status in TROUBLE]
    return sorted(troubled, key=lambda topic: (ORDER.index(topic.status), -topic.waiting))


class History:
    """The looks of the window, and the topics as they stand by them."""

    def __init__(self) -> None:
        self._points: dict[Place, deque[Point]] = {}
        self._last: Look | None = None

    @property
    def last(self) -> Look | None:
        """Give the newest look."""
        return self._last

    def add(self, look: Look) -> None:
        """Take a look in; one older than the newest is left out."""
        if self._last is not None and look.at <= self._last.at:
            return
        self._last = look
        for place, end in look.ends.items():
            points = self._points.setdefault(place, deque())
            points.append(Point(look.at, end, look.position(place)))
            while points[0].at < look.at - WINDOW:
                points.popleft()

    def points(self, place: Place) -> Sequence[Point]:
        """Give what was seen of a partition, the oldest first."""
        return tuple(self._points.get(place, ()))

    def waited(self, topic: str) -> list[int]:
        """Give what waited on all partitions of a topic at each look that saw them all, the oldest first."""
        each = [points for place, points in self._points.items() if place[0] == topic]
        seen = min((len(points) for points in each), default=0)
        return [sum(points[len(points) - back].waiting for points in each) for back in range(seen, 0, -1)]

    def now(self, now: datetime) -> list[TopicNow]:
        """Judge every topic, in the order of an event's way."""
        return [
            TopicNow(
                topic=topic.value,
                group=GROUPS.get(topic.value),
                partitions=[self._partition(topic, part, now) for part in range(shape.partitions)],
            )
            for topic, shape in TOPICS.items()
        ]

    def _partition(self, topic: Topic, part: int, now: datetime) -> PartitionNow:
        place, look, group = (topic.value, part), self._last, GROUPS.get(topic.value)
        view = look.groups.get(group) if look and group else None
        put = look.oldest.get(place) if look else None
        oldest = now - put if put is not None else None
        judged = judge(self.points(place), now, reader=view is None or bool(view.members), oldest=oldest)
        return PartitionNow(
            topic=topic.value,
            partition=part,
            group=group,
            begin=look.begins.get(place, 0) if look else 0,
            judged=judged,
            oldest=oldest if judged.waiting else None,
            owner=view.owners.get(place) if view else None,
            told_elsewhere=_told_elsewhere(view, place, judged, self.points(place)),
        )


def _told_elsewhere(view: GroupView | None, place: Place, judged: Judged, points: Sequence[Point]) -> int | None:
    """Give what Kafka was told, if it is none of the places at which we were lately.

    We tell Kafka after each batch, so it lags a little; one that stands somewhere else was moved by hand.
    """
    told = view.told.get(place) if view else None
    if told is None or told == judged.position or judged.position is None:
        return None
    lately = {point.position for point in points if points[-1].at - point.at <= _TOLD_WITHIN}
    return None if told in lately else told


def body_of(look: Look) -> dict[str, dict[str, list[int | None]]]:
    """Write a look's figures for keeping: by topic, a list of its partitions."""
    topics = sorted({topic for topic, _ in look.ends})
    return {
        "begins": {topic: _row(look.begins, topic) for topic in topics},
        "ends": {topic: _row(look.ends, topic) for topic in topics},
        "positions": {topic: _row(look.positions, topic) for topic in topics if topic in GROUPS},
    }


def look_from(at: datetime, body: Mapping[str, Mapping[str, Sequence[int | None]]]) -> Look:
    """Read what was kept of a look."""
    begins, ends, positions = (
        {
            (topic, part): value
            for topic, row in body.get(name, {}).items()
            for part, value in enumerate(row)
            if value is not None
        }
        for name in ("begins", "ends", "positions")
    )
    return Look(at=at.astimezone(UTC), begins=begins, ends=ends, positions=positions)


def waiting_of(look: Look, topic: str) -> int:
    """Give how many offsets of a topic were not read at a look."""
    return sum(
        max(0, end - (look.position(place) or 0))
        for place, end in look.ends.items()
        if place[0] == topic and topic in GROUPS
    )


def _row(figures: Mapping[Place, int], topic: str) -> list[int | None]:
    count = max((part for name, part in figures if name == topic), default=-1) + 1
    return [figures.get((topic, part)) for part in range(count)]


def thinned(looks: Iterable[Look], every: timedelta) -> list[Look]:
    """Give the looks at least so far apart, the oldest first."""
    kept: list[Look] = []
    for look in looks:
        if not kept or look.at - kept[-1].at >= every:
            kept.append(look)
    return kept
