"""How long the console's pages take on a full database, and what the console costs those who do the work.

python -m benchmarks.pages --cases 100000 --messages 200000
"""

import argparse
import asyncio
import json
import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import mkdtemp
from typing import Any

import httpx
import uvloop

from benchmarks import machine
from benchmarks.growth import grow
from benchmarks.load import events
from benchmarks.stage import Stage, staged
from services.console.accounts.make import new_password_for
from services.console.simulate.profile import COUNTY, DETAINED, Profile
from shared.db.engine import make_engine

#: Bookings produced at a time; memory stays small.
_PART = 2_000
#: Every so many parts are of people with detainers, so that holds, reviews and notices are there to be shown.
_DETAINED_EVERY = 5
_LOOKS_S = 20.0
#: The last notices, for which receipts are wanted still.
_UNSIGNED = 300
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A page, asked for many times, one at a time."""

    name: str
    #: The first request, for which nothing was kept of an earlier one.
    first_ms: float
    p50_ms: float
    p95_ms: float
    #: CPU milliseconds of a request in the console and in Postgres, beyond what both take while nobody asks: the
    #: time that a request takes on a machine that does nothing else.
    console_ms: float
    postgres_ms: float


async def measure(stage: Stage, requests: int) -> dict[str, Any]:
    """Time every page as an operator, and what the console takes while people look and while nobody does."""
    base = stage.run.urls["console"]
    async with httpx.AsyncClient(base_url=base, timeout=60, follow_redirects=True) as client:
        await _sign_in(client, await _password(stage))
        pages = await _pages(stage)
        costs = {f"{count} people look": await _cost(client, count) for count in (0, 1, 5)}
        timed = []
        for name, path in pages.items():
            timed.append(await _timed(client, name, path, requests, costs["0 people look"]))
            sys.stderr.write(f"{timed[-1]}\n")
    return {"pages": [_row(one) for one in timed], "cpu_share_of_a_core": costs}


def _row(one: Timed) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("name", "first_ms", "p50_ms", "p95_ms", "console_ms", "postgres_ms")}


async def _password(stage: Stage) -> str:
    """Give the operator another password: the first was told once, when the folder was made."""
    engine = make_engine(stage.run.database.owner_url, name="pages", pool_size=1)
    try:
        async with engine.begin() as connection:
            return await new_password_for(connection, "operator") or ""
    finally:
        await engine.dispose()


async def _sign_in(client: httpx.AsyncClient, password: str) -> None:
    answer = await client.post("/sign-in", data={"name": "operator", "password": password})
    answer.raise_for_status()


async def _pages(stage: Stage) -> Mapping[str, str]:
    """Name every page, with the numbers that are there."""
    database = stage.database
    case = await database.fetchval(
        "SELECT case_id FROM notify.windows WHERE state = 'open' AND booking_number NOT LIKE '%~%' LIMIT 1"
    ) or await database.fetchval("SELECT case_id FROM decision.dossiers LIMIT 1")
    told = await database.fetchrow(
        "SELECT c.case_id, c.facility_ori, c.booking_number FROM intake.cases c"
        " WHERE c.booking_number NOT LIKE '%~%' ORDER BY c.case_id LIMIT 1"
    )
    review = await database.fetchval("SELECT id FROM decision.reviews ORDER BY opened_at DESC LIMIT 1")
    ended = await database.fetchval("SELECT case_id FROM intake.cases ORDER BY case_id LIMIT 1 OFFSET 500")
    booking = f"{told['facility_ori']}/{told['booking_number']}"
    return {
        "overview": "/",
        "cases": "/cases",
        "cases that have ended": "/cases?state=ended",
        "cases by number": f"/cases?number={told['booking_number']}",
        "cases by facility and outcome": f"/cases?facility={told['facility_ori']}&outcome=HOLD",
        "a case with a hold": f"/cases/{case}",
        "an ended case": f"/cases/{ended}",
        "reviews": "/reviews",
        **({"a review": f"/reviews/{review}"} if review else {}),
        "topics": "/topics",
        "a topic": "/topics/jail.bookings.v1",
        "a topic by type": "/topics/jail.bookings.v1?kind=booking.amended",
        "messages by case": f"/topics/jail.bookings.v1?key={told['case_id']}",
        "messages by case, our own topic": f"/topics/custody.cases.v1?key={told['case_id']}",
        "messages by booking": f"/topics/jail.bookings.v1?key={booking}",
        "a message": "/topics/jail.bookings.v1/0/0",
        "dead letters": "/parked",
        "alarms": "/alarms",
        "deliveries": "/deliveries",
        "rulebook": "/rulebook/index.html",
        "try the rulebook": "/rulebook/try",
        "facilities": "/facilities",
        "account": "/account",
        "figures, for Prometheus": "/metrics",
    }


async def _timed(client: httpx.AsyncClient, name: str, path: str, requests: int, idle: Mapping[str, float]) -> Timed:
    began = time.perf_counter()
    await client.get(path)
    first_ms = round((time.perf_counter() - began) * 1000, 1)
    before, took = machine.cpu_seconds(), list[float]()
    for _ in range(requests):
        began = time.perf_counter()
        answer = await client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code in {200, 401, 403}, (path, answer.status_code)  # noqa: S101
    cpu = machine.spent(before, machine.cpu_seconds())
    return Timed(
        name=name,
        first_ms=first_ms,
        p50_ms=round(median(took), 1),
        p95_ms=round(quantiles(took, n=20)[-1], 1),
        **{
            f"{part}_ms": max(0.0, round((1000 * cpu.get(part, 0.0) - sum(took) * idle[part]) / requests, 1))
            for part in ("console", "postgres")
        },
    )


async def _cost(client: httpx.AsyncClient, people: int) -> dict[str, float]:
    """Give the share of a core that console and Postgres take while so many look at a page each, and nothing comes."""
    paths = ["/stream", "/cases/stream", "/topics/stream", "/reviews/stream", "/deliveries/stream"][:people]
    following = [asyncio.create_task(_follow(client, path)) for path in paths]
    await asyncio.sleep(3)
    before, began = machine.cpu_seconds(), time.perf_counter()
    await asyncio.sleep(_LOOKS_S)
    cpu, seconds = machine.spent(before, machine.cpu_seconds()), time.perf_counter() - began
    for one in following:
        one.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    return {part: round(cpu.get(part, 0.0) / seconds, 3) for part in ("console", "postgres", "broker")}


async def _follow(client: httpx.AsyncClient, path: str) -> None:
    async with client.stream("GET", path, timeout=None) as answer:
        async for _ in answer.aiter_raw():
            pass


async def _answer(stage: Stage) -> None:
    """Let recipients have fetched and signed for what was sent, but for the last; so their alarms are cleared too."""
    await stage.database.execute(
        "UPDATE notify.deliveries SET state = 'acknowledged', sent_at = coalesce(sent_at, send_at),"
        " delivered_at = coalesce(sent_at, send_at), acknowledged_at = coalesce(sent_at, send_at), late_since = NULL,"
        " unacknowledged_since = NULL WHERE send_at <= now() AND acknowledged_at IS NULL AND state <> 'replaced'"
        " AND notice_id NOT IN (SELECT id FROM notify.notices ORDER BY id DESC LIMIT $1)",
        _UNSIGNED,
    )
    for service in ("notify", "watchdog"):
        await stage.database.execute(
            f"UPDATE {service}.alarms SET cleared_at = now(), cleared_by = 'bench', cleared_reason = 'signed for'"
            " WHERE cleared_at IS NULL"
        )
    await stage.database.execute("VACUUM ANALYZE")


async def fill(stage: Stage, cases: int, messages: int, *, answered: bool) -> dict[str, int]:
    """Bring so many messages onto the topics by real lives, and so many cases by copying theirs."""
    part = 0
    while (there := await _messages(stage)) < messages:
        part += 1
        profile: Profile = DETAINED if part % _DETAINED_EVERY == 0 else COUNTY
        await stage.produce(events(profile, _PART, seed=300 + part))
        await stage.through()
        sys.stderr.write(f"{there} messages\n")
    await grow(stage, cases)
    if answered:
        await _answer(stage)
    return {
        "messages": await _messages(stage),
        "cases": await stage.database.fetchval("SELECT count(*) FROM intake.cases"),
        "open_holds": await stage.database.fetchval("SELECT count(*) FROM notify.windows WHERE state = 'open'"),
        "open_reviews": await stage.database.fetchval(
            "SELECT count(*) FROM decision.reviews WHERE state IN ('open', 'claimed')"
        ),
        "notices": await stage.database.fetchval("SELECT count(*) FROM notify.notices"),
        "open_alarms": await stage.database.fetchval("SELECT count(*) FROM notify.alarms WHERE cleared_at IS NULL"),
    }


async def _messages(stage: Stage) -> int:
    ends = await stage.ends.ends(
        ["jail.bookings.v1", "fingerprint.matches.v1", "ice.detainers.v1", "custody.cases.v1", "custody.decisions.v1"]
    )
    return sum(ends.values())


async def _run(root: Path, asked: argparse.Namespace) -> dict[str, Any]:
    async with staged(root) as stage:
        filled = await fill(stage, asked.cases, asked.messages, answered=not asked.unanswered)
        return {"filled": filled, **await measure(stage, asked.requests)}


def main(words: Sequence[str] | None = None) -> None:
    """Fill, measure, print, and take everything away again."""
    wants = argparse.ArgumentParser(description=__doc__)
    wants.add_argument("--cases", type=int, default=100_000)
    wants.add_argument("--messages", type=int, default=200_000)
    wants.add_argument("--requests", type=int, default=40)
    wants.add_argument("--unanswered", action="store_true", help="nobody fetches anything, so that all of it is late")
    wants.add_argument("--keep", type=Path, help="fill this folder and leave it")
    asked = wants.parse_args(words)
    root = asked.keep or Path(mkdtemp(prefix="countersign-pages-"))
    try:
        told = uvloop.run(_run(root, asked))
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    finally:
        if asked.keep is None:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
