"""Whatever comes: it gets its answer, nothing is lost, nothing crashes, and nobody repeats what it said."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

import httpx
import pytest
from prometheus_client import generate_latest

from services.intake.messages import BATCH, STRUCTURED
from shared.db.engine import make_engine
from shared.db.session import Sessions
from shared.http.access import Role
from shared.kafka.producer import OutMessage
from shared.kafka.topics import TOPICS, Topic
from tests.integration.intake.conftest import Door
from tests.integration.intake.hostile import APPLIED, CANARY, TABLE, WAITING, Hostile
from tests.support.builders import NUMBER, ORI, a_booking
from tests.support.line import Line, as_message, parts_for

Post = Callable[..., Awaitable[httpx.Response]]

#: Saturday noon: all that the table tells of has happened, but for what lies ahead.
NOW = "2012-02-25 12:00"


@pytest.fixture
async def post(door: Door) -> Post:
    """Give a way to post bytes as someone; ``headers`` beside the content type."""
    unknown = await door.client(Role.JAIL, token="cs_0_0")
    clients = {"jail": await door.jail(), "ice": await door.ice(), "nobody": unknown}
    clients["operator"] = await door.client(Role.OPERATOR)

    async def send(
        raw: bytes, who: str = "jail", *, kind: str = STRUCTURED, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return await clients[who].post("/v1/events", content=raw, headers={"content-type": kind, **(headers or {})})

    await door.line.step(NOW)
    return send


def code_of(answer: httpx.Response) -> str:
    """Give the code of an answer: of its first error where it names one, else of the problem."""
    told = answer.json()
    errors = [error for one in told.get("rejected", ()) for error in one["errors"]] or told.get("errors") or []
    if told.get("type", "").endswith(":none_taken") and len(told["rejected"]) == 1:
        return str(errors[0]["code"])
    return str(told["type"]).rpartition(":")[2] if "type" in told else ""


def test_the_table_is_a_table() -> None:
    """Sixty and more, each under a name of its own."""
    assert len({one.name for one in TABLE}) == len(TABLE) >= 60


async def test_the_door_answers_each(door: Door, post: Post, capfd: pytest.CaptureFixture[str]) -> None:
    """Every message gets its status and code; the log gets what was taken, and nothing else; nobody is named."""
    answers, taken = {}, 0
    for one in TABLE:
        before = len(door.log.sent)
        answer = await post(one.raw, one.who, kind=one.kind, headers=one.headers)
        answers[one.name] = (answer.status_code, code_of(answer))
        assert CANARY not in answer.text, one.name
        assert (len(door.log.sent) > before) == bool(answer.json().get("accepted")), one.name
        taken += len(door.log.sent) - before
        await forget(door.line)
    assert answers == {one.name: (one.status, one.code) for one in TABLE}
    assert taken == sum(one.status == 202 for one in TABLE) - 1
    assert CANARY not in b"".join(message.key or b"" for message in door.log.sent).decode()
    assert CANARY not in "".join(capfd.readouterr()) + generate_latest().decode()


async def forget(line: Line) -> None:
    """Forget what was heard: most rows bear one name, and another body under it would be another story."""
    async with line.owner.transaction() as session:
        await session.run("DELETE FROM intake.raw_events")
        await session.run("DELETE FROM intake.inbox")


def written(one: Hostile, number: int) -> OutMessage:
    """Give the message as a state's bus would write it, under a booking of its own."""
    return OutMessage(Topic.BOOKINGS, f"{ORI}/hostile-{number}".encode(), one.raw)


