"""Send a play's events: over HTTP with the key that may, or straight to their topic."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import msgspec

from services.console.play.model import EventLine
from services.console.up.keys import key_name
from shared.domain.errors import CountersignError
from shared.kafka.producer import KafkaLog, OutMessage
from shared.kafka.topics import topic_for
from shared.runtime.clock import machine_seconds

MOST_AT_ONCE = 200
_BATCH = "application/cloudevents-batch+json"
_STRUCTURED = (("content-type", b"application/cloudevents+json"),)
#: How long a service that is being started again is waited for.
_PATIENCE_S = 120.0
_PAUSE_S = 0.2


def event_name(line: EventLine) -> tuple[str, str]:
    """Give what makes an event the same event: its source and id."""
    return str(line.event.get("source")), str(line.event.get("id"))


class NotTaken(CountersignError):
    """Intake could not be reached, or would not take events, for too long."""


class Sender:
    """Sends events and keeps account of those that were refused at the door."""

    def __init__(self, intake: httpx.AsyncClient, keys: Mapping[str, str], kafka: KafkaLog) -> None:
        self._intake = intake
        self._keys = keys
        self._kafka = kafka
        #: The stable code of each refusal, by the event's source and id.
        self.refused: dict[tuple[str, str], str] = {}
        self.sent = 0
        self.duplicates = 0

    async def send(self, lines: Sequence[EventLine]) -> None:
        """Send these lines and wait until each is safe or refused; a line that nobody may send is refused here."""
        over_http: dict[str, list[EventLine]] = {}
        direct: list[EventLine] = []
        for line in lines:
            if line.via == "topic":
                direct.append(line)
            else:
                over_http.setdefault(key_name(line.event), []).append(line)
        posts = [self._post(name, part) for name, group in over_http.items() for part in _parts(group)]
        await asyncio.gather(*posts, self.write(direct))
        self.sent += len(lines)

    async def write(self, lines: Sequence[EventLine]) -> None:
        """Write lines to their topics, and insist until the broker has them all."""
        left = []
        for line in lines:
            try:
                topic = topic_for(str(line.event.get("type")))
            except KeyError:
                self._refuse(line.event, "unknown_type")
                continue
            key = line.event.get("subject")
            value = msgspec.json.encode(line.event)
            left.append(OutMessage(topic, key.encode() if isinstance(key, str) else None, value, _STRUCTURED))
        deadline = machine_seconds() + _PATIENCE_S
        while left:
            results = await self._kafka.send(left)
            left = [message for message, error in zip(left, results, strict=True) if error is not None]
            if left and machine_seconds() > deadline:
                raise NotTaken(f"{len(left)} events could not be written to their topics")

    async def _post(self, name: str, lines: list[EventLine]) -> None:
        token = self._keys.get(name)
        if token is None:
            for line in lines:
                self._refuse(line.event, "no_key")
            return
        left = [line.event for line in lines]
        deadline = machine_seconds() + _PATIENCE_S
        while left:
            left = await self._once(token, left)
            if left and machine_seconds() > deadline:
                raise NotTaken(f"intake did not take {len(left)} events within {_PATIENCE_S:.0f} s")
            if left:
                await asyncio.sleep(_PAUSE_S)

    async def _once(self, token: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Post events once; give back those to be posted again."""
        try:
            answer = await self._intake.post(
                "/v1/events",
                content=msgspec.json.encode(events),
                headers={"Authorization": f"Bearer {token}", "Content-Type": _BATCH},
            )
        except httpx.TransportError:
            return events
        told = _json(answer)
        if "rejected" in told or "accepted" in told:
            self.duplicates += sum(one.get("status") == "duplicate" for one in told.get("accepted") or ())
            return await self._sort(token, events, told.get("rejected") or ())
        if answer.is_success:
            return []
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            return events
        if len(events) > 1:
            # One bad event may have spoilt the body for the others.
            return await self._singly(token, events)
        self._refuse(events[0], _code(told.get("type")) or str(answer.status_code))
        return []

    async def _sort(self, token: str, events: list[dict[str, Any]], rejected: Any) -> list[dict[str, Any]]:
        """Keep account of what was refused for good; give back what is to be sent again."""
        again: list[dict[str, Any]] = []
        for told in rejected:
            event = events[0] if len(events) == 1 else _meant(events, told)
            if event is None:
                # An event without a readable name is not told apart in a batch, so each is asked about alone.
                return await self._singly(token, events)
            if told.get("retry"):
                again.append(event)
            else:
                self._refuse(event, _first_code(told.get("errors")))
        return again

    async def _singly(self, token: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [again for event in events for again in await self._once(token, [event])]

    def _refuse(self, event: Mapping[str, Any], code: str) -> None:
        self.refused[str(event.get("source")), str(event.get("id"))] = code


def _parts(lines: list[EventLine]) -> Iterator[list[EventLine]]:
    for begin in range(0, len(lines), MOST_AT_ONCE):
        yield lines[begin : begin + MOST_AT_ONCE]


def _meant(events: list[dict[str, Any]], told: Mapping[str, Any]) -> dict[str, Any] | None:
    """Find the one event that an answer speaks of."""
    named = [one for one in events if (one.get("id"), one.get("source")) == (told.get("id"), told.get("source"))]
    return named[0] if named and told.get("id") is not None else None


def _first_code(errors: Any) -> str:
    for error in errors or ():
        if isinstance(error, dict) and (code := _code(error.get("code") or error.get("type") or error.get("what"))):
            return code
    return "refused"


def _code(said: Any) -> str | None:
    return said.rpartition(":")[2] if isinstance(said, str) and said else None


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
