"""Webhooks out: notices to one fast receiver, beside a bare client loop that posts the same bytes to it.

    python -m benchmarks.webhooks [--notices 50000]

Both use as many connections at a time, and the receiver is a process of its own that answers as it must and does
nothing else. Ours claims, signs, sends, writes the attempt down and marks the notice delivered; the bare loop posts.
"""

import argparse
import asyncio
import json
import multiprocessing
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx

from services.console.up.ports import free_ports
from services.notify.channels.address import Rules
from services.notify.channels.signature import new_secret
from services.notify.channels.webhook import Line
from services.notify.courier import Courier
from services.notify.dossier import Margins
from services.notify.handlers import Decisions
from services.notify.retry import Patience
from services.notify.valve import Limits
from shared.db.engine import make_engine
from shared.db.schema import ROLES, let_in, migrate
from shared.db.session import Sessions
from shared.domain.events import DecisionRecorded
from shared.embedded.postgres import start_postgres, stop_postgres
from shared.kafka.consumer import Record
from shared.kafka.envelope import Message
from shared.outbox.inbox import Heard
from shared.outbox.outbox import Outbox
from shared.runtime.clock import ClockSetting, SystemClock, machine_now
from shared.runtime.health import Progress
from shared.runtime.ids import UuidV7

_ORI, _ABREAST, _BATCH = "CT0009300", 8, 500
_IDS = UuidV7()
_NOWHERE = Record("custody.decisions.v1", 0, 0, None, None, ())


@dataclass(frozen=True, slots=True)
class Figures:
    """How fast, and how long each took, milliseconds."""

    per_s: float
    p50_ms: float
    p99_ms: float


async def _receive(port_to: "multiprocessing.connection.Connection") -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line)
                await reader.readexactly(int(lines[b"content-length"]))
                said = b'{"id":"%b"}' % lines[b"webhook-id"]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port_to.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _receiver(port_to: "multiprocessing.connection.Connection") -> None:
    asyncio.run(_receive(port_to))


@asynccontextmanager
async def _database() -> AsyncIterator[tuple[Sessions, Sessions]]:
    """Give a migrated database of its own: as notify, and past all row security."""
    with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
        server = await start_postgres(Path(folder) / "postgres", port=free_ports(1)[0])
        owner = make_engine(server.url("postgres"), name="bench")
        try:
            await migrate(owner, ClockSetting("system"))
            await let_in(owner, dict.fromkeys(ROLES, "x" * 24))
            role = make_engine(server.url("postgres", "countersign_notify_pipeline", "x" * 24), name="bench-notify")
            async with AsyncExitStack() as stack:
                stack.push_async_callback(role.dispose)
                yield Sessions(role, SystemClock()), Sessions(owner, SystemClock())
        finally:
            await owner.dispose()
            await stop_postgres(server, mode="immediate")


def _decision(number: int, now: datetime) -> DecisionRecorded:
    return DecisionRecorded(
        id=_IDS.new(),
        case_id=_IDS.new(),
        detainer_id=f"BENCH-{number}",
        facility_ori=_ORI,
        booking_number=f"{number}",
        outcome="RELEASE",
        policy="bench@1",
        rule="bench",
        citation="bench",
        decided_at=now,
        decided_by="policy",
        window=None,
        supersedes=None,
        due_by=now + timedelta(days=2),
        number=1,
        case_version=1,
        ice_due_by=now + timedelta(days=2),
        came_late=False,
        time_zone="America/New_York",
        clocks=(),
        release_due_at=None,
        gone_at=None,
        other_custody=False,
        # ICE is told nothing, so that every notice is the one receiver's.
        ice_answer="none",
        ends=None,
    )


