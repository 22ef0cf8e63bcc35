"""Everything running, as `countersign up` runs it, and how to see when it is through."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.load import FACILITIES, Ready
from services.console.up.keys import Sources, demo_keys, issue
from services.console.up.place import Place
from services.console.up.run import Run, Wanted, register, running
from shared.db.engine import make_engine
from shared.embedded.postgres import start_postgres
from shared.kafka.offsets import LogEnds
from shared.kafka.producer import KafkaLog, OutMessage
from shared.runtime.clock import ClockSetting

_HEADERS = (("content-type", b"application/cloudevents+json"),)
_INBOUND = ("jail.bookings.v1", "fingerprint.matches.v1", "ice.detainers.v1")
_OURS = ("custody.cases.v1", "custody.decisions.v1")
_AT_ONCE = 2_000
_LOOK_EVERY_S = 0.1
_POSITIONS = " UNION ALL ".join(
    f"SELECT topic, part, position FROM {schema}.offsets" for schema in ("intake", "decision", "notify")
)
_QUIET = (
    "SELECT NOT EXISTS (SELECT FROM intake.outbox) AND NOT EXISTS (SELECT FROM decision.outbox)"
    " AND NOT EXISTS (SELECT FROM notify.outbox)"
    " AND NOT EXISTS (SELECT FROM notify.deliveries WHERE state = 'planned' AND send_at <= now())"
)


@dataclass(slots=True)
class Stage:
    """A service under load."""

    run: Run
    database: asyncpg.Pool
    kafka: KafkaLog
    ends: LogEnds

    async def produce(self, ready: Sequence[Ready]) -> None:
        """Put events on their topics, as a state's message bus would."""
        for begin in range(0, len(ready), _AT_ONCE):
            part = [OutMessage(one.topic, one.key, one.value, _HEADERS) for one in ready[begin : begin + _AT_ONCE]]
            results = await self.kafka.send(part)
            failed = [error for error in results if error is not None]
            if failed:
                raise failed[0]

    async def through(self) -> dict[str, float]:
        """Wait until all is handled; give the instants at which each service had read everything."""
        done: dict[str, float] = {}
        while True:
            behind = await self._behind()
            now = time.perf_counter()
            inbound = sum(behind[topic] for topic in _INBOUND)
            left = {
                "intake": inbound,
                "decision": inbound + behind[_OURS[0]],
                "notify": inbound + sum(behind[topic] for topic in _OURS),
            }
            for service, waits in left.items():
                if waits:
                    done.pop(service, None)
                else:
                    done.setdefault(service, now)
            if (
                not any(left.values())
                and await self.database.fetchval(_QUIET)
                and not any((await self._behind()).values())
            ):
                done["all"] = time.perf_counter()
                return done
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _behind(self) -> dict[str, int]:
        ends = await self.ends.ends([*_INBOUND, *_OURS])
        rows = await self.database.fetch(_POSITIONS)
        at = {(row["topic"], row["part"]): row["position"] for row in rows}
        behind = dict.fromkeys((*_INBOUND, *_OURS), 0)
        for place, end in ends.items():
            behind[place[0]] += end - at.get(place, 0)
        return behind


@asynccontextmanager
async def staged(root: Path, *, instances: int = 1) -> AsyncIterator[Stage]:
    """Run everything in a folder of its own; the load's jails are registered, with a key each."""
    # Load is a burst by its nature, and nobody is here to let it go.
    os.environ.update({"COUNTERSIGN_BURST_FACILITY": "0", "COUNTERSIGN_BURST_POLICY": "0"})
    place = Place(root)
    place.make()
    # A backlog is what a burst is: without this its notices would wait for a person, as they should.
    os.environ |= {"COUNTERSIGN_BURST_FACILITY": "0", "COUNTERSIGN_BURST_POLICY": "0"}
    wanted = Wanted(place=place, port_base=0, clock=ClockSetting("system"), play=None, instances=instances)
    async with AsyncExitStack() as stack:
        run = await stack.enter_async_context(running(wanted, lambda _: None))
        await register(run.urls["intake"], run.keys["operator"], list(FACILITIES.values()))
        engine = make_engine(run.database.owner_url, name="bench", pool_size=1)
        run.keys.update(await issue(engine, place, demo_keys(sorted(FACILITIES), Sources())))
        await engine.dispose()
        # As the server's own superuser: what is copied and counted here lies under everyone's row security.
        server = await start_postgres(place.postgres, port=place.read("postgres.json")["port"])
        url = server.url("countersign").replace("+asyncpg", "")
        database = await stack.enter_async_context(
            asyncpg.create_pool(url, min_size=1, max_size=2, command_timeout=None)
        )
        kafka = await stack.enter_async_context(KafkaLog(run.kafka, delivery_s=60))
        ends = await stack.enter_async_context(LogEnds(run.kafka))
        yield Stage(run, database, kafka, ends)
