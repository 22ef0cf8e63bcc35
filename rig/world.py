"""The world outside: senders, jails and ICE that fetch and sign, webhook receivers that lie, operators, reviewers."""

import asyncio
import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import uvicorn

from rig.ledger import Ledger
from rig.stories import FACILITIES, Sent
from shared.kafka.producer import KafkaLog, OutMessage

_BATCH = "application/cloudevents-batch+json"
_AGAIN_S = 0.25
_TIMEOUT = httpx.Timeout(15.0)
_MOST = 50


@dataclass(slots=True)
class Addresses:
    """Where each instance of a service listens, and with which keys one asks."""

    urls: Mapping[str, Sequence[str]]
    keys: Mapping[str, str]
    chance: random.Random

    def url(self, service: str) -> str:
        """Give one of a service's instances, as a balancer would."""
        return self.chance.choice(self.urls[service])


class Senders:
    """Post events until each has a definite answer, as a jail's outbox would; every answer is written down first."""

    def __init__(self, to: Addresses, log: KafkaLog, ledger: Ledger) -> None:
        self._to = to
        self._log = log
        self._ledger = ledger
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, limits=httpx.Limits(max_connections=40))
        self._under_way: set[asyncio.Task[None]] = set()
        self.count: Counter[str] = Counter()

    @property
    def under_way(self) -> int:
        """How many batches have no definite answer yet."""
        return len(self._under_way)

    def send(self, sent: Sequence[Sent]) -> None:
        """Begin to send; each key's events in batches, and what goes straight to a topic by itself."""
        groups: dict[str, list[Sent]] = defaultdict(list)
        for one in sent:
            groups["topic" if one.via == "topic" else one.key].append(one)
        for key, group in groups.items():
            for begin in range(0, len(group), _MOST):
                part = group[begin : begin + _MOST]
                task = asyncio.create_task(self._write(part) if key == "topic" else self._post(key, part))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def done(self) -> None:
        """Wait until everything has a definite answer."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _post(self, key: str, part: list[Sent]) -> None:
        # Of one name once in a body: what is sent twice is sent again afterwards.
        once = {one.name: one for one in part}
        twice = [one for one in part if once[one.name] is not one]
        left = list(once.values())
        while left:
            left = await self._try(key, left)
            if left:
                await asyncio.sleep(_AGAIN_S)
        if twice:
            await self._post(key, twice)

    async def _try(self, key: str, left: list[Sent]) -> list[Sent]:
        body = b"[" + b",".join(one.body for one in left) + b"]"
        headers = {"authorization": f"Bearer {self._to.keys[key]}", "content-type": _BATCH}
        try:
            answer = await self._client.post(f"{self._to.url('intake')}/v1/events", content=body, headers=headers)
            said: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            self._ledger.write({"said": "maybe", "event": one.name} for one in left)
            self.count["unanswered"] += 1
            return left
        taken = {(one["source"], one["id"]) for one in said.get("accepted", ())}
        final = {(one["source"], one["id"]) for one in said.get("rejected", ()) if not one.get("retry")}
        self._ledger.write(
            {"said": "ok" if one.name in taken else "no", "event": one.name, "body": one.body.decode()}
            for one in left
            if one.name in taken | final
        )
        self.count["acknowledged"] += len(taken)
        self.count["refused"] += len(final)
        return [one for one in left if one.name not in taken | final]

    async def _write(self, part: list[Sent]) -> None:
        left = part
        while left:
            messages = [OutMessage(one.topic, one.subject.encode(), one.body) for one in left]
            results = await self._log.send(messages)
            sure = [one for one, error in zip(left, results, strict=True) if error is None]
            self._ledger.write(
                {"said": "ok" if not one.is_poison else "poison", "event": one.name, "body": one.body.decode("latin1")}
                for one in sure
            )
            self.count["acknowledged"] += sum(not one.is_poison for one in sure)
            self.count["poison"] += sum(one.is_poison for one in sure)
            left = [one for one, error in zip(left, results, strict=True) if error is not None]
            if left:
                await asyncio.sleep(_AGAIN_S)

    async def close(self) -> None:
        """Hang up."""
        for task in self._under_way:
            task.cancel()
        await self._client.aclose()


@dataclass
class Receiver:
    """A webhook receiver for every recipient: it writes down what it gets, then answers as its mood is."""

    ledger: Ledger
    #: healthy, angry (500 after acting), lying (200 from a login page), dripping, deaf (hangs up).
    mood: str = "healthy"
    instant: datetime | None = None
    #: Called with "before" or "after" around each answer; whoever is at a named point here kills notify.
    around: list[str] = field(default_factory=list)
    strike: Any = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Take one message: the ledger has it before anyone gets an answer."""
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        headers = dict(scope["headers"])
        name = headers.get(b"webhook-id", b"").decode()
        self._note("webhook", scope["path"].rpartition("/")[2], name, body)
        await self._strike("before")
        if self.mood == "deaf":
            raise ConnectionError("hung up")
        if self.mood == "dripping":
            await asyncio.sleep(3)
        status, said = 200, json.dumps({"id": name}).encode()
        if self.mood == "angry":
            status, said = 500, b"{}"
        if self.mood == "lying":
            said = b"<html>please log in</html>"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": said})
        await self._strike("after")

    async def _strike(self, when: str) -> None:
        if self.around and self.around[0] == when:
            self.around.clear()
            self.strike()

    def _note(self, way: str, recipient: str, name: str, body: bytes) -> None:
        said = json.loads(body) if body.startswith(b"{") else {}
        self.ledger.write([line_of(way, recipient, name, said, self.instant)])


