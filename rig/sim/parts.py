"""The services of the simulation: their own coroutines, over simulated log, HTTP, clock and ids."""

import asyncio
import random
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from rig.sim.gate import SimSessions
from rig.sim.kafka import SimGroup, SimLog, SimSource
from rig.sim.loop import SimLoop
from rig.sim.people import Receivers
from services.decision import handlers as decision
from services.decision.policy.evaluate import Rulebook
from services.decision.reminders import Reminders
from services.intake import handlers as intake
from services.intake.settings import Settings as IntakeSettings
from services.notify import handlers as notify
from services.notify.courier import Courier
from services.notify.dossier import Margins
from services.notify.retry import Patience
from services.notify.watch import Watch
from shared.db.listen import Wake
from shared.domain.errors import StaleBatch
from shared.kafka.source import RawBatch
from shared.outbox.inbox import Hearing, Once, consume
from shared.outbox.offsets import OffsetRows
from shared.outbox.outbox import Outbox
from shared.outbox.parts import Parts
from shared.outbox.relay import Relay
from shared.outbox.timers import in_turn, run_timers
from shared.runtime import clock as real_clock
from shared.runtime.health import Progress

_PATIENCE = IntakeSettings.model_construct(ahead_minutes=5, ice_waits_hours=24, match_waits_days=14)
Work = Coroutine[Any, Any, None]


@dataclass
class SimClock:
    """The law's clock: it runs from an instant at a multiple of the loop's seconds."""

    loop: SimLoop
    begins: datetime
    times: float
    follows: bool = False
    #: Timers look each second of the loop's, as they do in service.
    speed: float = 1.0

    def now(self) -> datetime:
        """Give the present instant."""
        return self.begins + timedelta(seconds=self.loop.time() * self.times)

    def follow(self, instant: datetime) -> None:
        """Nothing to follow."""


@dataclass
class SimIds:
    """UUIDv7 of the loop's time and the seed's noise."""

    loop: SimLoop
    chance: random.Random

    def new(self) -> UUID:
        """Give an id that was never given before."""
        milliseconds = int(self.loop.machine_now().timestamp() * 1000)
        noise = self.chance.getrandbits(74)
        return UUID(int=milliseconds << 80 | 0x7 << 76 | (noise >> 62) << 64 | 0b10 << 62 | noise & ((1 << 62) - 1))


def put_time_away(loop: SimLoop) -> None:
    """Let every module that asks for the machine's time be told the simulation's."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("services.", "shared.")):
            for attribute, told in (("machine_now", loop.machine_now), ("machine_seconds", loop.time)):
                # Equal, not the same: a loop's method is another object each time it is asked for.
                if getattr(module, attribute, None) == getattr(real_clock, attribute) and module is not real_clock:
                    setattr(module, attribute, told)
    real_clock.machine_now, real_clock.machine_seconds = loop.machine_now, loop.time


@dataclass
class Process:
    """One instance of a service: its loops, and the fault that ended it, if it was not ended by us."""

    name: str
    make: Callable[["Process"], list[Work]]
    progress: Progress = field(default_factory=Progress)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    died_of: BaseException | None = None

    def start(self) -> None:
        """Begin anew, with nothing in memory."""
        self.progress = Progress(asyncio.get_running_loop().time)
        self.tasks = [asyncio.create_task(work) for work in self.make(self)]
        for task in self.tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.died_of = error

    async def crash(self) -> None:
        """End at once; what had not been committed is as if it had never begun."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@dataclass
class Makers:
    """Makes the loops of each service; ``groups`` share the partitions out."""

    sessions: dict[str, SimSessions]
    log: SimLog
    ids: SimIds
    groups: dict[str, SimGroup]
    rulebook: Rulebook
    receivers: Receivers

    def _outbox(self, schema: str, process: Process) -> tuple[Outbox, Relay]:
        relay = Relay(schema, self.sessions[schema], self.log, process.progress)
        return Outbox(schema, self.ids, relay.hand_over), relay

    def _parts(self, schema: str, outbox: Outbox) -> Parts:
        sessions = self.sessions[schema]
        plain = {"schema": schema, "clock": sessions.clock, "ids": self.ids, "sessions": sessions, "outbox": outbox}
        return cast("Parts", SimpleNamespace(**plain))

    def _source(self, schema: str, process: Process) -> SimSource:
        source = SimSource(self.log, OffsetRows(self.sessions[schema], schema, schema))
        self.groups[schema].members[process.name] = source
        return source

    def _hear(self, name: str, process: Process, hearing: Hearing[Any], schema: str) -> Work:
        """Consume; what a zombie tries to keep, and what is refused as stale, is counted."""
        source = self._source(schema, process)
        once = Once(schema, schema, self.sessions[schema], hearing)

        async def counted(batch: RawBatch) -> None:
            self.log.count["batches tried by zombies"] += source.is_zombie
            try:
                await once(batch)
            except StaleBatch:
                self.log.count["batches refused as stale"] += 1
                raise

        return consume(name, source, counted, process.progress)

    def intake(self, process: Process) -> list[Work]:
        """Put intake together as its main does."""
        outbox, relay = self._outbox("intake", process)
        hears = intake.Intake(self._parts("intake", outbox), _PATIENCE)
        return [
            self._hear("events", process, Hearing(intake.read, hears.on_events, hears.park), "intake"),
            run_timers("timers", hears.on_due, Wake(), process.progress),
            relay.run(),
        ]

    def decision(self, process: Process) -> list[Work]:
        """Put decision together as its main does."""
        outbox, relay = self._outbox("decision", process)
        decide = decision.Decide(self._parts("decision", outbox), self.rulebook)
        reminders = Reminders(self.sessions["decision"], self.ids)
        hearing = Hearing(decision.read, decide.on_cases_changed, decide.park)
        return [
            self._hear("cases", process, hearing, "decision"),
            run_timers("timers", in_turn(decide.on_due, reminders.on_due), Wake(), process.progress),
            relay.run(),
        ]

    def notify(self, process: Process) -> list[Work]:
        """Put notify together as its main does."""
        outbox, relay = self._outbox("notify", process)
        sessions, wake, post = self.sessions["notify"], Wake(), Wake()
        decisions = notify.Decisions(outbox, self.ids, Margins(), wake.call, post.call)
        watch = Watch(
            sessions=sessions, outbox=outbox, ids=self.ids, margins=Margins(), sent=lambda: None, post=post.call
        )
        courier = Courier(
            sessions=sessions,
            outbox=outbox,
            ids=self.ids,
            patience=Patience(),
            progress=process.progress,
            lines=cast("Any", self.receivers.line),
        )
        return [
            self._hear("decisions", process, decisions.hearing(), "notify"),
            run_timers("timers", watch.tick, wake, process.progress),
            courier.run(post),
            relay.run(),
        ]
