"""One topic: its messages, masked, and what became of each; one message; its schema; showing it for a reason."""

import re
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.lag.looks import TopicNow
from services.console.lag.sampler import Sampler
from services.console.messages import reveals
from services.console.messages.browse import Found, Logs, Wanted
from services.console.messages.envelope import read, shown_key
from services.console.messages.lines import lines
from services.console.messages.masking import Mask, count_masks, hexdump, masked, revealed
from services.console.messages.schemas import told_fields
from services.console.queries.fates import fates, keys_of
from services.console.show import Values, View
from shared.domain.errors import KafkaAway
from shared.http.access import Role
from shared.http.problems import Problem, not_found
from shared.kafka.reader import Stored
from shared.kafka.topics import TOPICS, Topic
from shared.runtime.clock import machine_now

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
#: Whoever is signed in may ask to be shown a message; who may not is refused, and that is written down too.
Asking = Annotated[Act, Depends(acting())]

#: Numbers that messages go by; a search never takes a name.
_KEY = re.compile(r"[A-Z]{2}[A-Z0-9]{7}/[!-~]{1,64}|[A-Za-z0-9-]*[0-9][A-Za-z0-9-]{2,63}")
_INBOUND = frozenset({Topic.BOOKINGS, Topic.MATCHES, Topic.DETAINERS})
_BEFORE = re.compile(r"(\d{1,3})-(\d{1,18})")


class _NotUnderstood(Exception):
    """A filter that cannot be meant; the text says why."""


def _topic(name: str) -> Topic:
    try:
        return Topic(name)
    except ValueError:
        raise not_found() from None


def _now(request: Request, topic: Topic) -> TopicNow:
    sampler: Sampler = request.app.state.sampler
    return next(one for one in sampler.history.now(machine_now()) if one.topic == topic)


