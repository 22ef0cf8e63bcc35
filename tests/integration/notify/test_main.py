"""The whole service in a process of its own, from the topic to the feed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.domain.events import DecisionRecorded
from shared.http.access import Role
from shared.kafka.envelope import pack
from shared.kafka.producer import KafkaLog, OutMessage
from shared.kafka.topics import Topic, ensure_topics
from shared.runtime.ids import UuidV7
from tests.integration.notify.receiver import Held, receiver
from tests.support.database import BEGINS, Database
from tests.support.decisions import CASE, CLOSES, ORI, a_decision, a_hold
from tests.support.kafka import DevBroker
from tests.support.ports import free_port

PROGRAM = "import asyncio; from services.notify.main import run; from services.notify.settings import Settings; "
_PATIENCE_S = 60


@pytest.fixture
async def service(database: Database, dev_broker: DevBroker) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Give notify as users run it, and its address; it is ended hard if the test has not ended it."""
    await ensure_topics(dev_broker.bootstrap)
    async with running(database, dev_broker) as started:
        yield started


@asynccontextmanager
async def running(database: Database, dev_broker: DevBroker) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run notify in a process of its own."""
    port = free_port()
    settings = {
        "COUNTERSIGN_KAFKA": dev_broker.bootstrap,
        "COUNTERSIGN_DATABASE_URL": database.role_url("notify"),
        "COUNTERSIGN_API_DATABASE_URL": database.role_url("notify", "api"),
        "COUNTERSIGN_CLOCK": f"stepped:{BEGINS.isoformat()}",
        "COUNTERSIGN_PORT": str(port),
        "COUNTERSIGN_WEBHOOKS_TO_OWN_MACHINE": "true",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{PROGRAM} asyncio.run(run(Settings()))", env=os.environ | settings
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until_ready(client: httpx.AsyncClient) -> None:
    """Ask until the service answers that it is ready."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            try:
                if (await client.get("/readyz")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def tell(dev_broker: DevBroker, decision: DecisionRecorded) -> None:
    """Put a decision on the topic."""
    value = pack(UuidV7().new(), "decision", "decision.recorded", BEGINS, str(CASE), decision)
    async with KafkaLog(dev_broker.bootstrap) as log:
        assert await log.send([OutMessage(Topic.DECISIONS, str(CASE).encode(), value)]) == [None]


async def a_jail(database: Database, url: str) -> httpx.AsyncClient:
    """Give a client with a jail's key."""
    headers = {"authorization": f"Bearer {await database.key(Role.JAIL, oris=(ORI,))}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=_PATIENCE_S)


async def test_a_decision_on_the_topic_reaches_the_jail(
    service: tuple[asyncio.subprocess.Process, str], database: Database, dev_broker: DevBroker
) -> None:
    """Heard from Kafka, sent by the timers at once, fetched over HTTP; and SIGTERM ends it all in order."""
    process, url = service
    decision = a_decision()
    await tell(dev_broker, decision)
    async with await a_jail(database, url) as client:
        await until_ready(client)
        answer = await client.get(f"/v1/jails/{ORI}/notices?wait=25")
    assert [item["decision_id"] for item in answer.json()["items"]] == [str(decision.id)]
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(_PATIENCE_S):
        assert await process.wait() == 0


async def test_a_decision_on_the_topic_reaches_the_jails_webhook(
    service: tuple[asyncio.subprocess.Process, str], database: Database, dev_broker: DevBroker
) -> None:
    """Registered over HTTP, carried by the running service, delivered by the echo; nobody has fetched anything."""
    _, url = service
    held = Held()
    async with receiver() as jail, await a_jail(database, url) as client:
        await until_ready(client)
        made = (await client.post("/v1/endpoints", json={"url": jail.url})).json()
        assert made["state"] == "active"
        jail.manner = held
        await tell(dev_broker, a_decision())
        async with asyncio.timeout(_PATIENCE_S):
            await held.asked.wait()
            held.let_go.set()
            while await database.all("SELECT 1 FROM notify.sends WHERE state <> 'confirmed'"):
                await client.get("/healthz")
        assert await database.all("SELECT state FROM notify.deliveries WHERE recipient <> 'ice'") == [("delivered",)]
    assert jail.got[-1].is_signed_with(made["secret"])


async def test_without_kafka_it_starts_and_ends_a_hold(database: Database, dev_broker: DevBroker) -> None:
    """Killed while Kafka is down and started again: the window still closes, its end is told; then Kafka is heard."""
    await ensure_topics(dev_broker.bootstrap)
    async with running(database, dev_broker) as (_, url), await a_jail(database, url) as client:
        await until_ready(client)
        await tell(dev_broker, a_hold())
        await client.get(f"/v1/jails/{ORI}/notices?wait=25")
    dev_broker.kill()
    await database.step(CLOSES - timedelta(minutes=15))
    async with running(database, dev_broker) as (_, url), await a_jail(database, url) as client:
        await until_ready(client)
        answer = await until_told(client, "hold_ended")
        assert answer["window"]["closes_at"]
        dev_broker.start()
        await tell(dev_broker, a_decision(2, "RELEASE"))
        await until_told(client, "correction")


async def until_told(client: httpx.AsyncClient, kind: str) -> dict[str, Any]:
    """Read the jail's feed until it holds a notice of this kind, and give that."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            items = (await client.get(f"/v1/jails/{ORI}/notices?limit=500")).json()["items"]
            for item in items:
                if item["kind"] == kind:
                    found: dict[str, Any] = item
                    return found
