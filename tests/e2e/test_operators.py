"""What operators see of a whole system: names stay masked on every page, in every log and figure, unless asked for.

One run of everything, with names and numbers in its events that can be told from all others.
"""

import asyncio
import html
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.kafka.producer import KafkaLog, OutMessage
from shared.kafka.reader import LogReader
from shared.kafka.topics import TOPICS, Topic
from tests.e2e.up import started, until
from tests.support.builders import ORI, OTHER_ORI

NUMBER = "26-000777"
#: Told apart from everything: a name, a birth date, and federal numbers of the right shapes.
CANARIES = ("Qwyjibo", "Zzanzibar", "1971-03-09", "A099887766", "998877665", "NY55443322X")
_PERSON = {"family_name": CANARIES[0], "given_names": CANARIES[1], "birth_date": CANARIES[2]}
_IDS = {"a_number": CANARIES[3], "fin": CANARIES[4], "sid": CANARIES[5]}
_SOURCE = f"/jails/{ORI}"


@dataclass(slots=True)
class System:
    """Everything, running; and a browser without a script for each who signs in."""

    folder: Path
    run: dict[str, Any]
    accounts: dict[str, str] = field(repr=False)
    process: Any = field(repr=False)
    _browsers: dict[str, httpx.Client] = field(default_factory=dict)

    def browser(self, name: str) -> httpx.Client:
        """Give a browser in which somebody is signed in."""
        if name not in self._browsers:
            client = httpx.Client(base_url=self.run["urls"]["console"], timeout=60, follow_redirects=True)
            answer = client.post("/sign-in", data={"name": name, "password": self.accounts[name]})
            assert answer.status_code == 200, answer.text
            self._browsers[name] = client
        return self._browsers[name]

    def page(self, name: str, path: str) -> str:
        """Give a page as somebody sees it."""
        answer = self.browser(name).get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return html.unescape(answer.text)

    def act(self, name: str, path: str, **fields: str) -> httpx.Response:
        """Send a form as somebody."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.browser(name).get("/account").text)
        assert found
        return self.browser(name).post(path, data={"csrf": found[1], **fields})

    def ask(self, service: str, path: str, key: str = "operator") -> httpx.Response:
        """Ask a service with a key."""
        headers = {"Authorization": f"Bearer {self.run['keys'][key]}"}
        return httpx.get(self.run["urls"][service] + path, headers=headers, timeout=60)

    def end(self, topic: Topic) -> dict[int, int]:
        """Give where each partition of a topic ends, as the console's figures have it."""
        told = self.ask("console", "/metrics").text
        found = re.findall(rf'countersign_log_end\{{partition="(\d+)",topic="{re.escape(topic)}"\}} (\S+)', told)
        return {int(part): int(float(end)) for part, end in found}

    def parked(self) -> list[dict[str, Any]]:
        """Give what intake has set aside."""
        items: list[dict[str, Any]] = self.ask("intake", "/v1/parked").json()["items"]
        return items

    def book(self, number: str) -> None:
        """Post a booking of the one whose names and numbers must not be seen."""
        answer = httpx.post(
            self.run["urls"]["intake"] + "/v1/events",
            headers={
                "Authorization": f"Bearer {self.run['keys'][f'jail:{ORI}']}",
                "Content-Type": "application/cloudevents+json",
            },
            json=_booking(number, datetime.now(UTC)),
            timeout=60,
        )
        assert answer.status_code == 202, answer.text

    def send(self, *messages: OutMessage) -> None:
        """Put messages on the topics, past intake's door."""

        async def put() -> None:
            async with KafkaLog(self.run["kafka"]) as log:
                assert await log.send(messages) == [None] * len(messages)

        asyncio.run(put())


def _booking(number: str, now: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"b-{number}",
        "source": _SOURCE,
        "type": "booking.created",
        "time": now.isoformat(),
        "data": {
            "facility_ori": ORI,
            "booking_number": number,
            "booked_at": now.isoformat(),
            "person": _PERSON,
            "ids": _IDS,
            "officer_note": f"says that {CANARIES[0]} is here",
        },
    }


def _poison(n: int) -> OutMessage:
    """Make a message that cannot be read, with a name in it, for the booking."""
    body = f'{{"specversion":"1.0","id":"p-{n}","source":"/ice","data":{{"person":"{CANARIES[0]}'
    return OutMessage(Topic.DETAINERS, f"{ORI}/{NUMBER}".encode(), body.encode())