async def _wanted(view: View, topic: Topic) -> Wanted:
    """Read the filters of the address."""
    asked = view.request.query_params
    key = asked.get("key", "").strip()
    keys = frozenset[str]()
    if key:
        if (case_id := _uuid(key)) is not None:
            keys = await keys_of(view.cases, case_id)
        elif _KEY.fullmatch(key):
            keys = frozenset({key})
        else:
            raise _NotUnderstood(
                "Search by a booking number (ORI/number), a detainer's, a TCN or a case id, not by name."
            )
    kind = asked.get("kind", "")
    if kind and kind not in _kinds(topic):
        raise _NotUnderstood("This topic has no such type.")
    partition = asked.get("partition", "")
    if partition and not (partition.isdecimal() and int(partition) < TOPICS[topic].partitions):
        raise _NotUnderstood("This topic has no such partition.")
    return Wanted(
        topic=topic.value,
        keys=keys,
        kind=kind,
        partition=int(partition) if partition else None,
        since=_since(asked.get("since", ""), view.stands.where.common_zone),
        before=tuple((int(part), int(offset)) for part, offset in _BEFORE.findall(asked.get("before", ""))),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _since(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise _NotUnderstood("The instant is not one.") from None


def _kinds(topic: Topic) -> tuple[str, ...]:
    return TOPICS[topic].events or ("event.parked",)


async def _load(view: View, topic: Topic) -> Values:
    now, asked = _now(view.request, topic), dict(view.request.query_params)
    shared: dict[str, Any] = {"topic": now, "zone": view.stands.where.common_zone, "machine": machine_now()}
    listed: dict[str, Any] = {"rows": [], "older": None, "problem": None, "looked_at": 0, "is_tail": False}
    try:
        wanted = await _wanted(view, topic)
        logs: Logs = view.request.app.state.logs
        found = await logs.find(wanted)
        listed |= {
            "rows": await _rows(view, topic, now, found),
            "older": _older(asked, found),
            "looked_at": found.looked_at,
            "is_tail": not wanted.before,
        }
    except _NotUnderstood as error:
        listed["problem"] = str(error)
    except KafkaAway:
        listed["problem"] = "Kafka does not answer, so no message can be read. The pipeline goes on when it does."
    sampler: Sampler = view.request.app.state.sampler
    waited = {
        one.partition: [point.waiting for point in sampler.history.points((now.topic, one.partition))]
        for one in now.partitions
    }
    return {
        "topic_head": shared,
        "topic_messages": {**shared, **listed},
        "topic_partitions": {**shared, "waited": waited},
    }


async def _rows(view: View, topic: Topic, now: TopicNow, found: Found) -> list[dict[str, Any]]:
    positions = {(topic.value, one.partition): one.judged.position for one in now.partitions}
    became = await fates(view.cases, topic.value, found.messages, positions, inbound=topic in _INBOUND)
    return [
        {"at": stored.at, "record": stored.record, "kind": it.kind, "key": shown_key(stored.record, it), "fate": fate}
        for (stored, it), fate in zip(found.messages, became, strict=True)
    ]


def _older(asked: dict[str, str], found: Found) -> str | None:
    """Give the address of what comes next; None where all was seen."""
    if not found.before:
        return None
    before = ",".join(f"{part}-{offset}" for part, offset in sorted(found.before.items()))
    return urlencode({**{name: text for name, text in asked.items() if text}, "before": before})


@router.get("/topics/{name}")
async def topic(request: Request, name: str, person: Looking) -> Response:
    """Show a topic's messages."""
    it = _topic(name)
    asked = request.query_params

    async def load(view: View) -> Values:
        return await _load(view, it)

    return await show.page(
        request,
        person,
        "topic.html",
        load,
        topic_name=it.value,
        kinds=_kinds(it),
        count=TOPICS[it].partitions,
        asked=asked,
    )


@router.get("/topics/{name}/stream")
async def follow(request: Request, name: str, person: Looking) -> Response:
    """Keep the tail of a topic true."""
    it = _topic(name)

    async def load(view: View) -> Values:
        return await _load(view, it)

    return await show.stream(request, person, load)


async def _message(view: View, topic: Topic, partition: int, offset: int) -> Values:
    """Read one message, and mask what this person may not see now."""
    logs: Logs = view.request.app.state.logs
    stored = await _stored(logs, topic, partition, offset)
    it = read(stored.record)
    spot = reveals.Spot(topic=topic.value, partition=partition, offset=offset)
    shown_to = await reveals.of_message(view.own, spot)
    now = machine_now()
    until = reveals.open_until(shown_to, view.person, now, raw=False)
    raw_until = reveals.open_until(shown_to, view.person, now, raw=True)
    kind = it.kind
    covered = (
        Mask("bytes that do not decode") if it.form == "unreadable" else masked(str(it.attributes.get("type")), it.data)
    )
    positions = {(topic.value, one.partition): one.judged.position for one in _now(view.request, topic).partitions}
    (fate,) = await fates(view.cases, topic.value, [(stored, it)], positions, inbound=topic in _INBOUND)
    return {
        "message": {
            "topic": topic.value,
            "stored": stored,
            "it": it,
            "kind": kind,
            "key": shown_key(stored.record, it),
            "lines": lines(revealed(it.data) if until else covered),
            "masks": count_masks(covered),
            "until": until,
            "raw_until": raw_until,
            "hex": hexdump(stored.record.value or b"") if raw_until else [],
            "reveals": shown_to,
            "fate": fate,
            "machine": now,
            "zone": view.stands.where.common_zone,
            "may_reveal": view.person.role in {Role.OPERATOR, Role.ADMINISTRATOR},
            "may_see_bytes": view.person.role is Role.ADMINISTRATOR,
        },
        "message_schema": {"kind": kind, "fields": told_fields(str(it.attributes.get("type")))},
    }


async def _stored(logs: Logs, topic: Topic, partition: int, offset: int) -> Stored:
    if partition >= TOPICS[topic].partitions:
        raise not_found()
    try:
        stored = await logs.at(topic.value, partition, offset)
    except KafkaAway as error:
        raise Problem(503, "kafka_away", "Kafka does not answer, so the message cannot be read. Try again.") from error
    if stored is None:
        raise not_found()
    return stored


@router.get("/topics/{name}/{partition}/{offset}")
async def message(request: Request, name: str, partition: int, offset: int, person: Looking) -> Response:
    """Show one message."""
    it = _topic(name)

    async def load(view: View) -> Values:
        return await _message(view, it, partition, offset)

    return await show.page(
        request, person, "message.html", load, topic_name=it.value, partition=partition, offset=offset
    )


@router.get("/topics/{name}/{partition}/{offset}/stream")
async def follow_message(request: Request, name: str, partition: int, offset: int, person: Looking) -> Response:
    """Keep what became of a message true, and mask it again when its time is over."""
    it = _topic(name)

    async def load(view: View) -> Values:
        return await _message(view, it, partition, offset)

    return await show.stream(request, person, load)


@router.post("/topics/{name}/{partition}/{offset}/reveal")
async def reveal(request: Request, name: str, partition: int, offset: int, act: Asking) -> Response:
    """Show a message's masked fields, or its bytes, for a reason and for ten minutes."""
    it, reason = _topic(name), act.text("reason", most=500)
    if not reason:
        raise Problem(422, "no_reason", "Say why you need to see it; the reason goes into the record.")
    await _stored(request.app.state.logs, it, partition, offset)
    spot = reveals.Spot(topic=it.value, partition=partition, offset=offset)
    raw = act.text("what") == "bytes"
    if not await reveals.ask(
        request.app.state.sessions, act.person, spot, reason, act.text("reference", most=200), raw=raw
    ):
        raise Problem(403, "not_shown", "Your role may not be shown this. That you asked is on record.")
    return RedirectResponse(f"/topics/{it.value}/{partition}/{offset}", status_code=303)
