"""The player moves the clock from instant to instant, and does each thing in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.console.play.model import EventLine, PersonLine, Play
from services.console.play.player import Journey, Player
from services.console.play.settle import Attend, Look
from tests.unit.console.plays import NOON, a_play, an_event

HOUR = timedelta(hours=1)


@dataclass
class World:
    """Writes down what happens, in order; timers fire when the clock has reached them."""

    instant: datetime = NOON
    timers: list[datetime] = field(default_factory=list)
    told: list[tuple[str, datetime]] = field(default_factory=list)

    async def send(self, lines: Sequence[EventLine]) -> None:
        """Be the sender."""
        self.told += [(str(line.event["id"]), self.instant) for line in lines]

    async def act(self, line: PersonLine) -> None:
        """Be the people."""
        self.told.append((line.act, self.instant))

    async def read_feeds(self, _: Mapping[str, int]) -> bool:
        """Have no news."""
        return False

    async def wait(self, now: datetime | None = None, attend: Attend | None = None) -> Look:
        """Be still: what is due fires."""
        self.told += [("timer", at) for at in self.timers if at <= self.instant]
        self.timers = [at for at in self.timers if at > self.instant]
        due = {"notify": min(self.timers)} if self.timers else {}
        look = Look(instant=self.instant, letters=frozenset(), due=due, offsets={}, feeds={})
        assert attend is None or not await attend(look)
        assert now is None or now == self.instant
        return look

    async def step(self, instant: datetime) -> None:
        """Move the clock."""
        assert instant > self.instant
        self.instant = instant

    async def play(self, play: Play) -> Journey:
        """Let a player play it here."""
        me: Any = self
        return await Player(me, me, me, lambda *_: None).step_through(play, self.step)


async def test_lines_and_timers_are_merged_by_their_instants() -> None:
    """A timer between two lines fires before the second is sent; timers go on after the last line."""
    world = World(timers=[NOON + HOUR, NOON + 9 * HOUR])
    lines = [EventLine(at=NOON + n * HOUR, event=an_event(f"rd-{n}")) for n in (0, 2)]
    journey = await world.play(a_play(*lines))
    assert world.told == [
        ("rd-0", NOON),
        ("timer", NOON + HOUR),
        ("rd-2", NOON + 2 * HOUR),
        ("timer", NOON + 9 * HOUR),
    ]
    assert (journey.done, journey.instants) == (2, 4)


async def test_people_act_after_the_events_of_their_instant() -> None:
    """A reviewer answers what has arrived, also where the file names the answer first."""
    world = World()
    answer = PersonLine(at=NOON, act="play.review_answer", what={})
    await world.play(a_play(answer, EventLine(at=NOON, event=an_event("d-1"))))
    assert [what for what, _ in world.told] == ["d-1", "play.review_answer"]


async def test_a_second_telling_does_not_turn_the_clock_back() -> None:
    """Where the clock is past the play, all lines are sent at once and none is left out."""
    world = World(instant=NOON + 100 * HOUR)
    lines = [EventLine(at=NOON + n * HOUR, event=an_event(f"rd-{n}")) for n in range(3)]
    journey = await world.play(a_play(*lines))
    assert [what for what, _ in world.told] == ["rd-0", "rd-1", "rd-2"]
    assert (world.instant, journey.instants) == (NOON + 100 * HOUR, 1)
