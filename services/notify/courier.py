"""Carry notices to endpoints: a lane of its own for each, so that none waits for another.

A lane lives while something is due for its endpoint. It claims, lets go of the database, sends, and writes
down what was answered; a crash in between shows the notice to the receiver twice, under the same id.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from services.notify import sends
from services.notify.channels import signature
from services.notify.channels.answer import Answer
from services.notify.channels.webhook import Line
from services.notify.lanes import Lanes
from services.notify.retry import Patience
from services.notify.sends import Claimed, Letter
from services.notify.settle import settle
from shared.db.listen import Wake
from shared.db.session import Sessions
from shared.outbox.outbox import Outbox
from shared.outbox.timers import run_timers
from shared.runtime.clock import machine_now
from shared.runtime.health import Progress
from shared.runtime.ids import Ids

#: Notices claimed at a time for one endpoint, and how many of them are under way together.
_MOST, _ABREAST = 32, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Sends what is due to the recipients' endpoints until the process leaves."""

    sessions: Sessions
    outbox: Outbox
    ids: Ids
    patience: Patience
    progress: Progress
    #: Opens a line to a URL.
    lines: Callable[[str], Line]
    #: How many times faster than the machine the clock runs.
    speed: float = 1.0
    _lanes: Lanes[UUID] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no lane open."""
        object.__setattr__(self, "_lanes", Lanes(name="courier", progress=self.progress))

    async def again(self, endpoint_id: UUID, notice_ids: Sequence[UUID]) -> list[UUID]:
        """Send notices once more that an owner asks for; give those that now wait to be sent."""
        async with self.sessions.transaction() as session:
            return await sends.again(session, endpoint_id, notice_ids, self.sessions.clock.now())

    @property
    def busy(self) -> frozenset[UUID]:
        """Give the endpoints that have a lane at present."""
        return self._lanes.busy

    async def run(self, wake: Wake) -> None:
        """Open a lane wherever something is due; ``wake`` says that it is time to look."""
        async with asyncio.TaskGroup() as lanes:
            await run_timers("courier", partial(self.look, lanes), wake, self.progress, speed=self.speed)

    async def look(self, lanes: asyncio.TaskGroup) -> int:
        """Open the lanes that are missing; none of them is waited for, so there is nothing more to do at once."""
        async with self.sessions.reading() as session:
            endpoint_ids = await sends.waiting(session, list(self.busy), self.sessions.clock.now())
        self._lanes.open(lanes, endpoint_ids, self.serve)
        return 0

    async def serve(self, endpoint_id: UUID) -> None:
        """Send all that is due to one endpoint."""
        line: Line | None = None
        try:
            while not self.progress.leaving.is_set():
                async with self.sessions.transaction() as session:
                    claimed = await sends.claim(session, endpoint_id, self.sessions.clock.now(), most=_MOST)
                if claimed is None:
                    return
                if claimed.letters:
                    line = line or self.lines(claimed.endpoint.url)
                    await self._settle(endpoint_id, await _carry(line, claimed))
        finally:
            if line is not None:
                await line.aclose()

    async def _settle(self, endpoint_id: UUID, answered: list[tuple[Letter, Answer]]) -> None:
        async with self.sessions.transaction() as session:
            now = self.sessions.clock.now()
            await settle(session, self.outbox, self.ids, self.patience, endpoint_id, answered, now)


async def _carry(line: Line, claimed: Claimed) -> list[tuple[Letter, Answer]]:
    """Send letters, some at a time; each has the whole of its deadline to itself."""
    lane = asyncio.Semaphore(_ABREAST)

    async def carry(letter: Letter) -> tuple[Letter, Answer]:
        async with lane:
            message_id = str(letter.notice.id)
            headers = signature.headers(
                message_id, machine_now(), letter.body, claimed.keys, claimed.endpoint.signature
            )
            return letter, await line.send(message_id, headers, letter.body)

    return list(await asyncio.gather(*(carry(letter) for letter in claimed.letters)))
