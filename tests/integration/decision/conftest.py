"""Decision's routes on a real Postgres under row security, in February 2012."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.decision import api
from services.decision.handlers import Decide
from services.decision.policy.load import load_rulebook
from shared.db import casebook
from shared.db.engine import make_engine
from shared.db.listen import Wake
from shared.db.schema import migrate, step
from shared.db.session import Sessions, open_clock
from shared.domain.case import HeardEvent
from shared.domain.fold import fold
from shared.embedded.postgres import PostgresServer
from shared.http.access import Keys, Role, new_key
from shared.http.app import make_app
from shared.http.paging import cursor
from shared.outbox.outbox import Outbox
from shared.outbox.parts import Parts
from shared.runtime.clock import ClockSetting, machine_now
from shared.runtime.health import Progress
from shared.runtime.ids import UuidV7
from tests.support.builders import NUMBER, ORI, OTHER_ORI, ZONE, at

STARTS = "stepped:2012-02-22T12:00:00-05:00"
RULEBOOK = load_rulebook()
COMMISSIONER = "Commissioner of Correction"


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """Give a migrated database that tests copy."""
    name = f"template_{uuid4().hex}"

    async def make() -> None:
        await _sql(postgres, f"CREATE DATABASE {name}")
        engine = make_engine(postgres.url(name), name="test")
        await migrate(engine, ClockSetting.parse(STARTS))
        await engine.dispose()

    asyncio.run(make())
    return name


async def _sql(server: PostgresServer, statement: str) -> None:
    connection = await asyncpg.connect(server.url("postgres").replace("+asyncpg", ""))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _engine_as(url: str, role: str) -> AsyncEngine:
    """Give an engine whose sessions run as a role, row security and all."""
    return create_async_engine(url, connect_args={"server_settings": {"role": role}})


@dataclass
class Stage:
    """Decision's application and pipeline over one database, and hands to set the scene with."""

    owner: AsyncEngine
    everything: Sessions
    decide_as: Sessions
    decide: Decide
    app: Any
    woken: Wake
    stack: AsyncExitStack
    ids: UuidV7 = field(default_factory=UuidV7)

    async def client(self, role: Role, *, oris: tuple[str, ...] = (), office: str | None = None) -> httpx.AsyncClient:
        """Give a client with a fresh key."""
        key = new_key()
        async with self.everything.transaction() as session:
            await session.run(
                "INSERT INTO access.keys VALUES (:id, :digest, :role, :oris, '{}', 'test', :office, :now, NULL)",
                id=key.id,
                digest=key.digest,
                role=role.value,
                oris=list(oris),
                office=office,
                now=machine_now(),
            )
        transport = httpx.ASGITransport(app=self.app)
        headers = {"Authorization": f"Bearer {key.token}"}
        client = httpx.AsyncClient(transport=transport, base_url="http://decision", headers=headers)
        return await self.stack.enter_async_context(client)

    async def reviewer(self, office: str | None = COMMISSIONER) -> httpx.AsyncClient:
        """Give a reviewer's client."""
        return await self.client(Role.REVIEWER, office=office)

    async def register(self, ori: str, *, jurisdiction: str = "CT", agency: str = "state_corrections") -> None:
        """Register a facility."""
        async with self.everything.transaction() as session:
            await session.run(
                "INSERT INTO intake.facilities VALUES (:ori, :ori, :place, :agency, :zone, 'desk', :now, :now)",
                ori=ori,
                place=jurisdiction,
                agency=agency,
                zone=ZONE,
                now=machine_now(),
            )

    async def hear(
        self,
        *events: HeardEvent,
        case_id: UUID | None = None,
        version: int = 1,
        parked: int = 0,
        ori: str = ORI,
    ) -> UUID:
        """Keep a case folded from these events, and let the pipeline decide it."""
        kept = await self.hear_only(*events, case_id=case_id, version=version, parked=parked, ori=ori)
        async with self.decide_as.transaction() as session:
            await self.decide.decide(session, [kept], self.now())
        return kept

    async def hear_only(
        self,
        *events: HeardEvent,
        case_id: UUID | None = None,
        version: int = 1,
        parked: int = 0,
        ori: str = ORI,
    ) -> UUID:
        """Keep a case folded from these events; decision has not heard of it yet."""
        file = casebook.CaseFile(
            case_id=case_id or self.ids.new(),
            version=version,
            facility_ori=ori,
            booking_number=NUMBER,
            case=fold(events),
            parked_events=parked,
        )
        async with self.everything.transaction() as session:
            await casebook.save(session, [file], self.now())
        return file.case_id

    async def set_clock(self, local: str) -> None:
        """Move the clock on."""
        await step(self.owner, at(local))

    @staticmethod
    def cursor(*place: Any) -> str:
        """Give the cursor of a place in a list."""
        return cursor(*place)

    async def run(self, sql: str, **values: Any) -> None:
        """Run a statement as the owner."""
        async with self.everything.transaction() as session:
            await session.run(sql, **values)

    async def count(self, table: str) -> int:
        """Count the rows of a table."""
        async with self.everything.reading() as session:
            row = await session.one(f"SELECT count(*) AS rows FROM {table}")
        assert row is not None
        return int(row.rows)

    def now(self) -> datetime:
        """Give the present instant."""
        return self.everything.clock.now()


@pytest.fixture
async def stage(postgres: PostgresServer, template: str) -> AsyncIterator[Stage]:
    """Give a stage of the test's own: two Connecticut facilities at noon of 2012-02-22."""
    name = f"test_{uuid4().hex}"
    await _sql(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = postgres.url(name)
    owner = make_engine(url, name="test")
    engines = [_engine_as(url, f"countersign_decision_{kind}") for kind in ("pipeline", "api")]
    clock = await open_clock(owner, ClockSetting.parse(STARTS))
    pipeline, requests = (Sessions(engine, clock) for engine in engines)
    ids, wake = UuidV7(), Wake()
    parts = SimpleNamespace(
        clock=clock, ids=ids, sessions=pipeline, outbox=Outbox("decision", ids, lambda _: None), wake=wake
    )
    app = make_app(
        "decision",
        sessions=requests,
        keys=Keys(requests, 60_000),
        progress=Progress(),
        routers=api.ROUTERS,
        parts=parts,
        rulebook=RULEBOOK,
    )
    async with AsyncExitStack() as stack:
        made = Stage(owner, Sessions(owner, clock), pipeline, Decide(cast("Parts", parts), RULEBOOK), app, wake, stack)
        for ori in (ORI, OTHER_ORI):
            await made.register(ori)
        yield made
    for engine in (owner, *engines):
        await engine.dispose()
    await _sql(postgres, f"DROP DATABASE {name}")
