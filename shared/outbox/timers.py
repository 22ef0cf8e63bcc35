"""Do what has fallen due: rows with an instant, looked at when the clock calls, and every second at least.

Where time runs fast they are looked at more often.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.db.engine import is_weather
from shared.db.listen import Wake
from shared.domain.errors import MustStop
from shared.runtime.health import Progress

log = structlog.get_logger()

_LOOK_EVERY_S = 1.0
#: In fast time timers are looked at after a minute of the clock's, so that nothing is late for being slept through;
#: but no more often than this, since each look is a query.
_CLOCK_MINUTE_S, _LEAST_S = 60.0, 0.03
_PAUSE_S = 0.2


def in_turn(*ticks: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    """Make one tick of several, done one after the other."""

    async def all_of_them() -> int:
        return sum([await tick() for tick in ticks])

    return all_of_them


def look_every_s(speed: float) -> float:
    """Give the machine seconds from one look to the next, for a clock of this speed."""
    return max(_LEAST_S, min(_LOOK_EVERY_S, _CLOCK_MINUTE_S / speed))


async def run_timers(
    name: str, tick: Callable[[], Awaitable[int]], wake: Wake, progress: Progress, *, speed: float = 1.0
) -> None:
    """Call ``tick`` until it finds nothing more due, then wait, until the process leaves.

    A tick gives back how much it did; ``speed`` is the clock's.
    """
    progress.beat(name)
    while not progress.leaving.is_set():
        try:
            done = await tick()
            progress.beat(name)
        except MustStop as error:
            await progress.stopped(name, error)
            continue
        except Exception as error:
            if not is_weather(error):
                raise
            log.warning("timers.wait", consumer=name, error=type(error).__name__)
            await asyncio.sleep(_PAUSE_S)
            continue
        if not done:
            await wake.wait(look_every_s(speed))
