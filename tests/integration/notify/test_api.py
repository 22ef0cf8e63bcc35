"""ICE and the jails read their feeds, give receipts, and see nothing of each other."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.notify.main import ROUTERS
from shared.db.engine import make_engine
from shared.db.session import Sessions
from shared.http.access import Keys
from shared.http.app import make_app
from shared.runtime.clock import SystemClock
from shared.runtime.health import Progress
from tests.integration.notify.conftest import Office
from tests.support.decisions import CLOSES, DETAINER, NUMBER, OPENS, ORI, OTHER_ORI, a_decision, a_hold
from tests.support.ports import free_port

JAIL, OTHER = f"/v1/jails/{ORI}", f"/v1/jails/{OTHER_ORI}"
ICE = "/v1/ice/responses"
RECEIPT = {"signed_by": "desk officer"}
FIELDS = {
    "id kind recipient sent_at due_by release_at came_late replaces state decision_id case_id detainer_id facility_ori",
    "booking_number number outcome policy rule citation decided_at decided_by window supersedes text words",
}


async def two_jails(office: Office) -> None:
    """Let both jails have an answer in their feeds."""
    other = replace(a_decision(outcome="RELEASE"), facility_ori=OTHER_ORI, detainer_id="D-2", booking_number="H-1")
    await office.hear(a_decision(), other)
    await office.settle()


async def states(office: Office) -> dict[object, object]:
    """Give where each recipient's deliveries stand."""
    return dict(await office.database.all("SELECT recipient, state FROM notify.deliveries"))  # type: ignore[arg-type]


async def test_an_item_is_flat_and_whole(office: Office) -> None:
    """A reader finds every field of the contract, and times with the jail's offset."""
    await office.hear(a_hold())
    await office.settle()
    (item,) = await office.feed()
    assert set(item) == set(" ".join(FIELDS).split())
    assert (item["detainer_id"], item["outcome"], item["decided_by"]) == (DETAINER, "HOLD", "policy")
    assert item["window"]["closes_at"] == "2012-02-28T17:00:00-05:00"
    assert item["sent_at"] == "2012-02-22T10:30:00-05:00"


async def test_fetching_with_the_own_key_delivers(office: Office) -> None:
    """The feed's answer says so already; an auditor's look delivers nothing."""
    await two_jails(office)
    assert (await office.get("auditor", f"{JAIL}/notices")).json()["items"][0]["state"] == "sent"
    assert (await office.get("operator", ICE)).json()["items"][0]["state"] == "sent"
    assert set((await states(office)).values()) == {"sent"}
    assert (await office.feed("jail"))[0]["state"] == "delivered"
    assert (await office.feed("ice"))[0]["state"] == "delivered"
    assert (await states(office))[f"jail:{OTHER_ORI}"] == "sent"
    await office.feed("jail")
    assert await office.told("notice.delivered") == 3