async def _plan(notify: Sessions, owner: Sessions, url: str, notices: int) -> UUID:
    """Register the receiver and let notify hear the decisions; give the endpoint."""
    endpoint = _IDS.new()
    async with owner.transaction() as session:
        await session.run(
            "INSERT INTO notify.endpoints (id, recipient, facility_ori, url, content, state, state_since, state_reason,"
            " registered_at, registered_by)"
            " VALUES (:id, :who, :ori, :url, 'full', 'active', now(), 'bench', now(), 'b')",
            id=endpoint,
            who=f"jail:{_ORI}",
            ori=_ORI,
            url=url,
        )
        await session.run(
            "INSERT INTO notify.endpoint_secrets (id, endpoint_id, recipient, facility_ori, secret)"
            " VALUES (:secret_id, :id, :who, :ori, :secret)",
            secret_id=_IDS.new(),
            id=endpoint,
            who=f"jail:{_ORI}",
            ori=_ORI,
            secret=new_secret(),
        )
    # Load is a burst by its nature, so the valve is off.
    nothing = partial(int)
    decisions = Decisions(
        Outbox("notify", _IDS, lambda _: None), _IDS, Margins(), nothing, nothing, Limits(facility=0, policy=0)
    )
    for first in range(0, notices, _BATCH):
        now = machine_now()
        heard = [
            Heard(_NOWHERE, Message(_IDS.new(), "decision.recorded", _decision(each, now)))
            for each in range(first, min(first + _BATCH, notices))
        ]
        async with notify.transaction() as session:
            await decisions.on_decisions(session, heard, now)
    return endpoint


async def _ours(notify: Sessions, owner: Sessions, endpoint: UUID, notices: int) -> Figures:
    rules = Rules(own_machine=True)
    lines = partial(Line, rules=rules, tls=ssl.create_default_context())
    outbox = Outbox("notify", _IDS, lambda _: None)
    courier = Courier(sessions=notify, outbox=outbox, ids=_IDS, patience=Patience(), progress=Progress(), lines=lines)
    began = time.perf_counter()
    await courier.serve(endpoint)
    took = time.perf_counter() - began
    async with owner.reading() as session:
        row = await session.one(
            "SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms) AS p50,"
            " percentile_cont(0.99) WITHIN GROUP (ORDER BY took_ms) AS p99 FROM notify.attempts"
            " WHERE way = 'webhook' AND result = 'confirmed'"
        )
        told = await session.one("SELECT count(*) AS n FROM notify.deliveries WHERE state = 'delivered'")
    if row is None or told is None or (row.n, told.n) != (notices, notices):
        raise SystemExit(f"of {notices} notices, not all were delivered")
    return Figures(notices / took, row.p50, row.p99)


async def _bare(url: str, body: bytes, notices: int) -> Figures:
    took: list[float] = []
    left = iter(range(notices))
    limits = httpx.Limits(max_connections=_ABREAST, max_keepalive_connections=_ABREAST)

    async def post(client: httpx.AsyncClient) -> None:
        for number in left:
            began = time.perf_counter()
            await client.post(url, content=body, headers={"webhook-id": str(number)})
            took.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    async with httpx.AsyncClient(limits=limits, timeout=10) as client:
        await asyncio.gather(*(post(client) for _ in range(_ABREAST)))
    return Figures(notices / (time.perf_counter() - began), *_quantiles(took))


def _quantiles(took: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(took)
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]


async def _run(notices: int) -> dict[str, Figures]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_receiver, args=(theirs,), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{ours.recv()}/hook"
    try:
        async with _database() as (notify, owner):
            endpoint = await _plan(notify, owner, url, notices)
            async with owner.reading() as session:
                row = await session.one("SELECT told FROM notify.deliveries LIMIT 1")
            made = {"countersign": await _ours(notify, owner, endpoint, notices)}
        assert row is not None  # noqa: S101 - it was just written
        made["bare client loop"] = await _bare(url, row.told, notices)
        return made
    finally:
        process.kill()


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=50_000)
    notices = parser.parse_args().notices
    for name, one in asyncio.run(_run(notices)).items():
        line = {"what": name, "notices": notices, "per_s": round(one.per_s), "p50_ms": round(one.p50_ms, 1)}
        print(json.dumps(line | {"p99_ms": round(one.p99_ms, 1)}))  # noqa: T201


if __name__ == "__main__":
    main()
