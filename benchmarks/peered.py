"""The plain peer's rate: the same events, from the same broker, into a database of the same server."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from benchmarks import machine
from benchmarks.load import Ready
from benchmarks.stage import Stage
from shared.kafka.aio import create_topics

_LOOK_EVERY_S = 0.1
#: Ten times what it takes on a quiet machine.
_PATIENCE_S = 600.0
#: Who adds nothing for so long has done what it can.
_STILL_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peered:
    """What the peer did."""

    events: int
    seconds: float
    cpu_us: dict[str, float]
    rows: dict[str, int]

    @property
    def events_per_s(self) -> float:
        """Give the rate, from its first event handled to its last notice."""
        return self.events / self.seconds


async def peered(stage: Stage, ready: Sequence[Ready], root: Path, *, topics: str) -> Peered:
    """Let the peer handle these events from topics of its own; its two handlers share one process, as its docs show."""
    url = stage.run.database.owner_url
    await stage.database.execute("DROP SCHEMA IF EXISTS peer CASCADE")
    await stage.database.execute("CREATE SCHEMA peer AUTHORIZATION countersign_owner")
    env = {**os.environ, "PEER_DATABASE_URL": url, "PEER_KAFKA": stage.run.kafka, "PEER_TOPICS": topics}
    wanted = {f"{topics}.{one}": 6 for one in (*sorted({one.topic for one in ready}), "decisions")}
    await create_topics(stage.run.kafka, wanted, replicas=1, configs={})
    await stage.produce([replace(one, topic=f"{topics}.{one.topic}") for one in ready])
    await _once(env, "tables")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    with (root / "peer.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.peer.app", "all", env=env, stdout=log, stderr=log
        )
    try:
        began, spent = await _first(connection)
        handled, ended = await _last(connection)
        cpu = machine.spent(spent, machine.cpu_seconds())
        rows = {
            table: await connection.fetchval(f"SELECT count(*) FROM peer.{table}")
            for table in ("events", "cases", "decisions", "notices", "audit")
        }
    finally:
        process.terminate()
        await process.wait()
        await connection.close()
    ours = {part: round(1e6 * cpu.get(part, 0) / handled, 1) for part in ("peer", "postgres", "broker")}
    return Peered(events=handled, seconds=ended - began, cpu_us=ours, rows=rows)


async def _once(env: dict[str, str], what: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.peer.app", what, env=env)
    if await process.wait():
        raise RuntimeError("the peer's tables could not be made")


async def _first(connection: asyncpg.Connection) -> tuple[float, dict[str, float]]:
    """Wait for its first event, so that its start does not count."""
    while not await connection.fetchval("SELECT count(*) FROM peer.events"):  # noqa: ASYNC110 - it rings no bell
        await asyncio.sleep(_LOOK_EVERY_S / 10)
    return time.perf_counter(), machine.cpu_seconds()


async def _last(connection: asyncpg.Connection) -> tuple[int, float]:
    """Wait until it adds nothing more: what it has failed at it never does again. Give its events and when that was."""
    async with asyncio.timeout(_PATIENCE_S):
        seen, since = None, time.perf_counter()
        while time.perf_counter() - since < _STILL_S:
            row = await connection.fetchrow(
                "SELECT (SELECT count(*) FROM peer.events) AS events, (SELECT count(*) FROM peer.notices) AS notices"
            )
            if row != seen:
                seen, since = row, time.perf_counter()
            await asyncio.sleep(_LOOK_EVERY_S)
    return int(row["events"]), since
