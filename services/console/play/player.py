"""Play a story through the running service, instant by instant, its people included."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.console.play.model import EventLine, Line, PersonLine, Play, by_instant
from services.console.play.played import Played
from services.console.play.sender import Sender
from services.console.play.settle import Look, NotSettled, Stillness
from shared.runtime.clock import Clock, machine_seconds

#: How often lines, feeds and timers are looked at while the clock runs by itself.
_LOOK_EVERY_S = 0.05
#: How long a played person of a running clock waits for what came before the act.
_BEFORE_AN_ACT_S = 2.0

Groups = deque[tuple[datetime, list[Line]]]


@dataclass(slots=True, kw_only=True)
class Journey:
    """How far the player has come; for the progress bar and the table of the work."""

    #: Lines in all, and lines done.
    lines: int
    done: int = 0
    #: Instants at which something was sent or fell due.
    instants: int = 0
    began: float = field(default_factory=machine_seconds)

    @property
    def seconds(self) -> float:
        """Machine seconds since the beginning."""
        return machine_seconds() - self.began


class Player:
    """Sends the lines, plays the people, and moves a stepped clock from instant to instant."""

    def __init__(
        self, sender: Sender, people: Played, stillness: Stillness, tell: Callable[[Journey, datetime], None]
    ) -> None:
        self._sender = sender
        self._people = people
        self._stillness = stillness
        self._tell = tell
        #: How far it has come, also when it could not go on.
        self.journey = Journey(lines=0)

    async def step_through(
        self, play: Play, step: Callable[[datetime], Awaitable[None]], until: datetime | None = None
    ) -> Journey:
        """Play with a stepped clock, until no line and no timer is left, or up to an instant and no further.

        The clock moves on only when everything has settled, so speed never makes anything late.
        """
        groups, journey = self._begin(play)
        look = await self._settle()
        while groups or look.next_due is not None:
            wanted = [groups[0][0]] if groups else []
            wanted += [look.next_due] if look.next_due is not None else []
            now = max(min(wanted), look.instant)
            if until is not None and now > until:
                await step(until)
                await self._settle(until)
                return journey
            if now > look.instant:
                await step(now)
            lines = _until(groups, now)
            await self._sender.send([line for line in lines if isinstance(line, EventLine)])
            look = await self._settle(now)
            for line in lines:
                if isinstance(line, PersonLine):
                    await self._people.act(line)
                    look = await self._settle(now)
            journey.done += len(lines)
            journey.instants += 1
            self._tell(journey, now)
        return journey

    async def flow_through(self, play: Play, clock: Clock) -> Journey:
        """Play by a clock that runs by itself, and wait until no timer is left."""
        groups, journey = self._begin(play)
        while True:
            now = clock.now()
            lines = _until(groups, now)
            await self._sender.send([line for line in lines if isinstance(line, EventLine)])
            await self._act([line for line in lines if isinstance(line, PersonLine)], clock)
            journey.done += len(lines)
            journey.instants += bool(lines)
            look = await self._stillness.look()
            await self._people.read_feeds(look.feeds)
            self._tell(journey, now)
            if not groups:
                look = await self._settle(clock.now())
                if look.next_due is None:
                    return journey
            await asyncio.sleep(_LOOK_EVERY_S)

    def _begin(self, play: Play) -> tuple[Groups, Journey]:
        self.journey = Journey(lines=len(play.lines))
        return deque(by_instant(play)), self.journey

    async def _settle(self, now: datetime | None = None) -> Look:
        """Wait until all is still and everyone has read what there was to read."""
        return await self._stillness.wait(now, self._attend)

    async def _attend(self, look: Look) -> bool:
        return await self._people.read_feeds(look.feeds)

    async def _act(self, lines: Sequence[PersonLine], clock: Clock) -> None:
        if not lines:
            return
        try:
            async with asyncio.timeout(_BEFORE_AN_ACT_S):
                await self._stillness.wait(clock.now())
        except (TimeoutError, NotSettled):
            # People do not wait for us either.
            pass
        for line in lines:
            await self._people.act(line)


def _until(groups: Groups, now: datetime) -> list[Line]:
    """Take all lines that arrive by ``now``: more than one instant's when a play is told again."""
    lines: list[Line] = []
    while groups and groups[0][0] <= now:
        lines += groups.popleft()[1]
    # On a second telling instants fall together; people still act after the events.
    return sorted(lines, key=lambda line: isinstance(line, PersonLine))
