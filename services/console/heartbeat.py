"""How the services are: each is asked over HTTP every few seconds whether its loops make progress."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.runtime.clock import machine_seconds
from shared.runtime.health import Progress

_EVERY_S = 2.0
#: An answer older than this says nothing about now.
STALE_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What a service said of itself."""

    service: str
    is_up: bool
    #: Loops that are stuck or stopped, each with the reason.
    troubles: Mapping[str, str]
    #: Seconds since each loop last came round.
    loops: Mapping[str, float]
    seen_at: float

    @property
    def is_moving(self) -> bool:
        """Tell whether it answers and everything in it moves."""
        return self.is_up and not self.troubles

    @property
    def age_s(self) -> float:
        """Give how long ago it was asked."""
        return machine_seconds() - self.seen_at


@dataclass(slots=True)
class Heartbeat:
    """Keeps the last answer of each service."""

    urls: Mapping[str, str]
    pulses: dict[str, Pulse] = field(default_factory=dict)

    async def run(self, progress: Progress) -> None:
        """Ask until the process leaves."""
        async with httpx.AsyncClient(timeout=2) as client:
            while not progress.leaving.is_set():
                for pulse in await asyncio.gather(*(_ask(client, name, url) for name, url in self.urls.items())):
                    self.pulses[pulse.service] = pulse
                progress.beat("heartbeat")
                try:
                    async with asyncio.timeout(_EVERY_S):
                        await progress.leaving.wait()
                except TimeoutError:
                    continue

    def all(self) -> list[Pulse]:
        """Give the services in their order; one that was never asked is not up."""
        return [self.pulses.get(name) or _unheard(name) for name in self.urls]


def _unheard(name: str) -> Pulse:
    return Pulse(service=name, is_up=False, troubles={}, loops={}, seen_at=machine_seconds())


async def _ask(client: httpx.AsyncClient, name: str, url: str) -> Pulse:
    told: Any = {}
    try:
        answer = await client.get(f"{url}/readyz")
        told = answer.json()
        is_up = isinstance(told, dict)
    except (httpx.HTTPError, ValueError):
        is_up = False
    return Pulse(
        service=name,
        is_up=is_up,
        troubles=dict(told.get("troubles", {})) if is_up else {"service": "does not answer"},
        loops=dict(told.get("loops", {})) if is_up else {},
        seen_at=machine_seconds(),
    )
