"""What goes wrong, seeded: one misfortune after another, each counted; and everything made whole at the end."""

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rig.stage import SERVICES, Stage
from rig.stories import BEGINS
from rig.wires import Point
from rig.world import Receiver
from shared.db.engine import is_weather
from shared.db.schema import step

_ALL = ("COMMIT", "UPDATE {0}.offsets", "INSERT INTO {0}.inbox", "INSERT INTO {0}.journal (", "INSERT INTO {0}.outbox")
_STATEMENTS = {
    "intake": ("INSERT INTO intake.raw_events", "INSERT INTO intake.cases", "INSERT INTO intake.identifiers"),
    "decision": ("INSERT INTO decision.dossiers", "INSERT INTO decision.decisions", "UPDATE decision.dossiers"),
    "notify": (
        "INSERT INTO notify.windows",
        "INSERT INTO notify.notices",
        "UPDATE notify.deliveries",
        "UPDATE notify.recipients",
        "INSERT INTO notify.sends",
        "UPDATE notify.sends",
        "INSERT INTO notify.attempts",
        "INSERT INTO notify.receipts",
    ),
}
_KAFKA = ("Produce", "OffsetCommit", "JoinGroup", "Fetch")
#: How long a point is waited for before another is armed.
_WAIT_S = 3.0


def points() -> list[Point]:
    """Give every named point at which a process is killed."""
    found = []
    for service in SERVICES:
        said = [*(one.format(service) for one in _ALL), *_STATEMENTS[service], f"DELETE FROM {service}.outbox"]
        found += [Point(service, says, when) for says in said for when in ("before", "after")]
        found += [Point(service, says, when) for says in _KAFKA for when in ("before", "after")]
    return found


