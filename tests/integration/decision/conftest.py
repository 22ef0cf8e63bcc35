"""Decision's routes on a real Postgres under row security, in February 2012."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import httpx
import pytest

from services.decision import api
from services.decision.handlers import Decide
from services.decision.policy.load import load_rulebook
from services.decision.reminders import Reminders
from services.decision.reviewing import ReviewRules
from shared.db import casebook
from shared.db.listen import Wake
from shared.db.session import Sessions
from shared.domain.case import HeardEvent
from shared.domain.fold import fold
from shared.http.access import Keys, Role
from shared.http.app import make_app
from shared.http.paging import cursor
from shared.http.repeats import Repeats
from shared.outbox.outbox import Outbox
from shared.outbox.parts import Parts
from shared.runtime.health import Progress
from shared.runtime.ids import UuidV7
from tests.support.builders import NUMBER, ORI, OTHER_ORI, ZONE, at
from tests.support.database import Database

NOON = at("2012-02-22 12:00")
RULEBOOK = load_rulebook()
COMMISSIONER = "Commissioner of Correction"


@dataclass
class Stage:
    """Decision's application and pipeline over one database, and hands to set the scene with."""

    database: Database
    #: Sessions that row security does not bind.
    everything: Sessions
    pipeline: Sessions
    decide: Decide
    reminders: Reminders
    app: Any
    woken: Wake
    stack: AsyncExitStack
    ids: UuidV7 = field(default_factory=UuidV7)

    async def client(
        self, role: Role, *, oris: tuple[str, ...] = (), office: str | None = None, holder: str | None = None
    ) -> httpx.AsyncClient:
        """Give a client with a fresh key."""
        token = await self.database.key(role, oris=oris, office=office, holder=holder)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://decision",
            headers={"Authorization": f"Bearer {token}"},
        )
        return await self.stack.enter_async_context(client)

    async def reviewer(self, office: str | None = COMMISSIONER, *, holder: str | None = None) -> httpx.AsyncClient:
        """Give a reviewer's client."""
        return await self.client(Role.REVIEWER, office=office, holder=holder)

    async def register(self, ori: str, *, jurisdiction: str = "CT", agency: str = "state_corrections") -> None:
        """Register a facility."""
        async with self.everything.transaction() as session:
            await session.run(
                "INSERT INTO intake.facilities VALUES (:ori, :ori, :place, :agency, :zone, 'desk', :now, :now)",
                ori=ori,
                place=jurisdiction,
                agency=agency,
                zone=ZONE,
                now=self.now(),
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
        async with self.pipeline.transaction() as session:
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
        await self.database.step(at(local))

    @staticmethod
    def cursor(*place: Any) -> str:
        """Give the cursor of a place in a list."""
        return cursor(*place)

    async def run(self, sql: str, **values: Any) -> None:
        """Run a statement as the owner."""
        await self.database.run(sql, **values)

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
async def stage(database: Database) -> AsyncIterator[Stage]:
    """Give a stage of the test's own: two Connecticut facilities at noon of 2012-02-22."""
    await database.step(NOON)
    async with AsyncExitStack() as stack:
        owner = await stack.enter_async_context(database.owner())
        pipeline = await stack.enter_async_context(database.sessions("decision"))
        requests = await stack.enter_async_context(database.sessions("decision", "api"))
        ids, wake = UuidV7(), Wake()
        parts = SimpleNamespace(
            clock=pipeline.clock, ids=ids, sessions=pipeline, outbox=Outbox("decision", ids, lambda _: None), wake=wake
        )
        app = make_app(
            "decision",
            sessions=requests,
            keys=Keys(requests, 60_000),
            progress=Progress(),
            routers=api.ROUTERS,
            repeats=Repeats("decision", pipeline),
            parts=parts,
            rulebook=RULEBOOK,
            review_rules=ReviewRules(),
        )
        made = Stage(
            database=database,
            everything=Sessions(owner, pipeline.clock),
            pipeline=pipeline,
            decide=Decide(cast("Parts", parts), RULEBOOK),
            reminders=Reminders(pipeline, ids),
            app=app,
            woken=wake,
            stack=stack,
        )
        for ori in (ORI, OTHER_ORI):
            await made.register(ori)
        yield made
