"""What nothing on this machine can be faster than: reading the topic, writing the same rows, answering HTTP."""

import time
from collections.abc import Sequence

import httpx

from benchmarks.load import Ready
from benchmarks.stage import Stage
from shared.kafka.aio import TopicPartition, plain_consumer, start

_TOPICS = ("jail.bookings.v1", "fingerprint.matches.v1", "ice.detainers.v1")
#: The tables in which an event leaves rows; what is changed in place counts once.
TABLES = (
    *("intake.inbox", "intake.raw_events", "intake.identifiers", "intake.ties", "intake.cases", "intake.persons"),
    *("intake.journal", "decision.inbox", "decision.dossiers", "decision.decisions", "decision.snapshots"),
    *("decision.journal", "notify.inbox", "notify.dossiers", "notify.windows", "notify.notices"),
    *("notify.deliveries", "notify.attempts", "notify.journal"),
)
_REQUESTS = 2_000


async def raw_consume(stage: Stage) -> float:
    """Give how many events a second a consumer reads that does nothing with them."""
    consumer = plain_consumer(stage.run.kafka)
    await start(consumer)
    places = [TopicPartition(topic, part) for topic in _TOPICS for part in range(6)]
    consumer.assign(places)
    ends = await consumer.end_offsets(places)
    await consumer.seek_to_beginning(*places)
    wanted, read, began = sum(ends.values()), 0, time.perf_counter()
    while read < wanted:
        read += sum(len(found) for found in (await consumer.getmany(timeout_ms=500, max_records=2_000)).values())
    seconds = time.perf_counter() - began
    await consumer.stop()
    return read / seconds


async def raw_copy(stage: Stage, events: int) -> float:
    """Give how many events a second leave their rows when these are only copied: one COPY a table, no index."""
    copied = {}
    async with stage.database.acquire() as connection:
        for table in TABLES:
            rows = await connection.fetch(f"SELECT * FROM {table}")
            copied[table] = [tuple(row) for row in rows]
        seconds = 0.0
        for table, rows in copied.items():
            if not rows:
                continue
            # A name of its own each: the driver remembers the columns of a name.
            name = f"floor_{table.replace('.', '_')}"
            await connection.execute(f"CREATE TABLE public.{name} (LIKE {table})")
            began = time.perf_counter()
            await connection.copy_records_to_table(name, schema_name="public", records=rows)
            seconds += time.perf_counter() - began
            await connection.execute(f"DROP TABLE public.{name}")
    return events / seconds


async def raw_http(stage: Stage) -> float:
    """Give how many requests a second a service answers that does nothing: its health, one after the other."""
    async with httpx.AsyncClient(base_url=stage.run.urls["intake"], timeout=30) as client:
        await client.get("/healthz")
        began = time.perf_counter()
        for _ in range(_REQUESTS):
            await client.get("/healthz")
        return _REQUESTS / (time.perf_counter() - began)


def bytes_of(ready: Sequence[Ready]) -> int:
    """Give the middle size of an event."""
    return sorted(len(one.value) for one in ready)[len(ready) // 2] if ready else 0