@dataclass(slots=True)
class Collector:
    """Takes spans over HTTP and keeps them, as they came and read."""

    bodies: list[bytes] = field(default_factory=list)

    def spans(self, trace: str) -> dict[str, set[str]]:
        """Give the spans of a trace: their names, by service."""
        found: dict[str, set[str]] = {}
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                (name,) = [one.value.string_value for one in resource.resource.attributes if one.key == "service.name"]
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        if span.trace_id.hex() == trace:
                            found.setdefault(name, set()).add(span.name)
        return found


@pytest.fixture(scope="module")
def collector() -> Iterator[tuple[str, Collector]]:
    """Give a collector of traces, and its address."""
    it = Collector()

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep what comes."""
            it.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", it
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, collector: tuple[str, Collector]) -> Iterator[System]:
    """Run everything; book somebody, and set something aside."""
    folder = tmp_path_factory.mktemp("operators") / "d"
    with started(folder, env={"COUNTERSIGN_TRACES_TO": collector[0]}) as up:
        assert up.stdout is not None
        first = json.loads(up.stdout.readline())
        run = json.loads((folder / "run.json").read_text())
        it = System(folder, run, first["accounts"], up)
        it.book(NUMBER)
        it.send(_poison(1))
        until(up, lambda: len(it.parked()) == 1)
        until(up, lambda: sum(it.end(Topic.BOOKINGS).values()) == 1 and sum(it.end(Topic.DETAINERS).values()) == 1)
        yield it
        for browser in it._browsers.values():
            browser.close()


def _place(system: System, topic: Topic) -> str:
    """Give where the letter lies, or the booking: it has the same key, and was the first of its partition."""
    (letter,) = system.parked()
    offset = letter["offset"] if topic is Topic.DETAINERS else 0
    return f"/topics/{topic.value}/{letter['partition']}/{offset}"


def _one_more(system: System) -> str:
    """Book the same person once more, for what is revealed stays so for a while; give where that message lies."""
    number = "26-000778"
    system.book(number)
    found = until(
        system.process,
        lambda: re.search(
            r"/topics/jail\.bookings\.v1/\d+/\d+",
            system.page("operator", f"/topics/jail.bookings.v1?key={ORI}/{number}"),
        ),
    )
    return found[0]


def _has_canary(told: str) -> list[str]:
    return [canary for canary in CANARIES if canary in told]


def test_no_page_shows_a_name_that_nobody_asked_for(system: System) -> None:
    """Every page of mine and others', as each role; the messages among them, and what is set aside."""
    (letter,) = system.parked()
    case = letter["case_id"]
    paths = [
        "/",
        "/cases",
        f"/cases/{case}",
        "/topics",
        *(f"/topics/{topic.value}" for topic in TOPICS),
        f"/topics/jail.bookings.v1?key={case}",
        _place(system, Topic.BOOKINGS),
        _place(system, Topic.DETAINERS),
        "/parked",
        f"/parked/intake/{letter['id']}",
        "/alarms",
        "/deliveries",
    ]
    for name in ("operator", "auditor", "administrator"):
        for path in paths:
            assert _has_canary(system.page(name, path)) == [], (name, path)


def test_a_message_says_what_became_of_it(system: System) -> None:
    """Applied to its case; set aside, with the way to where it is."""
    (letter,) = system.parked()
    assert "applied" in system.page("operator", _place(system, Topic.BOOKINGS))
    told = system.page("operator", _place(system, Topic.DETAINERS))
    assert "set aside" in told
    assert f"/parked/intake/{letter['id']}" in told


def test_a_search_by_case_or_number_finds_its_messages_and_a_name_is_no_search(system: System) -> None:
    """By what may stand in an address."""
    (letter,) = system.parked()
    place = _place(system, Topic.BOOKINGS)
    for key in (letter["case_id"], f"{ORI}/{NUMBER}"):
        assert place in system.page("operator", f"/topics/jail.bookings.v1?key={key}")
    assert "No message fits" in system.page("operator", f"/topics/jail.bookings.v1?key={ORI}/26-1")
    assert "not by name" in system.page("operator", f"/topics/jail.bookings.v1?key={CANARIES[0]}")


