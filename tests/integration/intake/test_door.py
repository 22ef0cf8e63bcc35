"""`POST /v1/events`: taken only when the broker has it, refused with reasons, and never an echo of what was said."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx

from shared.http.access import Keys, Role
from shared.kafka.producer import OutMessage
from tests.integration.intake.conftest import Door
from tests.support.builders import (
    ICE,
    JAIL,
    NUMBER,
    ORI,
    OTHER_ORI,
    a_booking,
    a_detainer,
    a_match,
    a_person,
    a_service,
    an_event_json,
)
from tests.support.line import renamed

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
#: What nobody may read in an answer.
SECRET = "Xanthippe"


async def post(client: httpx.AsyncClient, body: bytes, headers: dict[str, str] = STRUCTURED) -> httpx.Response:
    """Post one event."""
    return await client.post("/v1/events", content=body, headers=headers)


async def post_batch(client: httpx.AsyncClient, *bodies: bytes) -> httpx.Response:
    """Post a batch."""
    return await post(client, b"[" + b",".join(bodies) + b"]", BATCH)


def codes(response: httpx.Response) -> list[list[str]]:
    """Give the reasons of each event that was not taken."""
    return [[error["code"] for error in each["errors"]] for each in response.json()["rejected"]]


def problem(response: httpx.Response) -> str:
    """Give the problem's code; it is a problem document with the answer's own status."""
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    return str(response.json()["type"]).rpartition(":")[2]


async def test_an_event_is_accepted_when_the_broker_has_it(door: Door) -> None:
    """202 names the event; what lies on the topic is what was sent, under the booking's key."""
    body = an_event_json(a_booking())
    response = await post(await door.jail(), body)
    assert response.status_code == 202
    assert response.json() == {
        "accepted": [{"id": a_booking().id, "source": JAIL, "status": "accepted"}],
        "rejected": [],
    }
    assert door.log.sent == [
        OutMessage(
            "jail.bookings.v1", f"{ORI}/{NUMBER}".encode(), body, (("content-type", b"application/cloudevents+json"),)
        )
    ]


async def test_binary_mode_says_the_same(door: Door) -> None:
    """Attributes in headers, data in the body: one event, a duplicate of its structured form."""
    event = a_booking()
    attributes = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type}
    headers = {f"ce-{name}": value for name, value in {**attributes, "time": event.time.isoformat()}.items()}
    headers |= {"ce-dataschema": f"/schemas/{event.type}/1", "Content-Type": "application/json"}
    client = await door.jail()
    assert (await post(client, json.dumps(event.data).encode(), headers)).status_code == 202
    assert (await post(client, an_event_json(event))).json()["accepted"][0]["status"] == "duplicate"


async def test_the_same_event_again_is_a_duplicate(door: Door) -> None:
    """Before and after it has been consumed, and doubled in one batch; the topic sees it once."""
    client, body = await door.jail(), an_event_json(a_booking())
    statuses = [each["status"] for each in (await post_batch(client, body, body)).json()["accepted"]]
    assert sorted(statuses) == ["accepted", "duplicate"]
    assert (await post(client, body)).json()["accepted"][0]["status"] == "duplicate"
    assert len(door.log.sent) == 1
    await door.consume()
    assert (await post(client, body)).json()["accepted"][0]["status"] == "duplicate"
    assert door.log.sent == []


async def test_another_body_under_the_same_id_is_refused(door: Door) -> None:
    """An id that is reused is an error, in one batch and over days."""
    client = await door.jail()
    other = an_event_json(renamed(a_booking(), inmate_number="1"))
    assert codes(await post_batch(client, an_event_json(a_booking()), other)) == [["id_reused"]]
    response = await post(client, other)
    assert (response.status_code, problem(response), codes(response)) == (422, "none_taken", [["id_reused"]])


