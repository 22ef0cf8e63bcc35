"""Intake's application over the line's database, and clients with keys."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.intake import api
from shared.db.engine import make_engine
from shared.db.session import Sessions
from shared.http.access import Keys, Role, new_key
from shared.http.app import make_app
from shared.http.repeats import Repeats
from shared.outbox.parking import Parking
from shared.runtime.clock import machine_now
from shared.runtime.health import Progress
from tests.support.builders import BUREAU, ICE, JAIL, ORI
from tests.support.line import Line, Log, parts_for

PER_MINUTE = 60_000


@dataclass
class Door:
    """Intake over HTTP, as it runs: requests on the api role, the broker a fake that can refuse."""

    line: Line
    app: Any
    log: Log
    progress: Progress
    stack: AsyncExitStack
    #: A token for each role that ``ask`` is asked with.
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask as a role; a jail is the one of the builders."""
        if who not in self.tokens:
            self.tokens[who] = await self.key(Role(who), oris=(ORI,) if who == "jail" else (), sources=(JAIL,))
        client = await self.client(Role(who), token=self.tokens[who])
        return await client.request(method, path, **more)

    async def settle(
        self, step: str, parked_id: UUID, reason: str = "mended", *, who: str = "operator"
    ) -> httpx.Response:
        """Retry or discard what is set aside."""
        return await self.ask(who, "POST", f"/v1/parked/{parked_id}/{step}", json={"reason": reason})

    async def parked(self, code: str | None = None) -> list[UUID]:
        """Give the ids of what is set aside, in the order of the log; of one code, if one is named."""
        rows = await self.line.rows(
            "SELECT id FROM intake.parked WHERE state = 'parked' AND code = coalesce(:code, code)"
            " ORDER BY topic, part, position",
            code=code,
        )
        return [row.id for row in rows]

    async def client(
        self, role: Role, *, oris: tuple[str, ...] = (), sources: tuple[str, ...] = (), token: str | None = None
    ) -> httpx.AsyncClient:
        """Give a client with a fresh key, or with a token of any kind."""
        if token is None:
            token = await self.key(role, oris=oris, sources=sources)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://intake",
            headers={"Authorization": f"Bearer {token}"},
        )
        return await self.stack.enter_async_context(client)

    async def key(self, role: Role, *, oris: tuple[str, ...] = (), sources: tuple[str, ...] = ()) -> str:
        """Issue a key."""
        made = new_key()
        async with self.line.owner.transaction() as session:
            await session.run(
                "INSERT INTO access.keys VALUES (:id, :digest, :role, :oris, :sources, 'test', NULL, :now, NULL)",
                id=made.id,
                digest=made.digest,
                role=role.value,
                oris=list(oris),
                sources=list(sources),
                now=machine_now(),
            )
        return made.token

    async def jail(self, ori: str = ORI) -> httpx.AsyncClient:
        """Give a jail's client."""
        return await self.client(Role.JAIL, oris=(ori,), sources=(f"/jails/{ori}",))

    async def ice(self) -> httpx.AsyncClient:
        """Give the ICE liaison's client."""
        return await self.client(Role.ICE, sources=(ICE,))

    async def bureau(self) -> httpx.AsyncClient:
        """Give the state bureau's client."""
        return await self.client(Role.BUREAU, sources=(BUREAU,))

    async def consume(self) -> None:
        """Let intake take from the log what the door has put there."""
        sent, self.log.sent = self.log.sent, []
        if sent:
            await self.line.take(*sent)


@pytest.fixture
async def door(line: Line) -> AsyncIterator[Door]:
    """Give intake's door at noon of 2012-02-22."""
    await line.step("2012-02-22 12:00")
    requests = Sessions(make_engine(line.database.role_url("intake", "api"), name="test-api"), line.clock)
    log, progress = Log(), Progress()
    keys = Keys(requests, PER_MINUTE)
    app = make_app(
        "intake",
        sessions=requests,
        keys=keys,
        progress=progress,
        routers=api.ROUTERS,
        repeats=Repeats("intake", line.intake_as),
        parts=parts_for("intake", line.intake_as, line.told, requests=requests, kafka=log, keys=keys),
        intake=line.intake,
        parking=Parking("intake", line.intake_as, line.intake),
        ahead_minutes=5,
    )
    async with AsyncExitStack() as stack:
        yield Door(line, app, log, progress, stack)
    await requests.close()
