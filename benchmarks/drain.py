"""How fast a backlog is handled, end to end, and what each part spends on an event."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import machine
from benchmarks.load import Ready
from benchmarks.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """One backlog, handled."""

    events: int
    seconds: float
    #: Seconds until each service had read all there was for it.
    reached: dict[str, float]
    #: CPU microseconds an event of each part.
    cpu_us: dict[str, float]
    cores: int

    @property
    def events_per_s(self) -> float:
        """Give the rate, from the first event written to the last notice told."""
        return self.events / self.seconds

    @property
    def cpu_bound(self) -> float:
        """Give the rate at which the CPU spent would fill every core: nothing on this machine can be faster."""
        return self.cores * 1e6 / max(sum(self.cpu_us.values()), 1e-9)

    @property
    def share_of_cpu_bound(self) -> float:
        """Give how much of that was reached."""
        return self.events_per_s / self.cpu_bound


async def drain(stage: Stage, ready: Sequence[Ready], *, cores: int) -> Drained:
    """Write a backlog and wait until the last of it is told."""
    spent = machine.cpu_seconds()
    began = time.perf_counter()
    await stage.produce(ready)
    reached = await stage.through()
    seconds = reached.pop("all") - began
    cpu = machine.spent(spent, machine.cpu_seconds())
    return Drained(
        events=len(ready),
        seconds=seconds,
        reached={service: round(at - began, 2) for service, at in reached.items()},
        cpu_us={part: round(1e6 * value / len(ready), 1) for part, value in sorted(cpu.items())},
        cores=cores,
    )
