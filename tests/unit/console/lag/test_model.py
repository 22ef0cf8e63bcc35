"""The six words, told by progress over a window."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.lag.model import Judged, Point, Status, judge, worst

_NOW = datetime(2026, 6, 6, 12, tzinfo=UTC)
_EVERY = timedelta(seconds=2)


def _seen(
    end: Callable[[float], int], position: Callable[[float], int | None], seconds: int = 600, ago: int = 0
) -> list[Point]:
    """Look every two seconds; both functions take the seconds since the first look."""
    return [
        Point(_NOW - timedelta(seconds=ago + seconds - each), end(each), position(each))
        for each in range(0, seconds + 1, 2)
    ]


def _word(points: list[Point], *, reader: bool = True) -> Judged:
    return judge(points, _NOW, reader=reader)


def test_a_quiet_topic_is_not_broken() -> None:
    """Nothing arrives, nothing waits: whether or not anybody is there to read."""
    points = _seen(lambda _: 40, lambda _: 40)
    assert _word(points).status is Status.QUIET
    assert _word(points, reader=False).status is Status.QUIET


def test_what_arrives_and_is_read_at_once_moves() -> None:
    """Two events a second, each read by the next look."""
    judged = _word(_seen(lambda s: int(2 * s), lambda s: int(2 * max(0, s - 2))))
    assert judged.status is Status.MOVING
    assert judged.waiting == 4
    assert judged.arrives == pytest.approx(120)


def test_a_topic_nobody_reads_only_ever_moves_or_rests() -> None:
    """The notices are anyone's to read, and no promise of ours hangs on a reader."""
    assert _word(_seen(int, lambda _: None)).status is Status.MOVING
    assert _word(_seen(lambda _: 7, lambda _: None)).status is Status.QUIET


def test_a_burst_is_being_caught_up_with() -> None:
    """Ten thousand at once, a hundred read each second: the gap is large, and closes."""
    judged = _word(_seen(lambda s: 10_000 if s >= 560 else 0, lambda s: int(100 * max(0, s - 560))))
    assert judged.status is Status.CATCHING_UP
    assert judged.waiting == 6_000


def test_a_burst_says_when_it_will_be_over() -> None:
    """Once reading outweighs arriving over the trend."""
    judged = _word(_seen(lambda s: 10_000 if s >= 500 else 0, lambda s: int(50 * max(0, s - 500))))
    assert judged.status is Status.CATCHING_UP
    assert judged.level_at == _NOW + timedelta(seconds=100)


def test_more_arrives_than_is_read() -> None:
    """For the whole trend and with something waiting at every look."""
    judged = _word(_seen(lambda s: int(20 * s), lambda s: int(10 * s)))
    assert judged.status is Status.FALLING_BEHIND
    assert judged.level_at is None


def test_a_reader_that_is_there_and_does_not_move_is_stalled() -> None:
    """Two events wait on it; Kafka sees a member that answers."""
    judged = _word(_seen(lambda s: 7_020 if s >= 230 else 7_018, lambda _: 7_018))
    assert judged.status is Status.STALLED
    assert judged.stuck_since == _NOW - timedelta(seconds=370)


def test_what_nobody_reads_has_stopped() -> None:
    """The same gap, and no member in the group."""
    assert _word(_seen(int, lambda _: 0), reader=False).status is Status.STOPPED


def test_a_batch_in_hand_is_no_stall() -> None:
    """One event arrived two looks ago; its batch is not through yet."""
    assert _word(_seen(lambda s: 1 if s >= 596 else 0, lambda _: 0)).status is Status.MOVING


def test_a_restart_is_no_stop() -> None:
    """For a moment nobody is in the group, and that is all."""
    assert _word(_seen(lambda s: 1 if s >= 594 else 0, lambda _: 0), reader=False).status is Status.MOVING


def test_a_stall_of_a_single_partition_shows_however_little_waits() -> None:
    """One message for twenty seconds is enough."""
    assert _word(_seen(lambda s: 1 if s >= 580 else 0, lambda _: 0)).status is Status.STALLED


@pytest.mark.parametrize("ago", [31, 700])
def test_what_nobody_looked_at_lately_is_unknown(ago: int) -> None:
    """The last value was fine, and says nothing of now."""
    assert _word(_seen(lambda _: 40, lambda _: 40, ago=ago)).status is Status.UNKNOWN


def test_without_a_look_nothing_is_known() -> None:
    """No zero, no green."""
    assert judge([], _NOW, reader=True).status is Status.UNKNOWN


def test_a_known_age_counts_more_than_when_we_saw_it() -> None:
    """After a restart of the console the first look finds old events: they have waited, though we saw them just now."""
    points = _seen(lambda s: int(20 * s), lambda s: int(10 * s), seconds=4)
    assert judge(points, _NOW, reader=True).status is Status.MOVING
    assert judge(points, _NOW, reader=True, oldest=timedelta(minutes=5)).status is Status.CATCHING_UP


def test_several_partitions_are_as_well_as_the_worst() -> None:
    """One that has stopped is not hidden by five that move."""
    assert worst([Status.MOVING, Status.STOPPED, Status.QUIET]) is Status.STOPPED
    assert worst([Status.MOVING, Status.QUIET]) is Status.MOVING
    assert worst([]) is Status.QUIET


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=40),
    st.booleans(),
)
def test_nothing_that_waits_long_unread_is_ever_called_well(steps: list[tuple[int, int, int]], reader: bool) -> None:
    """Whatever came before: a quarter of a minute without a move while something waits is trouble."""
    at, end, position, points = _NOW - timedelta(hours=2), 0, 0, []
    for seconds, arrived, read in steps:
        at += timedelta(seconds=seconds)
        end += arrived
        position = min(end, position + read)
        points.append(Point(at, end, position))
    points += [Point(at + _EVERY * each, end + 1, position) for each in range(1, 10)]
    judged = judge(points, points[-1].at, reader=reader)
    assert judged.status is (Status.STALLED if reader else Status.STOPPED)


@given(st.integers(0, 1000), st.integers(1, 300))
def test_nothing_waiting_is_never_trouble(end: int, looks: int) -> None:
    """A reader at the end is well, with or without anybody in the group."""
    points = [Point(_NOW - _EVERY * each, end, end) for each in reversed(range(looks))]
    assert judge(points, _NOW, reader=False).status is Status.QUIET
