"""Looks at all topics: what is said of a group that somebody moved with Kafka's own tools."""

from datetime import UTC, datetime, timedelta

import pytest

from services.console.lag.looks import History, Look
from services.console.lag.model import Status
from shared.kafka.groups import GroupView
from shared.kafka.topics import TOPICS, Topic

_NOW = datetime(2026, 6, 6, 12, tzinfo=UTC)
_PLACE = (Topic.CASES.value, 3)


def _history(*, told: int, moved_ago: int) -> History:
    """Give a minute of looks: the reader went from 0 to 50 some seconds ago, and Kafka was told so much."""
    history = History()
    ends = {(topic.value, part): 50 for topic, shape in TOPICS.items() for part in range(shape.partitions)}
    for ago in range(60, -1, -2):
        positions = dict.fromkeys(ends, 50 if ago <= moved_ago else 0)
        view = GroupView(members=("decision-1",), owners={_PLACE: "decision-1"}, told={_PLACE: told})
        at = _NOW - timedelta(seconds=ago)
        history.add(
            Look(at=at, begins=dict.fromkeys(ends, 0), ends=ends, positions=positions, groups={"decision": view})
        )
    return history


@pytest.mark.parametrize(
    ("told", "moved_ago", "elsewhere"), [(50, 4, None), (0, 4, None), (0, 40, 0), (7, 4, 7), (90, 40, 90)]
)
def test_a_group_that_somebody_moved_is_told_from_one_that_is_told_a_little_late(
    told: int, moved_ago: int, elsewhere: int | None
) -> None:
    """Where we stood seconds ago is no trouble; where we have not been for long, or never, somebody put it."""
    topic = next(one for one in _history(told=told, moved_ago=moved_ago).now(_NOW) if one.topic == Topic.CASES)
    partition = topic.partitions[3]
    assert partition.told_elsewhere == elsewhere
    assert (partition.judged.position, partition.judged.waiting, partition.owner) == (50, 0, "decision-1")
    assert topic.status is Status.QUIET
