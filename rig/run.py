"""One run: load, people and misfortunes beside each other; then everything is made whole, and must come to rest."""

import asyncio
import contextlib
import os
import random
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import structlog
from sqlalchemy import text

from rig.judge import Verdict, at_any_instant, judge
from rig.ledger import Ledger
from rig.nemesis import Nemesis
from rig.stage import Stage
from rig.stories import BEGINS, FACILITIES, Stories
from rig.world import Addresses, People, Receiver, Senders, listening
from services.console.play.settle import NotSettled, Stillness
from services.console.up.keys import Sources, demo_keys, issue
from services.console.up.place import Place
from services.console.up.ports import free_ports
from services.console.up.run import register
from shared.db.engine import is_weather, make_engine
from shared.db.schema import step
from shared.kafka.offsets import LogEnds
from shared.kafka.producer import KafkaLog
from shared.kafka.topics import ensure_topics
from shared.runtime.clock import machine_now, machine_seconds

log = structlog.get_logger()

_OF_BEFORE = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name ~ '^notify-[0-9]+$' AND xact_start < :stepped)"
)
_STEP, _LEAP = timedelta(minutes=10), timedelta(hours=3)
_EVENTS_A_STAY, _EVENTS_A_STEP = 7.2, 60
_MOST_UNDER_WAY = 30
_READY_S = 180.0
_LOOK_S, _TRICKLE_S = 0.05, 0.5
_LOOK_EVERY_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything; the seed decides the rest."""

    seed: int
    events: int
    kills: int
    database_faults: int
    broker_faults: int
    other_faults: int
    kafka: str
    instances: int

    def misfortunes(self) -> tuple[list[str], list[str]]:
        """Give the kills, and beside them everything else, each in the seed's order."""
        chance = random.Random(self.seed)
        kills = chance.choices(
            ("kill at random", "kill at a point", "kill around a webhook"), (48, 48, 4), k=self.kills
        )
        database = (
            "database crash",
            "database cut",
            "database cut after COMMIT",
            "database silent",
            "database slow",
            "disk full",
        )
        broker: tuple[str, ...] = ("broker crash", "broker pause", "broker cut", "broker silent")
        other = ("pause", "leave", "endpoints", "offsets back", "clock back")
        if self.kafka != "development":
            broker = ("broker crash", "broker pause")
        rest = (
            chance.choices(database, (45, 15, 20, 8, 8, 4), k=self.database_faults)
            + chance.choices(broker, (60, 40) if len(broker) == 2 else (45, 15, 20, 20), k=self.broker_faults)
            + chance.choices(other, k=self.other_faults)
        )
        chance.shuffle(rest)
        return kills, rest