async def fates(line: Line, messages: Sequence[tuple[Hostile, OutMessage]]) -> dict[str, str]:
    """Write each to the topic, one after another, and tell what became of it."""
    became = {}
    for one, message in messages:
        await forget(line)
        await line.take(message)
        position = line.events.ends[Topic.BOOKINGS] - 1
        aside = await line.rows("SELECT code FROM intake.parked WHERE position = :at", at=position)
        heard = await line.rows("SELECT state FROM intake.inbox WHERE state <> 'parked'")
        assert len(aside) + len(heard) == 1, one.name
        became[one.name] = (aside or heard)[0][0]
        # An honest event between, so that nobody takes the row of hostile ones for a fault of ours.
        await line.take(as_message(a_booking(id=f"honest {position}", booking_number=f"honest-{position}")))
    return became


async def test_a_topic_loses_nothing(line: Line, capfd: pytest.CaptureFixture[str]) -> None:
    """On a topic there is no answer: each is applied, waits, or is set aside with its bytes under its code."""
    await line.step(NOW)
    written_down = [(one, written(one, number)) for number, one in enumerate(TABLE) if one.fate is not None]
    became = await fates(line, written_down)
    assert became == {one.name: one.fate for one, _ in written_down}
    kept = {row.message for row in await line.rows("SELECT message FROM intake.parked")}
    assert kept == {one.raw for one, _ in written_down if one.fate not in (APPLIED, WAITING)}
    told = "".join(f"{letter.key} {letter.message.decode()}" for letter in line.told)
    shown = await line.value(
        "SELECT (SELECT string_agg(concat_ws(' ', code, reason, place, mend), ' ') FROM intake.parked)"
        " || (SELECT string_agg(concat_ws(' ', subject, detail), ' ') FROM intake.alarms)"
    )
    for where in (told, shown, "".join(capfd.readouterr()), generate_latest().decode()):
        assert CANARY not in where


async def test_strange_records_are_set_aside(line: Line) -> None:
    """Tombstones, torn headers and keys of any kind: kept, and no key of another shape leaves this house."""
    await line.step(NOW)
    event, other = as_message(a_booking()).value, as_message(a_booking(id="other")).value
    strange = (
        OutMessage(Topic.BOOKINGS, b"\xff\xfe", b"{"),
        OutMessage(Topic.BOOKINGS, b"\x00/\x00", b"{"),
        OutMessage(Topic.BOOKINGS, f"{CANARY}/12-1".encode(), b"{"),
        OutMessage(Topic.BOOKINGS, f"{CANARY}".encode() * 100, b"{"),
        OutMessage(Topic.BOOKINGS, b"", b"{"),
        OutMessage(Topic.BOOKINGS, b"k", event, (("ce_id", b"\xff"),)),
        OutMessage(Topic.BOOKINGS, b"k", other, (("ce_specversion", b"1.0"), ("ce_type", b"\x00"))),
    )
    await line.take(*strange)
    rows = await line.rows("SELECT code, case_key FROM intake.parked ORDER BY position")
    assert [tuple(row) for row in rows] == [
        *[("not_json", None)] * 5,
        ("header", None),
        ("attribute_source", None),
    ]
    assert [letter.topic for letter in line.told] == [Topic.PARKED] * 7
    assert CANARY not in "".join(letter.key + letter.message.decode() for letter in line.told)


def headers(prefix: str) -> dict[str, str]:
    """Give the attributes of a booking as headers."""
    event = a_booking()
    said = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type}
    return {f"{prefix}{name}": value for name, value in {**said, "time": event.time.isoformat()}.items()}


async def test_binary_mode_says_the_same_everywhere(door: Door, post: Post) -> None:
    """One event in binary mode over HTTP, over Kafka, and structured: accepted, heard, and then a duplicate."""
    data = json.dumps({**a_booking().data, "hair": "brown"}).encode()
    answer = await post(data, kind="application/json", headers=headers("ce-"))
    assert (answer.status_code, answer.json()["accepted"][0]["status"]) == (202, "accepted")
    await door.line.take(door.log.sent[0])
    binary = tuple((name, value.encode()) for name, value in headers("ce_").items())
    await door.line.take(OutMessage(Topic.BOOKINGS, f"{ORI}/{NUMBER}".encode(), data, binary))
    assert await door.line.state(a_booking()) == ("applied", None)
    assert await door.parked() == []
    whole = json.dumps({**{k.removeprefix("ce-"): v for k, v in headers("ce-").items()}, "data": json.loads(data)})
    answer = await post(whole.encode())
    assert answer.json()["accepted"][0]["status"] == "duplicate"


