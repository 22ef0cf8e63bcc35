"""The shuffled telling has the same events, twice, and never earlier."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from services.console.play.model import EventLine, Line, PersonLine, Play
from services.console.play.shuffle import shuffled

START = datetime(2012, 2, 24, 5, 0, tzinfo=UTC)


def a_play() -> Play:
    """Give six hours with five events and two acts each."""
    lines: list[Line] = []
    for hour in range(6):
        at = START + timedelta(hours=hour)
        lines += [EventLine(at=at, event={"id": f"{hour}-{number}"}) for number in range(5)]
        lines += [PersonLine(at=at, act=f"play.act-{hour}-{number}", what={}) for number in range(2)]
    return Play(name="p", facilities=(), lines=tuple(lines), starts_at=START)


def ids(play: Play) -> list[Any]:
    """Give the ids of all events, in order."""
    return [line.event["id"] for line in play.lines if isinstance(line, EventLine)]


def test_every_event_comes_twice_and_never_before_its_time() -> None:
    """The first copy comes at its own instant, the second then or within a day."""
    told = shuffled(a_play(), 7)
    assert set(Counter(ids(told)).values()) == {2}
    for original in a_play().lines:
        if isinstance(original, EventLine):
            copies = sorted(line.at for line in told.lines if getattr(line, "event", None) == original.event)
            assert copies[0] == original.at
            assert original.at <= copies[1] <= original.at + timedelta(days=1)


def test_people_act_once_in_their_order_after_the_events_of_their_instant() -> None:
    """What people do is not doubled, and waits for what arrives at the same instant."""
    told = shuffled(a_play(), 7)
    acts = [line for line in told.lines if isinstance(line, PersonLine)]
    assert acts == [line for line in a_play().lines if isinstance(line, PersonLine)]
    keys = [(line.at, isinstance(line, PersonLine)) for line in told.lines]
    assert keys == sorted(keys)


def test_a_seed_gives_one_order_and_another_seed_another() -> None:
    """The same seed can be told again; ten seeds are not ten times the same."""
    assert shuffled(a_play(), 3) == shuffled(a_play(), 3)
    assert len({tuple(ids(shuffled(a_play(), seed))) for seed in range(10)}) == 10
