"""A week of holds with a change to winter time and a holiday; nearly everything is dead for its last day.

    python -m tests.exhaustive.hold_week [--holds 5000] [--speed 120] [--days 7.25]

Friday 2010-11-05 to Friday 2010-11-12 in Connecticut, on the scaled clock: clocks go back on Sunday, Thursday is
Veterans Day. Decision never runs; for the last day Kafka and one of two notify instances are killed as well. Jails
read their feeds over HTTP as programs do, and sign. Prints how long before closing each end of a hold was with its jail
at least, and how many were late; exits 1 if one was. ``--days`` plays the end of the week alone. The clock's quarter
of an hour is 900 seconds divided by the speed, in which a busy machine must have done its work: give it a low one.
What it prints tells the two apart: how long an end waited to be sent and to be fetched, in the machine's seconds, and
for the last day how long the notify that was left worked, and how long it stood ready and got no core.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from services.console.up.ports import free_ports
from shared.db.schema import ROLES, let_in, migrate
from shared.domain.events import DecisionRecorded
from shared.domain.window import ClockRule, earliest
from shared.embedded.postgres import PostgresServer, start_postgres, stop_postgres
from shared.http.access import Role
from shared.kafka.envelope import pack
from shared.kafka.producer import KafkaLog, OutMessage
from shared.kafka.topics import Topic, ensure_topics
from shared.runtime.clock import ClockSetting
from shared.runtime.ids import UuidV7
from tests.support.database import Database
from tests.support.decisions import a_hold, a_window
from tests.support.kafka import DevBroker

_ZONE = ZoneInfo("America/New_York")
BEGINS = datetime(2010, 11, 5, 12, tzinfo=_ZONE)
ENDS = datetime(2010, 11, 12, 18, tzinfo=_ZONE)
LAST_DAY = timedelta(days=1)
_FACILITIES, _AT_ONCE, _PASSWORD = 20, 500, "x" * 24
_HEAD_START = timedelta(seconds=40)
_IDS = UuidV7()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for."""

    holds: int
    speed: float
    days: float

    @property
    def starts_at(self) -> datetime:
        """When the clock begins; the parts are being started meanwhile."""
        return ENDS - timedelta(days=self.days) - _HEAD_START * self.speed


def _first_opening(wanted: Wanted) -> datetime:
    """Give the first hour at which a window may open that closes well after the clock has begun."""
    opens_at = BEGINS
    while earliest([ClockRule.FED_48_BIZ], opens_at, _ZONE.key).at < wanted.starts_at + timedelta(hours=3):
        opens_at += timedelta(hours=1)
    return opens_at


def holds(wanted: Wanted) -> list[DecisionRecorded]:
    """Give holds whose releases fall due from Friday noon to Tuesday afternoon, each closing by the law's clock."""
    first, last = _first_opening(wanted), datetime(2010, 11, 9, 17, tzinfo=_ZONE)
    made = []
    for number in range(wanted.holds):
        opens_at = (first + (last - first) * number / wanted.holds).astimezone(UTC)
        closes_at = earliest([ClockRule.FED_48_BIZ], opens_at, _ZONE.key).at
        window = a_window(opens_at=opens_at, closes_at=closes_at)
        made.append(
            replace(
                a_hold(window=window, due_by=opens_at, ice_due_by=closes_at, decided_at=BEGINS),
                id=_IDS.new(),
                case_id=_IDS.new(),
                detainer_id=f"WEEK-{number}",
                facility_ori=f"CT{number % _FACILITIES:07}",
                booking_number=f"10-{number:06}",
            )
        )
    return made


@dataclass(slots=True)
class Jail:
    """A jail's program: it reads its feed by long polling from whichever instance answers, and signs."""

    ori: str
    key: str
    urls: list[str]
    read: int = 0

    async def work(self) -> None:
        """Read and sign until told to stop."""
        after: str | None = None
        async with httpx.AsyncClient(timeout=40, headers={"authorization": f"Bearer {self.key}"}) as client:
            while True:
                try:
                    after = await self._once(client, after)
                except httpx.TransportError:
                    self.urls.append(self.urls.pop(0))

    async def _once(self, client: httpx.AsyncClient, after: str | None) -> str | None:
        where = f"{self.urls[0]}/v1/jails/{self.ori}"
        query: dict[str, str] = {"wait": "20", "limit": "500", **({"after": after} if after else {})}
        answer = await client.get(f"{where}/notices", params=query)
        if answer.is_error:
            await asyncio.sleep(0.1)
            return after
        page: dict[str, Any] = answer.json()
        ids = [item["id"] for item in page["items"]]
        if ids:
            self.read += len(ids)
            await client.post(f"{where}/receipts", json={"ids": ids, "signed_by": "desk"})
        return str(page["next"])