async def test_unknown_fields_are_kept(door: Door) -> None:
    """What we do not read today is there for those who may have to read it tomorrow."""
    event = a_booking(hair="brown", person={"family_name": "Example", "shoe_size": 43})
    await door.line.hear(event)
    kept = json.loads(await door.line.value("SELECT convert_from(data, 'UTF8') FROM intake.raw_events"))
    assert (kept["hair"], kept["person"]["shoe_size"]) == ("brown", 43)


async def test_one_name_stands_for_one_body(door: Door, post: Post) -> None:
    """The same id with another body is refused at the door and set aside on a topic: no guess which was meant."""
    first, second = as_message(a_booking()), as_message(a_booking(expected_release_at="2012-02-26T10:00:00-05:00"))
    assert (await post(first.value)).status_code == 202
    answer = await post(second.value)
    assert (answer.status_code, code_of(answer)) == (422, "id_reused")
    await door.line.take(first, second)
    assert await door.line.state(a_booking()) == ("applied", None)
    assert len(await door.parked(code="id_reused")) == 1


async def test_a_bad_neighbour_in_a_batch_spoils_nothing(door: Door, post: Post) -> None:
    """Each event of a batch gets its own answer."""
    good = as_message(a_booking()).value
    answer = await post(b"[" + good + b', {"id": "x"}, ' + good + b"]", kind=BATCH)
    told = answer.json()
    assert answer.status_code == 202
    assert [one["status"] for one in told["accepted"]] == ["duplicate", "accepted"]
    assert [(one["id"], one["errors"][0]["code"]) for one in told["rejected"]] == [("x", "specversion")]
    assert len(door.log.sent) == 1


async def test_without_the_broker_nothing_is_accepted(door: Door, post: Post) -> None:
    """503 when the broker has none of it, with the word to send it again; in part, the rest stands under rejected."""
    door.log.refuses = lambda _: True
    answer = await post(as_message(a_booking()).value)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert [one["retry"] for one in answer.json()["rejected"]] == [True]
    assert await door.line.rows("SELECT id FROM intake.inbox") == []
    door.log.refuses = lambda message: b"other" in message.value
    both = b"[" + as_message(a_booking()).value + b"," + as_message(a_booking(id="other")).value + b"]"
    answer = await post(both, kind=BATCH)
    assert answer.status_code == 202
    assert [one["id"] for one in answer.json()["accepted"]] == [a_booking().id]
    assert [(one["id"], one["retry"]) for one in answer.json()["rejected"]] == [("other", True)]


async def test_without_the_database_nothing_is_called_a_duplicate(door: Door, post: Post) -> None:
    """What was heard before goes to the broker once more, rather than that we claim to know it unseen."""
    message = as_message(a_booking())
    assert (await post(message.value)).status_code == 202
    away = Sessions(make_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none", name="away"), door.line.clock)
    door.app.state.parts = parts_for("intake", away, door.line.told, requests=away, kafka=door.log)
    answer = await post(message.value)
    assert (answer.status_code, [one["status"] for one in answer.json()["accepted"]]) == (202, ["accepted"])
    await door.line.take(*door.log.sent)
    assert await door.line.state(a_booking()) == ("applied", None)
    assert await door.line.value("SELECT count(*) FROM intake.raw_events") == 1
    await away.close()


def test_every_inbound_topic_takes_a_table() -> None:
    """The three topics that others write to are the ones intake reads: what holds for one holds for all."""
    assert {topic for topic, shape in TOPICS.items() if "intake" in shape.readers} == {
        Topic.BOOKINGS,
        Topic.MATCHES,
        Topic.DETAINERS,
    }
