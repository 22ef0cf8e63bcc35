"""Look after the parts: start each, start it again when it dies, end them in order."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog

from services.console.up.restarts import pause_before_restart, quick_deaths
from shared.domain.errors import CountersignError
from shared.runtime.clock import machine_seconds

log = structlog.get_logger()

_END_S = 15.0
#: A part that has never been ready and died so often will not be.
_HOPELESS = 5
_LOOK_EVERY_S = 0.05


class PartFailed(CountersignError):
    """A part did not become ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of ours: the module to run, with which words and surroundings."""

    name: str
    module: str
    arguments: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    #: On no leash: it has something to do after ``up`` is gone.
    outlives_us: bool = False


class Supervisor:
    """Keeps parts alive until told to end them."""

    def __init__(self) -> None:
        #: How often each part was started again.
        self.restarts: dict[str, int] = {}
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._logs: dict[str, Path] = {}

    def start(self, part: Part) -> None:
        """Start a part and keep it."""
        self.restarts[part.name] = 0
        self._logs[part.name] = part.log
        self._keepers[part.name] = asyncio.create_task(self._keep(part))

    async def _keep(self, part: Part) -> None:
        deaths = 0
        while True:
            began = machine_seconds()
            process = await _spawn(part)
            self._processes[part.name] = process
            code = await process.wait()
            deaths = quick_deaths(deaths, machine_seconds() - began)
            self.restarts[part.name] += 1
            log.warning("part.died", part=part.name, code=code, restarts=self.restarts[part.name])
            await asyncio.sleep(pause_before_restart(deaths))

    async def end(self, names: Sequence[str]) -> None:
        """End these parts together: asked first, killed after a while."""
        for name in names:
            self._keepers[name].cancel()
        await asyncio.gather(*(self._keepers[name] for name in names), return_exceptions=True)
        await asyncio.gather(*(_end(self._processes[name]) for name in names if name in self._processes))

    async def ready(self, name: str, url: str, *, within_s: float) -> None:
        """Wait until a part says at ``url`` that it is ready; PartFailed with its last words if it never does."""
        deadline = machine_seconds() + within_s
        async with httpx.AsyncClient(timeout=5) as client:
            while machine_seconds() < deadline and self.restarts[name] < _HOPELESS:
                try:
                    if (await client.get(url)).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(_LOOK_EVERY_S)
        raise PartFailed(f"{name} does not become ready; the end of {self._logs[name]}:\n{self._tail(name)}")

    async def listens(self, name: str, port: int, *, within_s: float) -> None:
        """Wait until somebody listens on the part's port; PartFailed with its last words if nobody ever does."""
        deadline = machine_seconds() + within_s
        while machine_seconds() < deadline:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(_LOOK_EVERY_S)
                continue
            writer.close()
            return
        raise PartFailed(f"{name} does not listen after {within_s:.0f} s; the end of its log:\n{self._tail(name)}")

    def _tail(self, name: str) -> str:
        try:
            return "\n".join(self._logs[name].read_text(errors="replace").splitlines()[-8:])
        except FileNotFoundError:
            return "(no log)"


async def _spawn(part: Part) -> asyncio.subprocess.Process:
    """Start the process in a session of its own: Ctrl-C is ours to pass on, in order."""
    command = (sys.executable, "-m", part.module, *part.arguments)
    if not part.outlives_us:
        command = (sys.executable, "-m", "services.console.up.leash", str(os.getpid()), *command)
    with part.log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(part.env),
            start_new_session=True,
        )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
