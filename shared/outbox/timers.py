"""Do what has fallen due: rows with an instant, looked at when the clock calls and at least every second."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.db.engine import is_weather
from shared.db.listen import Wake
from shared.domain.errors import MustStop
from shared.runtime.health import Progress

log = structlog.get_logger()

_LOOK_EVERY_S = 1.0
_PAUSE_S = 0.2


async def run_timers(name: str, tick: Callable[[], Awaitable[int]], wake: Wake, progress: Progress) -> None:
    """Call ``tick`` until it finds nothing more due, then wait, until the process leaves.

    A tick gives back how much it did.
    """
    while not progress.leaving.is_set():
        progress.beat(name)
        try:
            done = await tick()
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
            await wake.wait(_LOOK_EVERY_S)
