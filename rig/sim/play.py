"""One simulated run: days of jail life under the seed's misfortunes, then rest, then what must never be is asked."""

import asyncio
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from rig.sim.gate import Gate, SimSessions
from rig.sim.kafka import SimGroup, SimLog
from rig.sim.loop import SimLoop
from rig.sim.parts import Makers, Process, SimClock, SimIds, put_time_away
from rig.sim.people import Receivers, answer, fetch
from rig.stories import BEGINS, FACILITIES, Stories
from services.decision.policy.evaluate import Rulebook
from shared.db.engine import make_engine
from shared.db.session import ReadSession
from shared.kafka.producer import OutMessage
from shared.kafka.topics import Topic
from shared.outbox.invariants import Reach, ask, invariants
from shared.outbox.outbox import Outbox

#: Five minutes of the law's clock to a second of the loop's: timers look each second, and the end of a hold is told
#: three seconds ahead.
TIMES = 300.0
_INSTANCES = 2
_RISK = 0.004
_REST_S = 400.0
_READS = {
    "intake": (Topic.BOOKINGS, Topic.MATCHES, Topic.DETAINERS),
    "decision": (Topic.CASES,),
    "notify": (Topic.DECISIONS,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is simulated."""

    seed: int
    days: float
    stays_a_day: int


@dataclass
class Found:
    """What came of it; ``digest`` is the same whenever the same seed is run."""

    seed: int
    violations: list[str] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)
    digest: str = ""
    case_days: float = 0.0


class Play:
    """A run over a database of its own."""

    def __init__(self, asked: Asked, urls: dict[str, str], rulebook: Rulebook, loop: SimLoop) -> None:
        self._asked = asked
        self._chance = random.Random(asked.seed)
        self._loop = loop
        self._found = Found(asked.seed)
        clock = SimClock(loop, BEGINS, TIMES)
        self._clock = clock
        self._gate = Gate(self._chance)
        self._engines = {who: make_engine(url, name=f"sim-{who}", pool_size=20) for who, url in urls.items()}
        self._sessions = {who: SimSessions(engine, clock, self._gate) for who, engine in self._engines.items()}
        self._ids = SimIds(loop, self._chance)
        self._log = SimLog(self._chance)
        self._receivers = Receivers(self._chance)
        groups = {service: SimGroup(tuple(topics)) for service, topics in _READS.items()}
        self._groups = groups
        self._makers = Makers(self._sessions, self._log, self._ids, groups, rulebook, self._receivers)
        self._processes = [
            Process(f"{service}-{n + 1}", getattr(self._makers, service))
            for service in _READS
            for n in range(_INSTANCES)
        ]

    async def go(self) -> Found:
        """Live, rest, ask."""
        put_time_away(self._loop)
        await self._begin()
        for process in self._processes:
            process.start()
        self._share()
        people = [asyncio.create_task(self._fetch_often()), asyncio.create_task(self._answer_often())]
        self._gate.risk = self._log.risk = _RISK
        breaking = asyncio.create_task(self._break())
        await self._live()
        breaking.cancel()
        await asyncio.gather(breaking, return_exceptions=True)
        self._gate.risk = self._log.risk = 0.0
        self._receivers.is_well = True
        self._share()
        await self._rest()
        for task in people:
            task.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        for process in self._processes:
            await process.crash()
        # From here on the database is all there is to wait for.
        self._loop.in_flight += 1
        await self._conclude()
        for engine in self._engines.values():
            await engine.dispose()
        self._loop.in_flight -= 1
        return self._found

    async def _begin(self) -> None:
        async with self._sessions["owner"].transaction() as session:
            for facility in FACILITIES:
                await session.run(
                    "INSERT INTO intake.facilities VALUES (:ori, :ori, :place, :agency, :zone, 'desk', :now, :now)",
                    ori=facility.ori,
                    place=facility.jurisdiction,
                    agency=facility.agency.value,
                    zone=facility.time_zone,
                    now=self._clock.now(),
                )
            for recipient, ori in [*((f"jail:{f.ori}", f.ori) for f in FACILITIES), ("ice", None)]:
                await session.run(
                    "INSERT INTO notify.endpoints (id, recipient, facility_ori, url, content, state, state_since,"
                    " state_reason, registered_at, registered_by)"
                    " VALUES (:id, :who, :ori, :url, 'full', 'active', :now, '', :now, 'simulation')",
                    id=self._ids.new(),
                    who=recipient,
                    ori=ori,
                    url=f"https://{recipient}",
                    now=self._clock.now(),
                )

    # ---- life

    async def _live(self) -> None:
        stories = Stories(self._asked.seed)
        step = timedelta(minutes=10)
        ends = BEGINS + timedelta(days=self._asked.days)
        begun, at = 0.0, BEGINS
        while at < ends:
            due = (at - BEGINS) / timedelta(days=1) * self._asked.stays_a_day
            stories.begin(at, int(due) - int(begun))
            begun, at = due, at + step
            await self._until(at)
            for sent in stories.until(at):
                self._found.count["poison" if sent.is_poison else "events"] += 1
                await self._write(OutMessage(sent.topic, sent.subject.encode(), sent.body))

    async def _until(self, instant: Any) -> None:
        wait = (instant - self._clock.now()).total_seconds() / TIMES
        await asyncio.sleep(max(0.0, wait))

    async def _write(self, message: OutMessage) -> None:
        while (await self._log.send([message]))[0] is not None:
            await asyncio.sleep(0.05)

    async def _fetch_often(self) -> None:
        outbox = Outbox("notify", self._ids, lambda _: None)
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 2))
            try:
                self._found.count["fetched"] += await fetch(self._sessions["notify"], outbox)
            except ConnectionError:
                continue

    async def _answer_often(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(5, 200))
            said = self._chance.choice(("honor", "honor", "decline"))
            try:
                self._found.count["answered"] += await answer(self._sessions["decision"], self._ids, said)
            except ConnectionError:
                continue

    # ---- misfortunes

    async def _break(self) -> None:
        deeds = (self._crash, self._crash, self._stand_still, self._rebalance, self._hear_again)
        while True:
            await asyncio.sleep(self._chance.uniform(0.2, 6))
            await self._chance.choice(deeds)()

    async def _crash(self) -> None:
        process = self._chance.choice(self._processes)
        self._found.count["crashes"] += 1
        await process.crash()
        await asyncio.sleep(self._chance.uniform(0.01, 1.0))
        process.start()
        self._share()

    async def _stand_still(self) -> None:
        """Give one's partitions to the other while it goes on as if they were its own."""
        service = self._chance.choice(list(_READS))
        deaf = f"{service}-{self._chance.randint(1, _INSTANCES)}"
        present = [name for name in self._groups[service].members if name != deaf]
        self._groups[service].share(present, deaf=[deaf])
        self._found.count["zombies"] += 1
        await asyncio.sleep(self._chance.uniform(0.5, 5))
        self._share()

    async def _rebalance(self) -> None:
        self._share(shuffled=True)
        self._found.count["rebalances"] += 1

    async def _hear_again(self) -> None:
        """Set a service's rows back, as after a restored backup."""
        service = self._chance.choice(list(_READS))
        back = self._chance.choice((3, 30, 10_000))
        try:
            async with self._sessions["owner"].transaction() as session:
                await session.run(f"UPDATE {service}.offsets SET position = greatest(0, position - {back})")
        except ConnectionError:
            return
        self._found.count["offsets set back"] += 1

    def _share(self, *, shuffled: bool = False) -> None:
        for group in self._groups.values():
            names = list(group.members)
            if shuffled:
                self._chance.shuffle(names)
            group.share(names)

    # ---- the end

    async def _rest(self) -> None:
        """Wait until nothing is under way; what never comes to rest is found by what it leaves."""
        for _ in range(int(_REST_S)):
            await asyncio.sleep(1)
            if await self._is_at_rest():
                return
        self._found.violations.append("it does not come to rest")

    async def _is_at_rest(self) -> bool:
        async with self._sessions["owner"].reading() as session:
            for service, topics in _READS.items():
                if await session.one(f"SELECT 1 FROM {service}.outbox LIMIT 1"):
                    return False
                rows = await session.all(f"SELECT topic, part, position FROM {service}.offsets")
                at = {(row.topic, row.part): row.position for row in rows}
                ends = {p: len(r) for p, r in self._log.records.items() if p[0] in topics}
                if any(at.get(place, 0) != end for place, end in ends.items()):
                    return False
                due = await session.one(f"SELECT due_at FROM {service}.due")
                if due is not None and due.due_at is not None and due.due_at <= self._clock.now():
                    return False
        return True

    async def _conclude(self) -> None:
        found = self._found
        found.violations += [f"{p.name} died of {p.died_of!r}" for p in self._processes if p.died_of is not None]
        async with self._engines["owner"].connect() as connection:
            now = self._clock.now()
            broken = await ask(ReadSession(connection), invariants(), Reach.whole(now))
            found.violations += [f"{one.invariant.name}: {one.subject} ({one.detail})" for one in broken]
            rows = await connection.execute(text(_TOLD))
            told = [bytes(row.told) for row in rows.all()]
            days = (await connection.execute(text(_CASE_DAYS), {"now": now})).scalar_one()
        found.case_days = float(days or 0)
        found.violations += list(_wrongly_told(self._receivers))
        found.count.update(self._gate.count + self._log.count)
        found.count["decisions"] = len(told)
        found.count["webhooks"] = len(self._receivers.came)
        whole = hashlib.sha256(b"".join(told) + repr(self._receivers.came).encode())
        found.digest = whole.hexdigest()[:16]


_TOLD = "SELECT told FROM decision.decisions ORDER BY id"
_CASE_DAYS = (
    "SELECT sum(extract(epoch FROM coalesce(gone_at, :now) - booked_at)) / 86400 FROM intake.cases"
    " WHERE booked_at IS NOT NULL"
)


def _wrongly_told(receivers: Receivers) -> list[str]:
    """On the wire one notice has one content, and no answer comes behind its successor."""
    contents: dict[tuple[str, str], set[str]] = {}
    last: dict[tuple[str, str | None], int] = {}
    wrong = []
    for url, notice, digest, kind, detainer, number in receivers.came:
        contents.setdefault((url, notice), set()).add(digest)
        if kind in ("decision", "correction"):
            if number < last.get((url, detainer), 0):
                wrong.append(f"to {url}: {number} after {last[url, detainer]} on {detainer}")
            last[url, detainer] = max(number, last.get((url, detainer), 0))
    return wrong + [f"notice {n} to {url} with {len(c)} contents" for (url, n), c in contents.items() if len(c) > 1]
