"""Let the parts of a process live together: one fails, all stop; SIGTERM ends them in order."""

import asyncio
import gc
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn

from shared.runtime.health import Progress

log = structlog.get_logger()

#: How long parts may take to finish what they have in hand, machine seconds.
_GRACE_S = 5


class _Server(uvicorn.Server):
    """A server that leaves the signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Keep uvicorn's hands off the process's signals."""
        yield


async def listen(app: Any, *, host: str, port: int, progress: Progress) -> None:
    """Answer HTTP until the process leaves; requests in hand are finished first."""
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=_GRACE_S, lifespan="off"
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        await progress.leaving.wait()
        server.should_exit = True


async def serve(progress: Progress, *parts: Coroutine[Any, Any, None]) -> None:
    """Run all parts until a signal comes or one of them fails; the failure is raised.

    On SIGTERM every loop finishes what it has in hand, commits, and leaves; what lingers is cancelled, and
    what it had not committed is as if it had never begun.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    # The garbage collector made the tail of latencies (measured): what lives from the start is never looked at again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        await stop.wait()
        log.info("service.stopping")
        progress.leave()
        await asyncio.wait(tasks, timeout=_GRACE_S)
        for task in tasks:
            task.cancel()