def test_what_is_revealed_is_shown_to_whom_it_was_and_written_down(system: System) -> None:
    """For a reason, to an operator, and to nobody else; an auditor who asks is refused, and that is on record too."""
    place = _one_more(system)
    assert system.act("operator", f"{place}/reveal", reason="").status_code == 422
    assert system.act("operator", f"{place}/reveal", reason="the jail asks which booking").status_code == 200
    assert _has_canary(system.page("operator", place)) == list(CANARIES)
    assert _has_canary(system.page("administrator", place)) == []
    assert system.act("auditor", f"{place}/reveal", reason="curious").status_code == 403
    told = system.page("auditor", place)
    assert _has_canary(told) == []
    assert "the jail asks which booking" in told
    assert "refused" in told


def test_bytes_are_an_administrators_and_are_shown_as_bytes(system: System) -> None:
    """An operator is refused; an administrator sees them in hexadecimal, and for a while: so of a letter of its own."""
    system.send(_poison(5))
    until(system.process, lambda: len(system.parked()) == 2)
    path = _newest(system)
    assert system.act("operator", f"{path}/bytes", reason="which name").status_code == 403
    assert system.act("administrator", f"{path}/bytes", reason="which name").status_code == 200
    assert CANARIES[0].encode().hex(" ")[:20] in system.page("administrator", path)
    assert CANARIES[0].encode().hex(" ")[:20] not in system.page("operator", path)
    _discard(system, path)


def test_an_alarm_is_taken_and_all_see_by_whom(system: System) -> None:
    """The list says who is at it."""
    assert "nobody" in system.page("auditor", "/alarms")
    (alarm,) = [one for one in system.ask("intake", "/v1/alarms").json()["items"] if one["kind"] == "event_parked"]
    assert system.act("operator", f"/alarms/intake/{alarm['id']}", act="take").status_code == 200
    assert "operator" in system.page("auditor", "/alarms")
    assert system.act("auditor", f"/alarms/intake/{alarm['id']}", act="clear", reason="x").status_code == 403


def test_a_dead_letter_is_tried_out_and_settled_once(system: System) -> None:
    """It would be set aside again, so it is discarded; a second time does nothing, and many need a second person."""
    (letter,) = system.parked()
    path = f"/parked/intake/{letter['id']}"
    assert "It would be set aside again" in system.page("operator", path)
    system.send(_poison(2), _poison(3))
    until(system.process, lambda: len(system.parked()) == 3)
    for _ in range(2):
        assert system.act("operator", path, act="discard", reason="the sender sends it anew").status_code == 200
    assert "the sender sends it anew" in system.page("auditor", "/parked")
    both = {f"pick:intake:{one['id']}": "on" for one in system.parked()}
    assert len(both) == 2
    asked = system.act("operator", "/parked/bulk", act="discard", reason="one fault, two messages", **both)
    assert asked.status_code == 200
    found = re.search(r'action="/parked/bulk/([0-9a-f-]{36})"', asked.text)
    assert found
    agree = {"answer": "agree", "phrase": "discard 2"}
    assert system.act("operator", f"/parked/bulk/{found[1]}", **agree).status_code == 403
    assert system.act("administrator", f"/parked/bulk/{found[1]}", answer="agree", phrase="yes").status_code == 422
    assert len(system.parked()) == 2
    assert system.act("administrator", f"/parked/bulk/{found[1]}", **agree).status_code == 200
    assert system.parked() == []
    # The others find a letter as this one did, whichever of them comes first.
    system.send(_poison(9))
    until(system.process, lambda: len(system.parked()) == 1)
    assert system.act("administrator", f"/parked/bulk/{found[1]}", **agree).status_code == 409


def test_a_consumer_that_hangs_turns_everything_red(system: System) -> None:
    """Its process lives and answers; the loop waits for a row that somebody has locked."""
    url = system.run["database"]

    async def hold() -> None:
        engine = create_async_engine(url)
        try:
            async with engine.connect() as connection, connection.begin():
                await connection.execute(text("SELECT * FROM intake.offsets FOR UPDATE"))
                await asyncio.to_thread(_look_while_it_hangs, system)
        finally:
            await engine.dispose()

    asyncio.run(hold())
    until(system.process, lambda: system.ask("intake", "/readyz").status_code == 200)
    until(system.process, lambda: len(system.parked()) == 2)
    _discard(system, _newest(system))


