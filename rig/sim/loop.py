"""An event loop whose time only passes when nobody has anything to do; while the database works, it stands still."""

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import Any

#: The machine's own time in the simulation begins here.
MACHINE_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
#: A machine that has much else to do may let a statement wait; it says nothing of what is simulated.
_STUCK_S = 120.0


class NothingLeft(RuntimeError):
    """Nobody waits for anything any more: the simulation has run into a wall."""


class _Selector(selectors.DefaultSelector):
    """Waits for the database in real time, and lets simulated time jump where there is nothing to wait for."""

    loop: "SimLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Give what is ready; move the simulated clock on if nothing is."""
        if self.loop.in_flight:
            found = super().select(0 if timeout == 0 else _STUCK_S)
            if not found and timeout != 0:
                raise NothingLeft("the database does not answer")
            return found
        found = super().select(0)
        if not found and timeout != 0:
            if timeout is None:
                raise NothingLeft("no timer is left and nothing is under way")
            self.loop.pass_time(timeout)
        return found


class SimLoop(asyncio.SelectorEventLoop):
    """A loop in simulated seconds."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.loop = self
        self._passed = 0.0
        #: How many statements the database is at.
        self.in_flight = 0
        super().__init__(selector)

    def time(self) -> float:
        """Give the simulated seconds that have passed."""
        return self._passed

    def pass_time(self, seconds: float) -> None:
        """Let time jump; a little more than asked for, so that rounding never leaves a timer just ahead."""
        self._passed += seconds + 1e-6

    def machine_now(self) -> datetime:
        """Give the machine's time in the simulation."""
        return MACHINE_BEGINS + timedelta(seconds=self._passed)


def current() -> SimLoop:
    """Give the loop that runs."""
    loop: Any = asyncio.get_running_loop()
    assert isinstance(loop, SimLoop)  # noqa: S101 - nothing here runs anywhere else
    return loop
