"""Let the parts of a process live together: one fails, all stop; SIGTERM ends them in order."""

import asyncio
import gc
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn

log = structlog.get_logger()


class _Server(uvicorn.Server):
    """A server that leaves the signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Keep uvicorn's hands off the process's signals."""
        yield


async def listen(app: Any, *, host: str, port: int) -> None:
    """Answer HTTP until cancelled; requests in hand are finished first."""
    server = _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
            lifespan="off",
        )
    )
    try:
        await server.serve()
    except asyncio.CancelledError:
        server.should_exit = True
        await server.shutdown()
        raise


async def serve(*parts: Coroutine[Any, Any, None]) -> None:
    """Run all parts until a signal comes or one of them fails; the failure is raised."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    # The tail of latencies was the garbage collector (measured): what lives from the start is never looked at again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        await stop.wait()
        log.info("service.stopping")
        for task in tasks:
            task.cancel()
