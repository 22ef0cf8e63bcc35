"""How fast events come in over HTTP: one a request, and many as NDJSON; each answered once the broker has it."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx

from benchmarks.load import Ready
from benchmarks.stage import Stage

_AT_ONCE = 32
_IN_BULK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What was taken over HTTP."""

    events_per_s: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class _Request:
    key: str
    content: bytes
    kind: str
    events: int


async def singly(stage: Stage, ready: Sequence[Ready]) -> Posted:
    """Post one event a request, as many at once as a busy county would."""
    requests = [_Request(stage.run.keys[one.sender], one.value, "application/cloudevents+json", 1) for one in ready]
    return await _post_all(stage, requests, abreast=_AT_ONCE)


async def in_bulk(stage: Stage, ready: Sequence[Ready]) -> Posted:
    """Post NDJSON, two hundred events a request."""
    return await _post_all(stage, list(_bulk(stage, ready)), abreast=4)


def _bulk(stage: Stage, ready: Sequence[Ready]) -> Iterator[_Request]:
    by_sender: dict[str, list[bytes]] = {}
    for one in ready:
        by_sender.setdefault(one.sender, []).append(one.value)
    for sender, values in by_sender.items():
        for begin in range(0, len(values), _IN_BULK):
            part = values[begin : begin + _IN_BULK]
            yield _Request(stage.run.keys[sender], b"\n".join(part), "application/x-ndjson", len(part))


async def _post_all(stage: Stage, requests: Sequence[_Request], *, abreast: int) -> Posted:
    took: list[float] = []
    waiting = iter(requests)
    limits = httpx.Limits(max_connections=abreast, max_keepalive_connections=abreast)

    async def post(client: httpx.AsyncClient) -> None:
        for one in waiting:
            began = time.perf_counter()
            answer = await _insist(client, one)
            took.append(time.perf_counter() - began)
            answer.raise_for_status()

    async with httpx.AsyncClient(base_url=stage.run.urls["intake"], timeout=60, limits=limits) as client:
        began = time.perf_counter()
        await asyncio.gather(*(post(client) for _ in range(abreast)))
        seconds = time.perf_counter() - began
    took.sort()
    return Posted(
        events_per_s=round(sum(one.events for one in requests) / seconds, 1),
        p50_ms=round(1000 * took[len(took) // 2], 1),
        p99_ms=round(1000 * took[int(len(took) * 0.99)], 1),
    )


async def _insist(client: httpx.AsyncClient, one: _Request) -> httpx.Response:
    """Post, once more where a kept connection was closed just then; the second time it is a duplicate at worst."""
    headers = {"Authorization": f"Bearer {one.key}", "Content-Type": one.kind}
    try:
        return await client.post("/v1/events", content=one.content, headers=headers)
    except httpx.TransportError:
        return await client.post("/v1/events", content=one.content, headers=headers)
