"""A jail or ICE played by a program: it takes notices in, by webhook and by feed, and signs for them.

What it got is written down, and on disk, before it answers: what a sender hears afterwards is another matter.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import httpx

from services.console.stub.manners import MANNERS, Moody
from services.console.stub.wire import Got, response
from shared.runtime.clock import machine_now

#: Paths under this one steer the stub, and are not from Countersign.
_DESK = "/stub/"
_WAIT_S, _PAUSE_S = 20.0, 1.0


@dataclass(slots=True)
class Log:
    """What was received, in order: in memory, and as JSON lines on disk where a file is given."""

    file: BinaryIO | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)

    def write(self, way: str, said: Any, **more: Any) -> None:
        """Write a line down, and come back once it is on disk."""
        line = {"at": machine_now().isoformat(), "way": way, **more, "said": said}
        self.lines.append(line)
        if self.file is not None:
            self.file.write(json.dumps(line).encode() + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())


@dataclass(slots=True)
class Recipient:
    """Answers requests: those of its desk as asked, all others in the manner it is in."""

    mood: Moody
    log: Log
    secret: str | None = None

    def keep(self, got: Got) -> None:
        """Write a request down as it comes in."""
        if got.path.startswith(_DESK):
            return
        signed = got.is_signed_with(self.secret) if self.secret else None
        self.log.write("webhook", got.said, id=got.id, path=got.path, signed=signed, manner=self.mood.name)

    async def answer(self, got: Got, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        if got.path.startswith(_DESK):
            writer.write(self._desk(got))
        else:
            await self.mood(got, writer)

    def _desk(self, got: Got) -> bytes:
        match got.method, urlsplit(got.path).path:
            case "GET", "/stub/log":
                return _json(200, {"items": self.log.lines, "next": None})
            case "GET", "/stub/manner":
                return _json(200, {"manner": self.mood.name, "times": self.mood.times, "known": sorted(MANNERS)})
            case "PUT", "/stub/manner":
                return self._become(got.said)
        return _json(404, {"title": "the stub knows /stub/log and /stub/manner"})

    def _become(self, said: Any) -> bytes:
        name, times = (said.get("manner"), said.get("times")) if isinstance(said, dict) else (None, None)
        if (
            not isinstance(name, str)
            or name not in MANNERS
            or not (times is None or (isinstance(times, int) and times > 0))
        ):
            return _json(422, {"title": 'send {"manner": one of those known, "times": a number or null}'})
        self.mood.become(name, times)
        return _json(200, {"manner": name, "times": times})


def _json(status: int, value: Any) -> bytes:
    return response(status, json.dumps(value).encode(), "Content-Type: application/json")


async def follow(notify: str, key: str, feed: str, receipts: str, log: Log, signed_by: str) -> None:
    """Read a feed by long poll and sign for everything, until cancelled; a service that is away is waited for."""
    after: str | None = None
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=notify, headers=headers, timeout=_WAIT_S + 10) as client:
        while True:
            asked = {"wait": str(_WAIT_S), **({"after": after} if after else {})}
            try:
                found = await _ask(client, "GET", feed, params=asked)
                for item in found["items"]:
                    log.write("feed", item, id=item["id"])
                if found["items"]:
                    body = {"ids": [item["id"] for item in found["items"]], "signed_by": signed_by}
                    await _ask(client, "POST", receipts, json=body)
            except httpx.HTTPError:
                await asyncio.sleep(_PAUSE_S)
                continue
            after = found["next"] or after


async def register(notify: str, key: str, url: str) -> Mapping[str, Any]:
    """Register a stub's webhook with its recipient's key; gives the endpoint with its secret."""
    async with httpx.AsyncClient(base_url=notify, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        made: Mapping[str, Any] = await _ask(client, "POST", "/v1/endpoints", json={"url": url})
        return made


async def _ask(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> Any:
    answer = await client.request(method, path, **more)
    answer.raise_for_status()
    return answer.json()