async def test_the_cursor_goes_on_from_every_page_even_an_empty_one(office: Office) -> None:
    """A reader that always hands ``next`` back skips nothing and reads nothing twice."""
    empty = (await office.get("jail", f"{JAIL}/notices")).json()
    assert empty["items"] == []
    await office.hear(*(replace(a_decision(), detainer_id=f"D-{n}") for n in range(5)))
    await office.settle()
    after, seen = empty["next"], []
    for _ in range(4):
        page = (await office.get("jail", f"{JAIL}/notices?limit=2&after={after}")).json()
        seen += [item["detainer_id"] for item in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 5
    assert (await office.get("jail", f"{JAIL}/notices?after={after}")).json() == {"items": [], "next": after}


@pytest.mark.parametrize("cursor", ["x", "!!", "W10", "WyJhIl0", "Wy0xXQ", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTldCg"])
async def test_a_foreign_cursor_is_refused(office: Office, cursor: str) -> None:
    """It is told that it is none of ours, whatever it hides."""
    answer = await office.get("jail", f"{JAIL}/notices?after={cursor}")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:countersign:problem:invalid_cursor")


async def test_a_long_poll_ends_when_something_comes(office: Office) -> None:
    """The reader waits, the notice is sent, the reader has it."""
    waiting = asyncio.create_task(office.get("ice", f"{ICE}?wait=5"))
    await office.hear(a_decision())
    await office.settle()
    assert [item["kind"] for item in (await waiting).json()["items"]] == ["decision"]


async def test_receipts_are_taken_once(office: Office) -> None:
    """The second receipt answers as the first did; the record has one."""
    await two_jails(office)
    for who, path in (("jail", f"{JAIL}/notices"), ("ice", ICE)):
        item = (await office.get("auditor", path)).json()["items"][0]
        first = await office.post(who, f"{path}/{item['id']}/receipt", RECEIPT)
        await office.database.step(OPENS)
        second = await office.post(who, f"{path}/{item['id']}/receipt", {"signed_by": "someone else"})
        assert (first.status_code, first.content) == (200, second.content)
        assert first.json()["state"] == "acknowledged"
        assert (await office.get(who, f"{path}/{item['id']}")).json()["state"] == "acknowledged"
    assert await office.database.all("SELECT signed_by FROM notify.receipts") == [("desk officer",)] * 2
    assert await office.told("notice.acknowledged") == await office.told("notice.delivered") == 2


@pytest.mark.parametrize(("who", "feed", "path"), [("jail", "jail", JAIL), ("ice", "ice", "/v1/ice")])
async def test_many_receipts_at_once(office: Office, who: str, feed: str, path: str) -> None:
    """Ids of the feed are acknowledged, others come back as unknown, an id twice counts once."""
    await office.hear(*(replace(a_decision(), detainer_id=f"D-{n}") for n in range(3)))
    await office.settle()
    ids = [item["id"] for item in await office.feed(feed)]
    body = {"ids": [*ids, ids[0], "nonsense", "0135b160-b700-7d43-9e44-7c8d9e0f1a23"], **RECEIPT}
    answer = (await office.post(who, f"{path}/receipts", body)).json()
    assert [item["id"] for item in answer["items"]] == ids
    assert answer["unknown"] == ["nonsense", "0135b160-b700-7d43-9e44-7c8d9e0f1a23"]
    assert {item["state"] for item in await office.feed(feed)} == {"acknowledged"}


async def test_another_jails_answer_like_what_does_not_exist(office: Office) -> None:
    """Every route, asked by one jail for the other's, gives the bytes that a random id gives."""
    await two_jails(office)
    theirs = (await office.feed("jail"))[0]["id"]
    random = "0135b160-b700-7d43-9e44-7c8d9e0f1a23"
    missing = await office.get("other_jail", f"{OTHER}/notices/{random}")
    assert missing.status_code == 404
    for path in (
        f"{JAIL}/notices",
        f"{JAIL}/notices/{theirs}",
        f"{OTHER}/notices/{theirs}",
        f"{OTHER}/notices/nonsense",
        "/v1/jails/ZZ0000000/notices",
        f"{JAIL}/bookings/{NUMBER}/release-check",
        "/v1/jails/ZZ0000000/bookings/1/release-check",
        "/v1/jails/%00/notices",
    ):
        answer = await office.get("other_jail", path)
        assert (path, answer.status_code, answer.content) == (path, 404, missing.content)
    for path in (f"{JAIL}/notices/{theirs}", f"{OTHER}/notices/{theirs}", f"{OTHER}/notices/{random}"):
        answer = await office.post("other_jail", f"{path}/receipt", RECEIPT)
        assert (path, answer.status_code, answer.content) == (path, 404, missing.content)
    many = await office.post("other_jail", f"{OTHER}/receipts", {"ids": [theirs], **RECEIPT})
    assert many.json() == {"items": [], "unknown": [theirs]}
    assert (await states(office))[f"jail:{ORI}"] == "delivered"


async def test_row_security_keeps_the_jails_apart_beneath_the_routes(office: Office) -> None:
    """Even a query without a condition sees the caller's rows alone; without a caller it sees none."""
    await office.hear(a_hold(), replace(a_hold(), facility_ori=OTHER_ORI, detainer_id="D-2"))
    async with office.database.sessions("notify", "api") as requests:
        for table in ("dossiers", "windows", "notices", "deliveries"):
            async with requests.reading(reach="oris", oris=ORI) as session:
                rows = await session.all(f"SELECT DISTINCT facility_ori FROM notify.{table}")
                assert [row.facility_ori for row in rows] == [ORI]
            async with requests.reading() as session:
                assert await session.all(f"SELECT 1 FROM notify.{table}") == []
        async with requests.reading(reach="ice") as session:
            rows = await session.all("SELECT DISTINCT recipient FROM notify.deliveries")
            assert [row.recipient for row in rows] == ["ice"]
            assert await session.all("SELECT 1 FROM notify.windows") == []


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("ice", f"{JAIL}/notices", 403),
        ("jail", ICE, 403),
        ("ice", f"{JAIL}/bookings/{NUMBER}/release-check", 403),
        ("operator", f"{JAIL}/bookings/{NUMBER}/release-check", 403),
    ],
)
async def test_each_route_is_for_its_own_callers(office: Office, who: str, path: str, status: int) -> None:
    """A key of another role is refused by name."""
    assert (await office.get(who, path)).status_code == status


async def test_nobody_gets_in_without_a_key(office: Office) -> None:
    """Every route of ours asks who is calling."""
    async with office.client("jail") as client:
        for path in (f"{JAIL}/notices", ICE, f"{JAIL}/bookings/{NUMBER}/release-check"):
            assert (await client.get(path, headers={"authorization": ""})).status_code == 401


async def test_an_operator_gives_no_receipts(office: Office) -> None:
    """Nobody acknowledges for a jail."""
    await two_jails(office)
    item = (await office.get("operator", f"{JAIL}/notices")).json()["items"][0]
    assert (await office.post("operator", f"{JAIL}/notices/{item['id']}/receipt", RECEIPT)).status_code == 403


@pytest.mark.parametrize("body", [{}, {"signed_by": ""}, {"signed_by": "x", "more": 1}, {"signed_by": 1}, []])
async def test_a_receipt_must_be_signed(office: Office, body: object) -> None:
    """A receipt without a name proves nothing."""
    await two_jails(office)
    item = (await office.feed())[0]
    assert (await office.post("jail", f"{JAIL}/notices/{item['id']}/receipt", body)).status_code == 422


async def check(office: Office, number: str = NUMBER) -> dict[str, Any]:
    """Ask whether a person may be released."""
    answer = await office.get("jail", f"{JAIL}/bookings/{number}/release-check")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_the_release_check_follows_the_window(office: Office) -> None:
    """Hold while it is open, with its end; no hold from the closing instant on, whether or not anything ticked."""
    await office.hear(a_hold())
    await office.at(OPENS)
    assert await check(office) == {
        "answer": "hold",
        "until": "2012-02-28T17:00:00-05:00",
        "reason": "The hold window is open.",
        "citation": "Governor's direction of 2012-02-20",
        "as_of": "2012-02-24T17:00:00-05:00",
        "post_release_due": False,
    }
    await office.database.step(CLOSES)
    assert (await check(office))["answer"] == "no_hold"
    await office.settle()
    found = await check(office)
    assert (found["answer"], found["until"]) == ("no_hold", None)
    assert "has closed" in found["reason"]


@pytest.mark.parametrize("number", ["no-such-number", "%00", "12-004711%20"])
async def test_an_unknown_booking_is_no_hold(office: Office, number: str) -> None:
    """Silence is never authority to hold."""
    await office.hear(a_hold())
    found = await check(office, number)
    assert (found["answer"], found["citation"]) == ("no_hold", None)


async def test_the_release_check_is_the_jails_own(office: Office) -> None:
    """The same booking number at another jail is another person."""
    await office.hear(replace(a_hold(), facility_ori=OTHER_ORI))
    await office.at(OPENS + timedelta(hours=1))
    assert (await check(office))["answer"] == "no_hold"


def without_database(office: Office) -> FastAPI:
    """Give the application with nothing behind its database address."""
    url = office.database.role_url("notify", "api").replace(f":{office.database.server.port}/", f":{free_port()}/")
    sessions = Sessions(make_engine(url, name="test-away"), SystemClock())
    return make_app("notify", sessions=sessions, keys=Keys(sessions, 60), progress=Progress(), routers=ROUTERS)


async def test_without_the_database_the_last_notice_in_hand_counts(office: Office) -> None:
    """The jail is told what to go by, although not even its key can be looked up."""
    transport = httpx.ASGITransport(app=without_database(office))
    headers = {"authorization": f"Bearer {office.keys['jail']}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as client:
        answer = await client.get(f"{JAIL}/bookings/{NUMBER}/release-check")
        other = await client.get(f"{JAIL}/notices")
    assert (answer.status_code, other.status_code) == (503, 503)
    assert "last hold notice in hand counts until its own closes_at" in answer.json()["detail"]
    assert "without one there is no immigration hold" in answer.json()["detail"]