class Nemesis:
    """Chooses and does; ``count`` says how often each kind was done, ``struck`` which points were reached."""

    def __init__(self, stage: Stage, engine: AsyncEngine, receiver: Receiver, seed: int) -> None:
        self._stage = stage
        self._engine = engine
        self._receiver = receiver
        self._chance = random.Random(seed)
        self.count: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.missed = 0
        receiver.strike = lambda: stage.kill(f"notify-{self._chance.randint(1, stage.instances)}")

    @property
    def kills(self) -> int:
        """How many processes of ours were killed."""
        return self.count["kill at random"] + self.count["kill at a point"] + self.count["kill around a webhook"]

    async def strike(self, misfortune: str) -> None:
        """Do one kind of misfortune, and mend what does not mend itself."""
        deeds: dict[str, Callable[[], Awaitable[None]]] = {
            "kill at random": self._kill,
            "kill at a point": self._kill_at,
            "kill around a webhook": self._kill_around,
            "pause": self._pause,
            "leave": self._leave,
            "database crash": self._crash_database,
            "database cut": self._cut_database,
            "database cut after COMMIT": self._cut_after_commit,
            "database silent": lambda: self._stage.postgres.black_hole(self._chance.uniform(0.5, 4)),
            "database slow": self._slow_database,
            "disk full": self._fill_disk,
            "broker crash": self._crash_broker,
            "broker pause": self._pause_broker,
            "broker cut": self._cut_broker,
            "broker silent": lambda: self._stage.kafka.black_hole(self._chance.uniform(0.5, 6)),
            "endpoints": self._endpoints,
            "offsets back": self._offsets_back,
            "clock back": self._clock_back,
        }
        await deeds[misfortune]()
        self.count[misfortune] += 1

    def _someone(self) -> str:
        return self._chance.choice(list(self._stage.children))

    async def _kill(self) -> None:
        self._stage.kill(self._someone())

    async def _kill_at(self) -> None:
        """Wait at points until one is reached."""
        trap = self._stage.trap
        while True:
            point = self._chance.choice(points())
            if point.says in _KAFKA and self._stage.kafka_kind != "development":
                continue
            trap.arm(point)
            try:
                async with asyncio.timeout(_WAIT_S):
                    await trap.struck.wait()
            except TimeoutError:
                trap.point = None
                self.missed += 1
                continue
            self.struck[str(point)] += 1
            return

    async def _kill_around(self) -> None:
        when = self._chance.choice(("before", "after"))
        self._receiver.around[:] = [when]
        for _ in range(60):
            await asyncio.sleep(0.05)
            if not self._receiver.around:
                self.struck[f"kill notify {when} a webhook's answer"] += 1
                return
        self._receiver.around.clear()
        await self._kill_at()

    async def _pause(self) -> None:
        """Let a process stand still, sometimes for longer than its session."""
        name = self._someone()
        self._stage.send(name, signal.SIGSTOP)
        await asyncio.sleep(self._chance.choice((0.5, 1, 2, 4, 13)))
        self._stage.send(name, signal.SIGCONT)

    async def _leave(self) -> None:
        """Let an instance stop in order and stay away until its partitions have gone to the other."""
        child = self._stage.children[self._someone()]
        child.is_wanted = False
        self._stage.send(child.name, signal.SIGTERM)
        await asyncio.sleep(self._chance.choice((1, 13)))
        child.is_wanted = True
        if not child.pid:
            await self._stage.start(child)

    async def _crash_database(self) -> None:
        await self._stage.crash_database()
        await self._stage.start_database()

    async def _cut_database(self) -> None:
        self._stage.postgres.cut_all(self._someone())

    async def _cut_after_commit(self) -> None:
        service = self._chance.choice(SERVICES)
        self._stage.trap.arm(Point(service, "COMMIT", "after", "cut"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WAIT_S):
                await self._stage.trap.struck.wait()
        self._stage.trap.point = None

    async def _slow_database(self) -> None:
        self._stage.postgres.delay_s = self._chance.uniform(0.01, 0.1)
        await asyncio.sleep(self._chance.uniform(0.5, 3))
        self._stage.postgres.delay_s = 0

    async def _fill_disk(self) -> None:
        """Take all the room that Postgres has left, and give it back after a while."""
        if not self._stage.has_disk:
            return
        ballast = self._stage.disk / "ballast"
        room = os.statvfs(self._stage.disk)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(4096, (room.f_bavail - 1) * room.f_frsize))
        await asyncio.sleep(self._chance.uniform(0.5, 2))
        ballast.unlink()
        await self._stage.start_database()

    async def _crash_broker(self) -> None:
        n = self._chance.randrange(len(self._stage.kafka_ports))
        self._stage.signal_broker(n, signal.SIGKILL)
        await self._stage.bury_broker(n)
        await asyncio.sleep(self._chance.choice((0, 0.5, 2)))
        await self._stage.start_broker(n)

    async def _pause_broker(self) -> None:
        n = self._chance.randrange(len(self._stage.kafka_ports))
        self._stage.signal_broker(n, signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(0.5, 8))
        self._stage.signal_broker(n, signal.SIGCONT)

    async def _cut_broker(self) -> None:
        self._stage.kafka.cut_all()

    async def _endpoints(self) -> None:
        """Let the webhook receivers be angry, lying, dripping or deaf for a while."""
        self._receiver.mood = self._chance.choice(("angry", "lying", "dripping", "deaf"))
        await asyncio.sleep(self._chance.uniform(1, 5))
        self._receiver.mood = "healthy"

    async def _offsets_back(self) -> None:
        """Set a service's rows back, as after a restored backup: what was heard is heard again."""
        schema = self._chance.choice(SERVICES)
        back = self._chance.choice((10, 100, 1000, 1_000_000))
        await self._run(f"UPDATE {schema}.offsets SET position = greatest(0, position - {back})")

    async def _clock_back(self) -> None:
        """Tell every process that the clock stands three days earlier; none of them may believe it."""
        with contextlib.suppress(Exception):
            await step(self._engine, BEGINS - timedelta(days=3))

    async def _run(self, sql: str) -> None:
        try:
            async with self._engine.begin() as connection:
                await connection.execute(text(sql))
        except Exception as error:
            if not is_weather(error):
                raise
