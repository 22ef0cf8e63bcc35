"""Readiness goes red while there is time to mend it: 13 months before a holiday table ends."""

import asyncio

from shared.domain.counted_twice import calendar_trouble
from shared.domain.errors import CalendarExhausted
from shared.runtime.clock import Clock
from shared.runtime.health import Progress

_LOOK_EVERY_S = 5.0


async def watch_calendar(clock: Clock, progress: Progress, *, every_s: float = _LOOK_EVERY_S) -> None:
    """Look at the calendar until the process leaves; too short it stays until the process is given a longer one."""
    while not progress.leaving.is_set():
        progress.beat("calendar")
        if (trouble := calendar_trouble(clock.now())) is not None:
            await progress.stopped("calendar", CalendarExhausted(trouble))
            return
        try:
            await asyncio.wait_for(progress.leaving.wait(), every_s)
        except TimeoutError:
            continue