def _newest(system: System) -> str:
    """Give the address of the letter that was set aside last; all have one key, and so one partition."""
    newest = max(system.parked(), key=lambda letter: int(letter["offset"]))
    return f"/parked/intake/{newest['id']}"


def _discard(system: System, path: str) -> None:
    """Let a letter go that only this test needed, so that the others find the one."""
    assert system.act("operator", path, act="discard", reason="it was only for a test").status_code == 200
    assert len(system.parked()) == 1


def _look_while_it_hangs(system: System) -> None:
    system.send(_poison(4))
    began = datetime.now(UTC)
    until(system.process, lambda: system.ask("intake", "/readyz").status_code == 503)
    told = until(system.process, lambda: _red(system))
    # What the alert looks at stands well below its minute: two looks of Prometheus, and the rule, are left.
    assert datetime.now(UTC) - began < timedelta(seconds=600)
    assert "stalled" in told
    assert float(_figure(system.ask("intake", "/metrics").text, 'countersign_loop_age_seconds{loop="events"')) > 20
    assert system.ask("intake", "/healthz").status_code == 200


def _red(system: System) -> str | None:
    told = system.page("operator", "/topics")
    return told if "of its parts in trouble" in told and "stalled" in told else None


def _figure(told: str, begins: str) -> str:
    (line,) = [line for line in told.splitlines() if line.startswith(begins)]
    return line.rpartition(" ")[2]


def test_a_trace_follows_an_event_from_its_door_to_its_notices(
    system: System, collector: tuple[str, Collector]
) -> None:
    """Under the trace that the sender gave: through intake, decision and notify, on to the topic of the notices."""
    trace = f"{0xC0FFEE:032x}"
    now = datetime.now(UTC).isoformat()
    lodged = {
        "specversion": "1.0",
        "id": "d-777",
        "source": "/ice/hartford",
        "type": "detainer.lodged",
        "time": now,
        "data": {
            "facility_ori": OTHER_ORI,
            "booking_number": NUMBER,
            "detainer_id": "HAR-777",
            "form": "I-247",
            "requests": ["hold", "notify"],
            "issued_at": now,
            "person": _PERSON,
            "ids": _IDS,
        },
    }
    booked = _booking(NUMBER, datetime.now(UTC)) | {"source": f"/jails/{OTHER_ORI}"}
    booked["data"] = booked["data"] | {"facility_ori": OTHER_ORI}
    for key, event, parent in ((f"jail:{OTHER_ORI}", booked, None), ("ice", lodged, f"00-{trace}-{1:016x}-01")):
        headers = {
            "Authorization": f"Bearer {system.run['keys'][key]}",
            "Content-Type": "application/cloudevents+json",
            **({"traceparent": parent} if parent else {}),
        }
        answer = httpx.post(f"{system.run['urls']['intake']}/v1/events", headers=headers, json=event, timeout=60)
        assert answer.status_code == 202, answer.text
    wanted = {"countersign-intake", "countersign-decision", "countersign-notify"}
    until(system.process, lambda: wanted <= collector[1].spans(trace).keys())
    assert collector[1].spans(trace)["countersign-intake"] == {"intake accepts", "intake hears"}
    until(system.process, lambda: f"-{trace}-" in _headers_of_notices(system))
    assert [canary for canary in CANARIES if any(canary.encode() in body for body in collector[1].bodies)] == []


def _headers_of_notices(system: System) -> str:
    async def look() -> str:
        async with LogReader(system.run["kafka"]) as reader:
            extents = await reader.extents([Topic.NOTICES])
            found = [
                one for (topic, part), at in extents.items() for one in await reader.read(topic, part, at.begin, at.end)
            ]
        return " ".join(value.decode() for one in found for name, value in one.record.headers if name == "traceparent")

    return asyncio.run(look())


def test_no_log_and_no_figure_holds_a_name(system: System) -> None:
    """Of any process, after all that was done above; not even what somebody searched for."""
    for service in ("intake", "decision", "notify", "console"):
        assert _has_canary(system.ask(service, "/metrics").text) == [], service
    logs = list((system.folder / "logs").glob("*.log"))
    assert logs
    for log in logs:
        assert _has_canary(log.read_text(errors="replace")) == [], log.name