class Run:
    """A run in a folder of its own."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._stage = Stage(folder, plan.kafka, plan.instances)
        self._stories = Stories(plan.seed)
        self._instant = BEGINS
        self._unsafe: set[str] = set()
        self._begun = 0
        self._struck = 0
        self._waited = 0
        self._stepped = machine_now()
        self._last_struck = machine_seconds()
        #: How long after the last fault everything had come to rest for the first time.
        self._drained: float | None = None

    async def go(self) -> dict[str, Any]:
        """Live through it, judge it, and give the figures."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._stage.close)
            await self._open(stack)
            began = machine_seconds()
            await self._suffer()
            suffered = machine_seconds() - began
            drained = await self._come_to_rest()
            await self._run_out()
            await self._people.all_fetched()
            verdict = await judge(self._engine, self._events.read(), self._notices.read(), self._instant)
            report = self._report(verdict, suffered, drained, await self._chains_fit())
            self._stage.keeps_database = not report["clean"]
            return report

    # ---- putting it up

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        stage = self._stage
        await stage.open()
        await ensure_topics(stage.kafka_address)
        self._engine = make_engine(stage.database.owner_url, name="rig", pool_size=4)
        stack.push_async_callback(self._engine.dispose)
        place = Place(self._folder)
        oris = [facility.ori for facility in FACILITIES]
        keys = await issue(self._engine, place, demo_keys(oris, Sources()))
        urls = stage.urls()
        await _ready([url for of_service in urls.values() for url in of_service])
        await register(urls["intake"][0], keys["operator"], list(FACILITIES))
        to = Addresses(urls, keys, random.Random(self._plan.seed))
        self._events, self._notices = Ledger(self._folder / "events.jsonl"), Ledger(self._folder / "notices.jsonl")
        self._receiver = Receiver(self._notices, instant=BEGINS)
        (port,) = free_ports(1)
        server, serving = await listening(self._receiver, port)
        stack.callback(serving.cancel)
        stack.callback(setattr, server, "should_exit", True)
        self._log = await stack.enter_async_context(KafkaLog(stage.kafka_address))
        self._senders = Senders(to, self._log, self._events)
        stack.push_async_callback(self._senders.close)
        self._people = People(to, self._notices, self._receiver)
        stack.push_async_callback(self._people.close)
        await self._hooks(urls["notify"][0], keys, port)
        self._nemesis = Nemesis(stage, self._engine, self._receiver, self._plan.seed)
        # Loose threads of our own calls to the log must not end the run.
        ends = await stack.enter_async_context(LogEnds(stage.kafka_address))
        self._stillness = Stillness(self._engine, ends, {name: of[0] for name, of in urls.items()})

    async def _hooks(self, notify: str, keys: dict[str, str], port: int) -> None:
        """Let every recipient have its notices sent to it as well."""
        async with httpx.AsyncClient(base_url=notify, timeout=60) as client:
            for recipient in [*(f"jail:{facility.ori}" for facility in FACILITIES), "ice"]:
                url = f"http://127.0.0.1:{port}/{recipient}"
                headers = {"authorization": f"Bearer {keys[recipient]}"}
                answer = await client.post("/v1/endpoints", json={"url": url}, headers=headers)
                answer.raise_for_status()

    # ---- the faults

    async def _suffer(self) -> None:
        """Send events, move the clock and break things until all of each is done."""
        stop = asyncio.Event()
        kills, rest = self._plan.misfortunes()
        self._misfortunes = len(kills) + len(rest)
        people = asyncio.create_task(self._people.live(stop))
        looking = asyncio.create_task(self._look(stop))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._load())
            group.create_task(self._break(kills))
            group.create_task(self._break(rest))
        await self._senders.done()
        self._receiver.mood = "healthy"
        stop.set()
        await asyncio.gather(people, looking)

    @property
    def _load_share(self) -> float:
        return min(1.0, self._begun * _EVENTS_A_STAY / self._plan.events)

    async def _load(self) -> None:
        """Begin stays, send what is to be heard of them, and move the clock."""
        while self._load_share < 1 or self._struck < self._misfortunes or not self._stories.is_over:
            stays = self._stays()
            self._stories.begin(self._instant, stays)
            self._begun += stays
            self._senders.send(self._stories.until(self._instant))
            while self._senders.under_way > _MOST_UNDER_WAY:
                await asyncio.sleep(_LOOK_S)
            if self._is_ahead():
                await asyncio.sleep(_TRICKLE_S)
            await self._step()

    def _stays(self) -> int:
        """Give how many stays begin in this step: few while the misfortunes are behind, none once all is done."""
        if self._struck == self._misfortunes and self._load_share >= 1:
            return 0
        return 1 if self._is_ahead() else max(1, round(_EVENTS_A_STEP / _EVENTS_A_STAY))

    def _is_ahead(self) -> bool:
        """Wait for the misfortunes, so that they fall on the whole of the load.

        It is no standing still: a point at which somebody is to be killed is only reached while something goes on.
        """
        share = self._struck / self._misfortunes if self._misfortunes else 1.0
        return share < 1 and self._load_share > share + 0.02

    async def _break(self, misfortunes: list[str]) -> None:
        chance = random.Random(self._plan.seed + len(misfortunes))
        for n, misfortune in enumerate(misfortunes):
            while self._load_share < n / len(misfortunes) - 0.02:
                await asyncio.sleep(0.05)
            await self._nemesis.strike(misfortune)
            self._struck += 1
            self._last_struck = machine_seconds()
            log.info("rig.struck", name=misfortune, count=self._struck, end=self._misfortunes)
            await asyncio.sleep(chance.uniform(0.05, 0.6))

    async def _step(self) -> None:
        """Move the clock on, unless notify has something overdue; once no stays begin any more, to what comes next.

        What is promised is that decision, Kafka and ICE may be away; notify itself may be away for less than the
        quarter of an hour by which the end of a hold is told ahead, and ten minutes a step keep to that. A transaction
        of notify lives at one instant: it is let end before the clock has moved twice.
        """
        while True:
            try:
                async with self._engine.connect() as connection:
                    # In this order: what such a transaction leaves due is there to be seen once it has ended.
                    is_at_it = (await connection.execute(text(_OF_BEFORE), {"stepped": self._stepped})).scalar_one()
                    due = (await connection.execute(text("SELECT due_at FROM notify.due"))).scalar()
                if not is_at_it and (due is None or due > self._instant):
                    to = await self._next_instant()
                    await step(self._engine, to)
                    self._stepped = machine_now()
                    break
            except Exception as error:
                if not is_weather(error):
                    raise
            self._waited += 1
            await asyncio.sleep(_LOOK_S)
        self._instant = to
        self._receiver.instant = to

    async def _next_instant(self) -> datetime:
        """Give ten minutes on; more only once all has settled, since no clock leaps over what is being worked on.

        Then it is the next event or some hours on, whichever is later, but never past what notify has due.
        """
        to, following = self._instant + _STEP, self._stories.next_at
        if self._load_share < 1 or self._struck < self._misfortunes or following is None:
            return to
        await self._senders.done()
        try:
            look = await self._stillness.wait(self._instant)
        except NotSettled as error:
            # Whether it ever comes to rest is judged at the end.
            log.warning("rig.restless", why=str(error))
            return to
        if self._drained is None:
            self._drained = machine_seconds() - self._last_struck
        ahead = min([max(following, self._instant + _LEAP), *look.due.values()])
        return max(to, ahead)

    async def _look(self, stop: asyncio.Event) -> None:
        """Ask again and again, in the middle of it, what must not be at any instant."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await stop.wait()
            try:
                self._unsafe |= {
                    f"at {self._instant}: {one}" for one in await at_any_instant(self._engine, self._instant)
                }
            except Exception as error:
                if not is_weather(error):
                    raise

    # ---- afterwards

    async def _come_to_rest(self) -> float:
        """Wait until nothing is under way any more; give how many seconds after the last fault that was so first."""
        await self._stillness.wait(self._instant)
        return machine_seconds() - self._last_struck if self._drained is None else self._drained

    async def _run_out(self) -> None:
        """Live on until no timer is left, everyone fetching what comes."""
        for _ in range(20_000):
            await self._people.all_fetched()
            look = await self._stillness.wait(self._instant)
            due = look.next_due
            if due is None:
                return
            self._instant = max(due, self._instant + _STEP)
            await step(self._engine, self._instant)
            self._receiver.instant = self._instant
        raise AssertionError("there always is another timer")

    async def _chains_fit(self) -> bool:
        """Check every record and every chain, as an auditor would."""
        checking = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.console.cli",
            "audit",
            "verify",
            "--json",
            env=os.environ | {"COUNTERSIGN_DATABASE_URL": self._stage.database.owner_url},
            stdout=(self._folder / "audit.json").open("wb"),
        )
        return await checking.wait() == 0

    def _report(self, verdict: Verdict, suffered: float, drained: float, fits: bool) -> dict[str, Any]:
        stale = sum(_mentions(self._folder / f"{name}.log", "batch.stale") for name in self._stage.children)
        return {
            "clean": verdict.is_clean and not self._unsafe and fits,
            "faults": dict(sorted(self._nemesis.count.items())),
            "named points struck": len(self._nemesis.struck),
            "deaths": self._stage.deaths,
            "batches of zombies refused": stale,
            "seconds of faults": round(suffered, 1),
            "seconds to drain": round(drained, 1),
            "clock days": round((self._instant - BEGINS) / timedelta(days=1), 1),
            "waits of the clock for notify": self._waited,
            "door and people": dict(self._senders.count + self._people.count),
            "counts": dict(verdict.counts),
            "records fit": fits,
            "lost": verdict.lost,
            "doubled": verdict.doubled,
            "contradictions": verdict.contradictions,
            "holds past closing without notice": verdict.late_ends,
            "folded otherwise": verdict.folded_otherwise,
            "broken at rest": verdict.broken,
            "broken at some instant": sorted(self._unsafe),
        }


def _mentions(path: Path, word: str) -> int:
    with path.open(errors="replace") as file:
        return sum(word in line for line in file)


async def _ready(urls: list[str]) -> None:
    async with httpx.AsyncClient(timeout=5) as client, asyncio.timeout(_READY_S):
        for url in urls:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{url}/readyz")).is_success:
                        break
                await asyncio.sleep(0.1)