def line_of(way: str, recipient: str, name: str, said: Mapping[str, Any], at: datetime | None) -> dict[str, Any]:
    """Give what is written down of a notice that came in."""
    content = {key: value for key, value in said.items() if key != "state"}
    said = said.get("data", said)
    window = said.get("window") or {}
    return {
        "way": way,
        "recipient": recipient,
        "notice": name,
        "at": at.isoformat() if at else None,
        "digest": hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        "kind": said.get("kind") or said.get("notice_kind"),
        "detainer": said.get("detainer_id"),
        "case": said.get("case_id"),
        "number": said.get("number"),
        "outcome": said.get("outcome"),
        "closes_at": window.get("closes_at"),
    }


async def listening(receiver: Receiver, port: int) -> tuple[uvicorn.Server, asyncio.Task[None]]:
    """Let a receiver listen; give its server and the task it runs in."""
    config = uvicorn.Config(receiver, host="127.0.0.1", port=port, log_config=None, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    return server, asyncio.create_task(server.serve())


class People:
    """Jails and ICE fetch their feeds and sign; reviewers answer; operators settle what is set aside, twice."""

    def __init__(self, to: Addresses, ledger: Ledger, receiver: Receiver) -> None:
        self._to = to
        self._ledger = ledger
        self._receiver = receiver
        self._client = httpx.AsyncClient(timeout=_TIMEOUT)
        self._places: dict[str, str | None] = {}
        self.count: Counter[str] = Counter()

    def _recipients(self) -> list[tuple[str, str, str]]:
        jails = [(f"jail:{f.ori}", f"/v1/jails/{f.ori}/notices", f"/v1/jails/{f.ori}/receipts") for f in FACILITIES]
        return [*jails, ("ice", "/v1/ice/responses", "/v1/ice/receipts")]

    async def live(self, stop: asyncio.Event) -> None:
        """Do all of that over and over."""
        async with asyncio.TaskGroup() as group:
            for recipient, feed, receipts in self._recipients():
                group.create_task(self._often(stop, 0.5, lambda r=recipient, f=feed, p=receipts: self.fetch(r, f, p)))
            group.create_task(self._often(stop, 2.0, self.review))
            group.create_task(self._often(stop, 2.0, self.settle_aside))

    async def _often(self, stop: asyncio.Event, pause_s: float, act: Any) -> None:
        while not stop.is_set():
            try:
                await act()
            except (httpx.HTTPError, ValueError, KeyError):
                self.count["asked in vain"] += 1
            await asyncio.sleep(pause_s)

    async def all_fetched(self) -> None:
        """Fetch every feed to its end."""
        for recipient, feed, receipts in self._recipients():
            while await self.fetch(recipient, feed, receipts):
                pass

    async def fetch(self, recipient: str, feed: str, receipts: str) -> int:
        """Fetch what follows, write it down, then sign for it."""
        after = self._places.get(recipient)
        instant = self._receiver.instant
        said = await self._get(
            "notify", recipient, feed, {"after": after, "limit": "200"} if after else {"limit": "200"}
        )
        items = said["items"]
        if not items:
            return 0
        self._ledger.write([line_of("feed", recipient, item["id"], item, instant) for item in items])
        self._places[recipient] = said["next"]
        self.count["fetched"] += len(items)
        await self._post(
            "notify", recipient, receipts, {"ids": [item["id"] for item in items], "signed_by": "desk officer"}
        )
        return len(items)

    async def review(self) -> None:
        """Answer open questions, most of them."""
        said = await self._get("decision", "reviewer", "/v1/reviews", {"state": "open", "limit": "50"})
        for one in said["items"]:
            pick = self._to.chance.random()
            if pick < 0.2:
                continue
            outcome = "HOLD" if pick < 0.7 else "RELEASE"
            body = {"outcome": outcome, "reason_code": "record", "rationale": "Read the record."}
            answer = await self._post("decision", "reviewer", f"/v1/reviews/{one['id']}/answer", body)
            self.count["answered" if answer.is_success else "answer refused"] += 1

    async def settle_aside(self) -> None:
        """Let go of what is set aside: retried in vain once, discarded, and discarded once more."""
        said = await self._get("intake", "operator", "/v1/parked", {"limit": "20"})
        for one in said["items"]:
            path = f"/v1/parked/{one['id']}"
            await self._post("intake", "operator", f"{path}/retry", {"reason": "is it mended?"})
            for _ in range(2):
                await self._post("intake", "operator", f"{path}/discard", {"reason": "no event at all"})
            self.count["redriven twice"] += 1

    async def _get(self, service: str, who: str, path: str, params: dict[str, str]) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._to.keys[who]}"}
        answer = await self._client.get(f"{self._to.url(service)}{path}", params=params, headers=headers)
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        return said

    async def _post(self, service: str, who: str, path: str, body: dict[str, Any]) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._to.keys[who]}"}
        return await self._client.post(f"{self._to.url(service)}{path}", json=body, headers=headers)

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()
