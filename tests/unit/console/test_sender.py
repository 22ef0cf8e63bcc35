"""Events are sent with the right key, until each is taken or refused for good."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from services.console.play.model import EventLine
from services.console.play.sender import MOST_AT_ONCE, Sender
from shared.domain.errors import Unconfirmed
from shared.kafka.producer import OutMessage
from tests.unit.console.plays import JAIL, NOON, ORI, an_event

KEYS = {f"jail:{ORI}": "jail-key", "ice": "ice-key", "bureau": "bureau-key"}


class FakeLog:
    """A log that confirms, but for the first so many tries."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.written: list[OutMessage] = []

    async def send(self, messages: Sequence[OutMessage]) -> list[BaseException | None]:
        """Confirm each, or none."""
        if self.fails:
            self.fails -= 1
            return [Unconfirmed("away") for _ in messages]
        self.written += messages
        return [None for _ in messages]


Answer = Callable[[str, list[dict[str, Any]]], httpx.Response]


async def send(lines: list[EventLine], answer: Answer, log: FakeLog | None = None) -> Sender:
    """Send lines to an intake that answers so."""

    def heard(request: httpx.Request) -> httpx.Response:
        return answer(request.headers["authorization"], json.loads(request.content))

    async with httpx.AsyncClient(transport=httpx.MockTransport(heard), base_url="http://intake") as client:
        sender = Sender(client, KEYS, log or FakeLog())
        await sender.send(lines)
        return sender


def taken(events: list[dict[str, Any]], status: str = "accepted") -> httpx.Response:
    """Take all events."""
    names = [{"id": event["id"], "source": event["source"], "status": status} for event in events]
    return httpx.Response(202, json={"accepted": names, "rejected": []})


def a_line(event_id: str, kind: str = "booking.release_due", **more: Any) -> EventLine:
    """Give a line that arrives at noon."""
    return EventLine(at=NOON, event=an_event(event_id, kind), **more)


async def test_each_sender_uses_its_own_key_and_batches_stay_small() -> None:
    """Two senders, two keys; a long list goes in parts."""
    heard: list[tuple[str, int]] = []

    def answer(key: str, events: list[dict[str, Any]]) -> httpx.Response:
        heard.append((key, len(events)))
        return taken(events)

    lines = [a_line(f"rd-{n}") for n in range(MOST_AT_ONCE + 1)] + [a_line("d-1", "detainer.lodged")]
    sender = await send(lines, answer)
    assert sorted(heard) == [("Bearer ice-key", 1), ("Bearer jail-key", 1), ("Bearer jail-key", MOST_AT_ONCE)]
    assert sender.refused == {}


async def test_what_is_refused_is_counted_with_its_code_and_not_sent_again() -> None:
    """One event of a batch is refused for good, the other is taken."""
    posts = []

    def answer(_: str, events: list[dict[str, Any]]) -> httpx.Response:
        posts.append(len(events))
        rejected = [{"id": "rd-1", "source": JAIL, "errors": [{"code": "time_ahead", "where": "/time"}]}]
        return httpx.Response(202, json={"accepted": [{"id": "rd-2", "status": "accepted"}], "rejected": rejected})

    sender = await send([a_line("rd-1"), a_line("rd-2")], answer)
    assert sender.refused == {(JAIL, "rd-1"): "time_ahead"}
    assert posts == [2]


async def test_what_the_broker_did_not_confirm_is_sent_until_it_is_taken() -> None:
    """A 503 with `retry` is no refusal."""
    posts = []

    def answer(_: str, events: list[dict[str, Any]]) -> httpx.Response:
        posts.append([event["id"] for event in events])
        if len(posts) == 1:
            rejected = [{"id": "rd-2", "source": JAIL, "retry": True, "errors": [{"code": "not_confirmed"}]}]
            return httpx.Response(202, json={"accepted": [], "rejected": rejected})
        return taken(events)

    sender = await send([a_line("rd-1"), a_line("rd-2")], answer)
    assert posts == [["rd-1", "rd-2"], ["rd-2"]]
    assert sender.refused == {}


async def test_a_batch_spoilt_by_one_event_is_sent_singly() -> None:
    """When the body as a whole is refused, only the guilty event is."""

    def answer(_: str, events: list[dict[str, Any]]) -> httpx.Response:
        if any(event["id"] == "rd-2" for event in events):
            return httpx.Response(400, json={"type": "urn:countersign:problem:invalid_json"})
        return taken(events)

    sender = await send([a_line("rd-1"), a_line("rd-2"), a_line("rd-3")], answer)
    assert sender.refused == {(JAIL, "rd-2"): "invalid_json"}


async def test_duplicates_at_the_door_are_counted() -> None:
    """A second telling is taken, and known as such."""
    sender = await send([a_line("rd-1")], lambda _, events: taken(events, "duplicate"))
    assert (sender.duplicates, sender.refused) == (1, {})


async def test_topic_lines_reach_their_topic_in_spite_of_weather() -> None:
    """A line for the topic is written there under its subject, and again until it is confirmed."""
    log = FakeLog(fails=1)
    await send([a_line("rd-1", via="topic")], lambda _, events: taken(events), log)
    (message,) = log.written
    assert (message.topic, message.key) == ("jail.bookings.v1", f"{ORI}/12-1".encode())
    assert json.loads(message.value)["id"] == "rd-1"


@pytest.mark.parametrize(("via", "code"), [("topic", "unknown_type"), ("http", "not_yours")])
async def test_an_event_of_no_known_type_is_refused_and_never_a_crash(via: Any, code: str) -> None:
    """Nobody's event has no topic; over HTTP the door says what it thinks of it."""

    def answer(_: str, __: list[dict[str, Any]]) -> httpx.Response:
        rejected = [{"id": "x", "source": JAIL, "errors": [{"code": "not_yours"}]}]
        return httpx.Response(422, json={"type": "urn:x:none_taken", "accepted": [], "rejected": rejected})

    sender = await send([a_line("x", "weather.changed", via=via)], answer)
    assert sender.refused == {(JAIL, "x"): code}