async def test_lines_take_what_they_can(door: Door) -> None:
    """NDJSON is a batch with an event a line: one that cannot be read leaves its neighbours whole."""
    client = await door.jail()
    lines = b"\n".join([an_event_json(a_booking()), b"", b"{"]) + b"\n"
    response = await client.post("/v1/events", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert response.status_code == 202
    assert [one["status"] for one in response.json()["accepted"]] == ["accepted"]
    assert codes(response) == [["not_json"]]
    assert (
        await client.post("/v1/events", content=b"{", headers={"Content-Type": "application/x-ndjson"})
    ).status_code == 422


async def test_a_batch_takes_what_it_can(door: Door) -> None:
    """One unreadable, one not the caller's, one good: 202 with both lists, each with its reason and place."""
    bad = an_event_json(renamed(a_booking(id="bad"), booked_at=SECRET))
    foreign = an_event_json(a_booking(id="foreign", facility_ori=OTHER_ORI))
    response = await post_batch(await door.jail(), an_event_json(a_booking()), bad, foreign)
    assert response.status_code == 202
    assert [each["id"] for each in response.json()["accepted"]] == [a_booking().id]
    assert {each["id"]: each["errors"][0]["where"] for each in response.json()["rejected"]} == {
        "bad": "/data/booked_at",
        "foreign": "/data/facility_ori",
    }
    assert (SECRET not in response.text, len(door.log.sent)) == (True, 1)


#: Wrong in one place each.
UNSOUND: Sequence[dict[str, Any]] = (
    {"person": {"family_name": SECRET, "birth_date": 7}},
    {"booked_at": SECRET},
    {"ids": {"tcn": [SECRET]}},
    {"charges": SECRET},
    {"facility_ori": SECRET},
)
#: No strict event, and why.
NO_EVENTS = (
    (b"{", "not_json"),
    (b"[]", "not_cloudevent"),
    (b"\xff", "not_json"),
    (b"", "not_json"),
    (an_event_json(a_booking()).replace(b'"booked_at"', b'"a":1,"a":2,"booked_at"'), "duplicate_key"),
    (an_event_json(a_booking(inmate_number="a\x00b")), "nul_character"),
    (an_event_json(a_booking(amount=float("nan"))), "not_json"),
    (an_event_json(a_booking()).replace(b'"1.0"', b'"0.3"'), "specversion"),
    (an_event_json(a_booking(), type="booking.invented"), "unknown_type"),
    (an_event_json(a_booking(), time="yesterday"), "time"),
    (an_event_json(a_booking(), dataschema="/schemas/booking.created/2"), "unknown_schema"),
    (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, "too_deep"),
)


async def test_reasons_name_places_and_repeat_nothing(door: Door) -> None:
    """422 says where and how to mend it; a name sent in a wrong place does not come back."""
    client = await door.jail()
    for said in UNSOUND:
        response = await post(client, an_event_json(renamed(a_booking(), **said)))
        assert response.status_code == 422, said
        (error,) = response.json()["errors"]
        assert error["where"].startswith("/data/")
        assert error["how"]
        assert SECRET not in response.text
    assert door.log.sent == []


async def test_what_is_no_strict_event_is_refused(door: Door) -> None:
    """Duplicate keys, NUL, NaN, half a document, another version: one reading only, or none."""
    client = await door.jail()
    for body, code in NO_EVENTS:
        response = await post(client, body)
        assert (response.status_code, problem(response)) == (422, code)
    assert door.log.sent == []


async def test_an_event_from_the_future_is_refused(door: Door) -> None:
    """Five minutes ahead of our clock and no more."""
    client = await door.jail()
    ahead, soon = a_booking("2012-02-22 12:06"), a_booking("2012-02-22 12:05")
    assert codes(await post(client, an_event_json(ahead))) == [["time_ahead"]]
    assert (await post(client, an_event_json(soon))).status_code == 202


async def test_what_the_broker_refuses_is_not_taken(door: Door) -> None:
    """503 with `retry`: nothing was promised, nothing is remembered, and the same event is taken later."""
    client, body = await door.jail(), an_event_json(a_booking())
    door.log.refuses = lambda _: True
    response = await post(client, body)
    assert (response.status_code, problem(response)) == (503, "not_confirmed")
    assert (response.headers["retry-after"], response.json()["rejected"][0]["retry"]) == ("1", True)
    door.log.refuses = lambda _: False
    assert (await post(client, body)).json()["accepted"][0]["status"] == "accepted"


async def test_what_the_broker_refuses_in_part_is_told_in_part(door: Door) -> None:
    """One partition is away: its events are rejected with `retry`, the others accepted."""
    other = a_booking(id="other", booking_number="12-2", ids={"tcn": "T2"})
    door.log.refuses = lambda message: (message.key or b"").endswith(b"12-2")
    response = await post_batch(await door.jail(), an_event_json(a_booking()), an_event_json(other))
    assert response.status_code == 202
    assert [each["id"] for each in response.json()["accepted"]] == [a_booking().id]
    assert [(each["id"], each["retry"]) for each in response.json()["rejected"]] == [("other", True)]


async def test_keys_send_their_own_kind_for_their_own_places(door: Door) -> None:
    """Source, type and ORI must be the caller's: a jail lodges nothing, ICE books nobody, a bureau only matches."""
    jail, ice, bureau = await door.jail(), await door.ice(), await door.bureau()
    served = a_service("2012-02-22 11:00")
    assert (await post(jail, an_event_json(served))).status_code == 202
    assert (await post(ice, an_event_json(a_detainer()))).status_code == 202
    assert (await post(bureau, an_event_json(a_match()))).status_code == 202
    for client, event, where in (
        (jail, a_detainer(source=JAIL), "/type"),
        (ice, a_booking(source=ICE), "/type"),
        (ice, a_service("2012-02-22 11:00", source=ICE), "/type"),
        (bureau, a_detainer(source="/bureau/CT"), "/type"),
        (jail, a_booking(source="/jails/CT00093001"), "/source"),
        (jail, a_booking(source=f"/jails/{OTHER_ORI}"), "/source"),
        (jail, a_booking(facility_ori=OTHER_ORI), "/data/facility_ori"),
        (ice, a_detainer(source="/ice"), "/source"),
    ):
        response = await post(client, an_event_json(event))
        assert (response.status_code, codes(response)) == (422, [["not_yours"]])
        assert response.json()["rejected"][0]["errors"][0]["where"] == where


async def test_those_who_send_nothing_are_not_let_in(door: Door) -> None:
    """Reviewers, operators and auditors look and act, but tell of nobody."""
    for role in (Role.REVIEWER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR):
        response = await post(await door.client(role, sources=("/",)), an_event_json(a_booking()))
        assert (response.status_code, problem(response)) == (403, "not_allowed")


async def test_who_has_no_key_is_asked_for_one(door: Door) -> None:
    """Unknown, revoked, cut short, of another form: 401, all alike."""
    token = await door.key(Role.JAIL, oris=(ORI,), sources=(JAIL,))
    revoked = await door.key(Role.JAIL, oris=(ORI,), sources=(JAIL,))
    await door.line.database.run("UPDATE access.keys SET revoked_at = now() WHERE id = :id", id=revoked.split("_")[1])
    answers = set()
    for bad in (revoked, token[:-1], "cs_000000000000_x", "cs_", "cs_%00_x", "x", ""):
        response = await post(await door.client(Role.JAIL, token=bad or " "), an_event_json(a_booking()))
        answers.add((response.status_code, response.headers["www-authenticate"], response.content))
    assert {(status, how) for status, how, _ in answers} == {(401, "Bearer")}
    assert len(answers) == 1
    assert (await post(await door.client(Role.JAIL, token=token), an_event_json(a_booking()))).status_code == 202


async def test_a_body_is_counted_while_it_streams(door: Door) -> None:
    """Reading stops when the limit is passed: of an endless body no more is asked for."""
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b" " * 16_384

    response = await (await door.jail()).post("/v1/events", content=endless(), headers=STRUCTURED)
    assert (response.status_code, problem(response), given) == (413, "too_large", 5)


async def test_a_batch_may_be_as_large_as_it_says(door: Door) -> None:
    """4 MiB a batch and 64 KiB an event: one byte more of the first is 413, of the second that event's own fault."""
    client = await door.jail()
    large = an_event_json(a_booking(id="large", notes="x" * 65_536))
    response = await post_batch(client, large, an_event_json(a_booking()))
    assert (response.status_code, codes(response)) == (202, [["too_large"]])
    whole = b"[" + b" " * (4 * 1024 * 1024 - 2) + b"]"
    assert (await post(client, whole, BATCH)).status_code == 202
    assert (await post(client, whole + b" ", BATCH)).status_code == 413


async def test_an_encoded_body_is_refused(door: Door) -> None:
    """A small body that unfolds into a large one is not unfolded."""
    headers = {**STRUCTURED, "Content-Encoding": "gzip"}
    response = await post(await door.jail(), b"\x1f\x8b", headers)
    assert (response.status_code, problem(response)) == (415, "encoded_body")


async def test_a_name_kept_out_of_keys_and_topics(door: Door) -> None:
    """A match without a TCN of ours goes under its own, a detainer under its id; no person's number is a key."""
    plain: dict[str, Any] = {
        "booking_number": None,
        "ids": {"a_number": "A012345678"},
        "person": a_person(family_name=SECRET),
    }
    assert (await post(await door.ice(), an_event_json(a_detainer(**plain)))).status_code == 202
    (message,) = door.log.sent
    assert message.key == b"HAR-2012-000417"


class Away:
    """Sessions of a database that does not answer."""

    def reading(self, **_: str) -> Any:
        """Fail as a refused connection does."""
        raise ConnectionRefusedError

    transaction = reading


async def test_without_the_database_events_are_taken_and_none_is_called_a_duplicate(door: Door) -> None:
    """The broker has it, so 202 is kept; whether it was heard before will be seen when it is consumed."""
    client, body = await door.jail(), an_event_json(a_booking())
    assert (await client.get("/v1/events/x")).status_code == 404
    door.app.state.parts.requests = Away()
    for _ in range(2):
        response = await post(client, body)
        assert (response.status_code, response.json()["accepted"][0]["status"]) == (202, "accepted")
    asked = await client.get("/v1/events/x")
    assert (asked.status_code, problem(asked), asked.headers["retry-after"]) == (503, "database_away", "1")
    await door.consume()
    assert await door.line.value("SELECT count(*) FROM intake.inbox") == 1


async def test_a_key_that_asks_too_often_is_told_to_wait(door: Door) -> None:
    """429 for that key, and for no other."""
    door.app.state.keys = Keys(door.app.state.sessions, 2)
    client, other = await door.jail(), await door.jail(OTHER_ORI)
    assert [(await client.get("/v1/events/x")).status_code for _ in range(3)] == [404, 404, 429]
    refused = await client.get("/v1/events/x")
    assert (problem(refused), refused.headers["retry-after"]) == ("too_many_requests", "60")
    assert (await other.get("/v1/events/x")).status_code == 404
