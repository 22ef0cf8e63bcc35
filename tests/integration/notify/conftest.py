"""Notify on a real database, without Kafka: decisions are handed to it, and the clock is stepped by hand."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.notify import sends
from services.notify.api.bell import Bell
from services.notify.channels.address import Rules
from services.notify.channels.email import Post
from services.notify.channels.webhook import Line
from services.notify.courier import Courier
from services.notify.dossier import Margins
from services.notify.handlers import Decisions
from services.notify.mail import Letterhead
from services.notify.mailer import Mailer
from services.notify.main import ROUTERS
from services.notify.prove import Prover
from services.notify.retry import Patience
from services.notify.watch import Watch
from shared.db.session import Sessions
from shared.domain.events import DecisionRecorded
from shared.http.access import Keys, Role
from shared.http.app import make_app
from shared.http.repeats import Repeats
from shared.kafka.consumer import Record
from shared.kafka.envelope import Message
from shared.outbox.inbox import Heard
from shared.outbox.outbox import Letter, Outbox
from shared.runtime.health import Progress
from shared.runtime.ids import UuidV7
from tests.support.database import Database
from tests.support.decisions import NOW, ORI, OTHER_ORI

#: Webhooks of the tests go to receivers beside them, over plain HTTP.
OWN_MACHINE = Rules(own_machine=True)
#: Long enough for a slow machine; receivers that never answer take all of it.
DEADLINE_S = 5.0
HEAD = Letterhead("countersign@operator.example", "https://notify.example")
_IDS = UuidV7()
_NOWHERE = Record("custody.decisions.v1", 0, 0, None, None, ())


def said(decision: DecisionRecorded, message_id: UUID | None = None) -> Heard[Message[Any]]:
    """Give a decision as the consumer hands it over."""
    return Heard(_NOWHERE, Message(message_id or _IDS.new(), "decision.recorded", decision))


@dataclass(slots=True)
class Office:
    """Notify, and the hands to play its neighbours with."""

    database: Database
    pipeline: Sessions
    app: FastAPI
    decisions: Decisions
    watch: Watch
    courier: Courier
    mailer: Mailer
    keys: dict[str, str]
    letters: list[Letter] = field(default_factory=list)

    async def hear(self, *decisions: DecisionRecorded) -> None:
        """Hear decisions in one batch."""
        await self.hear_messages([said(decision) for decision in decisions])

    async def hear_messages(self, messages: Sequence[Heard[Message[Any]]]) -> None:
        """Hear messages in one batch, as one transaction."""
        async with self.pipeline.transaction() as session:
            await self.decisions.on_decisions(session, messages, self.pipeline.clock.now())

    async def settle(self) -> None:
        """Do all that is due at this instant."""
        while await self.watch.tick():
            pass

    async def carry(self) -> None:
        """Do all that is due at this instant, and carry to the endpoints what is due for them."""
        await self.settle()
        while await self._carried():
            await self.settle()

    async def _carried(self) -> bool:
        async with self.pipeline.reading() as session:
            endpoint_ids = await sends.waiting(session, [], self.pipeline.clock.now())
        await asyncio.gather(*(self.courier.serve(each) for each in endpoint_ids))
        return bool(endpoint_ids)

    async def register(self, who: str, url: str, **said: object) -> dict[str, Any]:
        """Register an endpoint as someone, and give what was answered."""
        answer = await self.post(who, "/v1/endpoints", {"url": url, **said})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def at(self, instant: datetime) -> None:
        """Move the clock to an instant and do all that is due there."""
        await self.database.step(instant)
        await self.settle()

    async def next_due(self) -> datetime | None:
        """Give the instant that the player would step to next."""
        async with self.pipeline.reading() as session:
            row = await session.one("SELECT due_at FROM notify.due")
            return row.due_at if row else None

    def client(self, who: str) -> httpx.AsyncClient:
        """Give a client with the key of jail, other_jail, ice, operator or auditor."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://notify",
            headers={"authorization": f"Bearer {self.keys[who]}"},
        )

    async def get(self, who: str, path: str) -> httpx.Response:
        """Ask as someone."""
        async with self.client(who) as client:
            return await client.get(path)

    async def post(self, who: str, path: str, body: object) -> httpx.Response:
        """Send as someone."""
        async with self.client(who) as client:
            return await client.post(path, json=body)

    async def put(self, who: str, path: str, body: object) -> httpx.Response:
        """Set something as someone."""
        async with self.client(who) as client:
            return await client.put(path, json=body)

    async def feed(self, who: str = "jail") -> list[dict[str, Any]]:
        """Fetch a whole feed with the recipient's own key."""
        path = {"jail": f"/v1/jails/{ORI}/notices", "other_jail": f"/v1/jails/{OTHER_ORI}/notices"}
        answer = await self.get(who, path.get(who, "/v1/ice/responses"))
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def sign(self, who: str = "jail") -> None:
        """Fetch a whole feed and acknowledge all of it."""
        ids = [item["id"] for item in await self.feed(who)]
        path = {"jail": f"/v1/jails/{ORI}/receipts", "other_jail": f"/v1/jails/{OTHER_ORI}/receipts"}
        if ids:
            body = {"ids": ids, "signed_by": "desk officer"}
            answer = await self.post(who, path.get(who, "/v1/ice/receipts"), body)
            assert answer.status_code == 200, answer.text

    async def told(self, kind: str) -> int:
        """Count the messages of a type that went to the topics."""
        return sum(f'"type":"{kind}"'.encode() in letter.message for letter in self.letters)


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    """Give notify at Wednesday 10:30, with keys for everyone who asks it."""
    await database.step(NOW)
    ids, letters, bell = UuidV7(), list[Letter](), Bell()
    lines = partial(Line, rules=OWN_MACHINE, tls=ssl.create_default_context(), deadline_s=DEADLINE_S)
    outbox = Outbox("notify", ids, letters.extend)
    async with database.sessions("notify") as pipeline, database.sessions("notify", "api") as requests:
        courier = Courier(
            sessions=pipeline, outbox=outbox, ids=ids, patience=Patience(), progress=Progress(), lines=lines
        )
        app = make_app(
            "notify",
            sessions=requests,
            keys=Keys(requests, 60_000),
            progress=Progress(),
            routers=ROUTERS,
            repeats=Repeats("notify", pipeline),
            outbox=outbox,
            bell=bell,
            longest_wait_s=5.0,
            heartbeat_s=0.2,
            release_report=timedelta(hours=1),
            courier=courier,
            prover=Prover(pipeline, ids, lines),
            webhook_rules=OWN_MACHINE,
        )
        app.state.mailer = mailer = Mailer(
            sessions=pipeline,
            ids=ids,
            patience=Patience(),
            progress=Progress(),
            post=Post(None, ssl.create_default_context),
            head=HEAD,
        )
        yield Office(
            database=database,
            pipeline=pipeline,
            app=app,
            decisions=Decisions(outbox, ids, Margins(), lambda: None, lambda: None),
            watch=Watch(
                sessions=pipeline, outbox=outbox, ids=ids, margins=Margins(), sent=bell.ring, post=lambda: None
            ),
            courier=courier,
            mailer=mailer,
            keys={
                "jail": await database.key(Role.JAIL, oris=(ORI,)),
                "other_jail": await database.key(Role.JAIL, oris=(OTHER_ORI,)),
                "ice": await database.key(Role.ICE),
                "operator": await database.key(Role.OPERATOR),
                "auditor": await database.key(Role.AUDITOR),
            },
            letters=letters,
        )
