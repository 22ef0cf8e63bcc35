"""Is the process making progress? Each loop beats; one that stops beating turns readiness red."""

import asyncio
from collections.abc import Callable

import structlog

from shared.runtime.clock import machine_seconds

log = structlog.get_logger()

#: A loop that has not come round for so long is stuck; the longest wait of any loop is a second.
STUCK_AFTER_S = 20.0


class Progress:
    """Heartbeats of the loops of one process, in machine time."""

    def __init__(self, seconds: Callable[[], float] = machine_seconds) -> None:
        self._seconds = seconds
        self._beats: dict[str, float] = {}
        self._stopped: dict[str, str] = {}
        #: Set when the process is told to stop: loops finish what they have in hand, and leave.
        self.leaving = asyncio.Event()

    def beat(self, loop: str) -> None:
        """Say that a loop came round; its work, if any, is done."""
        self._beats[loop] = self._seconds()

    def stop(self, loop: str, why: str) -> None:
        """Say that a loop has stopped on purpose, and why; an operator must mend it."""
        self._stopped[loop] = why

    def leave(self) -> None:
        """Ask every loop to leave once it has finished what it has in hand."""
        self.leaving.set()

    async def stopped(self, loop: str, why: Exception) -> None:
        """Stop a loop for good: say why, turn readiness red, and wait for a person."""
        log.critical("loop.stopped", consumer=loop, why=str(why))
        self.stop(loop, str(why))
        await self.leaving.wait()

    def loops(self) -> dict[str, float]:
        """Give for each loop the seconds since it last came round."""
        now = self._seconds()
        return {loop: round(now - at, 1) for loop, at in sorted(self._beats.items())}

    def reasons(self) -> dict[str, str]:
        """Give each loop that has stopped on purpose, with the reason."""
        return dict(self._stopped)

    def troubles(self) -> dict[str, str]:
        """Give each loop that is stuck or stopped, with the reason; empty when all is well."""
        stuck = {loop: f"no progress for {age:.0f} s" for loop, age in self.loops().items() if age > STUCK_AFTER_S}
        return stuck | self._stopped