@asynccontextmanager
async def serving(
    called: tuple[str, int, int], database: Database, kafka: str, clock: str, folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one process of ours: its service, its number and its port."""
    name, number, port = called
    env = {
        **os.environ,
        "COUNTERSIGN_INSTANCE": str(number),
        "COUNTERSIGN_CLOCK": clock,
        "COUNTERSIGN_KAFKA": kafka,
        "COUNTERSIGN_DATABASE_URL": database.role_url(name),
        "COUNTERSIGN_API_DATABASE_URL": database.role_url(name, "api"),
        "COUNTERSIGN_PORT": str(port),
        # Five thousand in one go are a burst by their nature.
        "COUNTERSIGN_BURST_FACILITY": "0",
        "COUNTERSIGN_BURST_POLICY": "0",
    }
    with (folder / f"{name}-{number}.log").open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.console.cli", "serve", name, env=env, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def tell(kafka: str, decisions: list[DecisionRecorded]) -> None:
    """Put the decisions on the topic."""
    async with KafkaLog(kafka, delivery_s=60) as log:
        for first in range(0, len(decisions), _AT_ONCE):
            messages = [
                OutMessage(
                    Topic.DECISIONS,
                    str(one.case_id).encode(),
                    pack(_IDS.new(), "decision", "decision.recorded", one.decided_at, str(one.case_id), one),
                )
                for one in decisions[first : first + _AT_ONCE]
            ]
            assert not any(await log.send(messages))


async def play(wanted: Wanted, folder: Path, server: PostgresServer) -> dict[str, Any]:
    """Play the week and give what came of it."""
    database = Database(server, "postgres", _PASSWORD)
    setting = ClockSetting("scaled", wanted.starts_at, wanted.speed)
    async with database.owner() as engine:
        await migrate(engine, setting)
        await let_in(engine, dict.fromkeys(ROLES, _PASSWORD))
    began = asyncio.get_running_loop().time()

    async def until(instant: datetime) -> None:
        seconds = (instant - wanted.starts_at).total_seconds() / wanted.speed
        await asyncio.sleep(max(0.0, began + seconds - asyncio.get_running_loop().time()))

    broker = DevBroker(folder / "kafka")
    await asyncio.to_thread(broker.start)
    await ensure_topics(broker.bootstrap)
    clock = f"scaled:{wanted.starts_at.isoformat()}@{wanted.speed:g}"
    ports = free_ports(3)
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(
                serving(("notify", number, ports[number - 1]), database, broker.bootstrap, clock, folder)
            )
            for number in (1, 2)
        ]
        await stack.enter_async_context(serving(("watchdog", 1, ports[2]), database, broker.bootstrap, clock, folder))
        decisions = holds(wanted)
        oris = sorted({one.facility_ori for one in decisions})
        urls = [f"http://127.0.0.1:{port}" for port in ports[:2]]
        jails = [Jail(ori, await database.key(Role.JAIL, oris=(ori,)), list(urls)) for ori in oris]
        await tell(broker.bootstrap, decisions)
        working = [asyncio.create_task(jail.work()) for jail in jails]
        await until(ENDS - LAST_DAY)
        heard = await database.all("SELECT count(*) FROM notify.windows")
        first.kill()
        await asyncio.to_thread(broker.kill)
        before = _cores(second.pid)
        await until(ENDS + timedelta(minutes=30))
        cores = [round(after - then, 1) for after, then in zip(_cores(second.pid), before, strict=True)]
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
    figures = await _figures(database, wanted)
    return figures | {
        "heard_before_the_kills": heard[0][0],
        "notices_read": sum(jail.read for jail in jails),
        "last_day_worked_s": cores[0],
        "last_day_got_no_core_s": cores[1],
    }


def _cores(pid: int) -> tuple[float, float]:
    """Give for how long a process has run, and for how long it was ready to and did not: Linux keeps count."""
    ran, stood, _ = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()
    return int(ran) / 1e9, int(stood) / 1e9


async def _figures(database: Database, wanted: Wanted) -> dict[str, Any]:
    ((windows, closed, told, late, least, unsent, unread),) = await database.all(
        "SELECT count(*), count(*) FILTER (WHERE w.state = 'closed'), count(d.delivered_at),"
        " count(*) FILTER (WHERE d.delivered_at IS NULL OR d.delivered_at > w.closes_at),"
        " min(w.closes_at - d.delivered_at), max(d.sent_at - d.send_at), max(d.delivered_at - d.sent_at)"
        " FROM notify.windows w"
        " LEFT JOIN notify.notices n ON n.window_id = w.id AND n.kind = 'hold_ended' AND n.recipient LIKE 'jail:%'"
        " LEFT JOIN notify.deliveries d ON d.notice_id = n.id"
    )
    last_day = await database.all("SELECT count(*) FROM notify.windows WHERE closes_at > :since", since=ENDS - LAST_DAY)
    alarms = await database.all("SELECT kind, count(*) FROM watchdog.alarms GROUP BY kind ORDER BY kind")
    return {
        "holds": wanted.holds,
        "speed": wanted.speed,
        "days": wanted.days,
        "windows": windows,
        "closed": closed,
        "closing_on_the_last_day": last_day[0][0],
        "ends_told": told,
        "late": late,
        "least_lead_minutes": round(least.total_seconds() / 60, 2) if isinstance(least, timedelta) else None,
        "slowest_to_send_s": _machine_s(unsent, wanted),
        "slowest_to_fetch_s": _machine_s(unread, wanted),
        "watchdog": {str(kind): many for kind, many in alarms},
    }


def _machine_s(span: object, wanted: Wanted) -> float | None:
    return round(span.total_seconds() / wanted.speed, 2) if isinstance(span, timedelta) else None


async def _run(wanted: Wanted) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="countersign-") as name:
        folder = Path(name)
        server = await start_postgres(folder / "postgres", port=free_ports(1)[0], durable=False)
        try:
            return await play(wanted, folder, server)
        finally:
            await stop_postgres(server, mode="immediate")


def main() -> None:
    """Play, print what came of it in one line, and exit 1 if a hold's end was late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holds", type=int, default=5000)
    parser.add_argument("--speed", type=float, default=120)
    parser.add_argument("--days", type=float, default=7.25)
    asked = parser.parse_args()
    told = asyncio.run(_run(Wanted(asked.holds, asked.speed, asked.days)))
    print(json.dumps(told))  # noqa: T201
    raise SystemExit(0 if told["late"] == 0 and told["windows"] == asked.holds else 1)


if __name__ == "__main__":
    main()
