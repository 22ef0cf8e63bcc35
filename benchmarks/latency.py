"""How long a detainer takes at a given rate: to its decision, its notices, the answer that ICE pulls, and a webhook."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from benchmarks.load import Ready
from benchmarks.stage import Stage
from shared.http.paging import cursor
from shared.kafka.aio import TopicPartition, plain_consumer, start

_PART_S = 0.01
_WAIT_S = 20
#: Answers that have not come by then count as the longest wait there was.
_LAST_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Milliseconds: the middle, the ninety-ninth of a hundred, the longest; of how many."""

    p50: float
    p99: float
    longest: float
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """What was met at one rate."""

    asked_per_s: float
    sent_per_s: float
    to: dict[str, Spread]


@dataclass(slots=True)
class _Watch:
    """When each detainer was sent and first met at each place."""

    sent: dict[str, float] = field(default_factory=dict)
    met: dict[str, dict[str, float]] = field(default_factory=dict)

    def meet(self, place: str, detainer_id: Any) -> None:
        if detainer_id in self.sent:
            self.met.setdefault(place, {}).setdefault(detainer_id, time.perf_counter())

    def spread(self, place: str) -> Spread | None:
        found = self.met.get(place)
        if not found:
            return None
        took = sorted((at - self.sent[name]) * 1000 for name, at in found.items())
        return Spread(
            p50=round(took[len(took) // 2], 1),
            p99=round(took[min(len(took) - 1, int(len(took) * 0.99))], 1),
            longest=round(took[-1], 1),
            of=len(took),
        )


async def latency(stage: Stage, ready: Sequence[Ready], per_s: float) -> Latency:
    """Send events at a steady rate, whatever comes back, and watch for what becomes of the detainers."""
    watch = _Watch()
    async with _watching(stage, watch):
        began = time.perf_counter()
        await _at_rate(stage, ready, per_s, watch)
        sent_s = time.perf_counter() - began
        await stage.through()
        await _all_met(watch)
    places = ("decision", "notice", "pulled answer", "webhook")
    spreads = {place: spread for place in places if (spread := watch.spread(place)) is not None}
    return Latency(asked_per_s=round(per_s, 1), sent_per_s=round(len(ready) / sent_s, 1), to=spreads)


async def _at_rate(stage: Stage, ready: Sequence[Ready], per_s: float, watch: _Watch) -> None:
    """Send what is due every hundredth of a second; a slow broker does not make the load any slower."""
    began, at, sending = time.perf_counter(), 0, set[asyncio.Task[None]]()
    while at < len(ready):
        due = min(len(ready), int((time.perf_counter() - began) * per_s) + 1)
        part = ready[at:due]
        now = time.perf_counter()
        for one in part:
            if one.kind == "detainer.lodged":
                watch.sent[_detainer(one)] = now
        if part:
            task = asyncio.create_task(stage.produce(part))
            sending.add(task)
            task.add_done_callback(sending.discard)
        at = due
        await asyncio.sleep(_PART_S)
    await asyncio.gather(*sending)


def _detainer(one: Ready) -> str:
    return str(msgspec.json.decode(one.value)["data"]["detainer_id"])


async def _all_met(watch: _Watch) -> None:
    """Wait for the last answers to be read; what brought none is not waited for forever."""
    ends_at = time.perf_counter() + _LAST_S
    while time.perf_counter() < ends_at:
        told = watch.met.get("notice to ICE", {}).keys()
        if told <= watch.met.get("pulled answer", {}).keys():
            return
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _watching(stage: Stage, watch: _Watch) -> AsyncIterator[None]:
    """Follow the topics from their ends, and ICE's feed from its end, until the block ends."""
    decisions = await _follower(stage, "custody.decisions.v1")
    notices = await _follower(stage, "custody.notices.v1")
    after = await stage.database.fetchval(
        "SELECT coalesce(max(last_position), 0) FROM notify.recipients WHERE recipient = 'ice'"
    )
    tasks = [
        asyncio.create_task(_follow(decisions, "decision", {"decision.recorded"}, watch)),
        asyncio.create_task(_follow(notices, "notice", {"notice.sent"}, watch)),
        asyncio.create_task(_pull(stage, after, watch)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await decisions.stop()
        await notices.stop()


async def _follower(stage: Stage, topic: str) -> Any:
    consumer = plain_consumer(stage.run.kafka)
    await start(consumer)
    places = [TopicPartition(topic, part) for part in range(6)]
    consumer.assign(places)
    await consumer.seek_to_end(*places)
    for place in places:
        await consumer.position(place)
    return consumer


async def _follow(consumer: Any, place: str, kinds: set[str], watch: _Watch) -> None:
    while True:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                event = msgspec.json.decode(record.value)
                if event["type"] in kinds:
                    watch.meet(place, event["data"].get("detainer_id"))
                    if event["data"].get("recipient") == "ice":
                        watch.meet(f"{place} to ICE", event["data"].get("detainer_id"))


async def _pull(stage: Stage, position: int, watch: _Watch) -> None:
    """Read ICE's feed as ICE would, waiting for news."""
    headers = {"Authorization": f"Bearer {stage.run.keys['ice']}"}
    async with httpx.AsyncClient(base_url=stage.run.urls["notify"], headers=headers, timeout=60) as client:
        after = cursor(position)
        while True:
            answer = await client.get("/v1/ice/responses", params={"wait": _WAIT_S, "limit": 500, "after": after})
            told = answer.raise_for_status().json()
            for item in told["items"]:
                watch.meet("pulled answer", item["detainer_id"])
            after = told["next"] or after
