"""What became of an event, the waiting list, the register: each route for those whose business it is."""

import re
from collections.abc import Sequence
from typing import Any

import httpx

from shared.http.access import Role
from shared.http.paging import cursor
from tests.integration.intake.conftest import Door
from tests.support.builders import (
    FIN,
    ICE,
    JAIL,
    NUMBER,
    ORI,
    OTHER_ORI,
    a_booking,
    a_detainer,
    an_event_json,
)

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
NUMBERLESS = a_detainer(id="numberless", booking_number=None, ids={"fin": FIN})
FORM = {"name": "Travis", "jurisdiction": "TX", "agency": "county_sheriff", "time_zone": "America/Chicago"}
MADE_UP = ("x", "é", cursor(), cursor(1), cursor("x"), cursor("x", "y", "z"), cursor(["a"]), cursor("\x00"), "W1" * 99)


async def post(client: httpx.AsyncClient, event: Any) -> None:
    """Post an event that is taken."""
    response = await client.post("/v1/events", content=an_event_json(event), headers=STRUCTURED)
    assert response.status_code == 202


async def status(client: httpx.AsyncClient, event_id: str, **query: str) -> tuple[int, str | None, str | None]:
    """Ask what became of an event."""
    response = await client.get(f"/v1/events/{event_id}", params=query)
    return response.status_code, response.json().get("status"), response.json().get("reason")


async def test_a_sender_follows_its_event(door: Door) -> None:
    """Accepted as soon as the broker has it, then applied, with the case it stands on."""
    jail = await door.jail()
    await post(jail, a_booking(id="b-1"))
    assert await status(jail, "b-1") == (200, "accepted", None)
    await door.consume()
    answer = (await jail.get("/v1/events/b-1")).json()
    assert answer["status"] == "applied"
    assert answer["case_id"] == str(await door.line.case_of(a_booking(id="b-1")))


async def test_waiting_and_set_aside_say_why(door: Door) -> None:
    """ICE sees that its detainer waits for a booking, and that another came from a place nobody registered."""
    ice = await door.ice()
    await post(ice, NUMBERLESS)
    await post(ice, a_detainer(id="elsewhere", facility_ori="TX2270000"))
    await door.consume()
    assert await status(ice, "numberless") == (200, "waiting", "no_tie")
    assert await status(ice, "elsewhere") == (200, "parked", "unknown_facility")


async def test_only_ones_own_events_are_there(door: Door) -> None:
    """A jail's event is nobody else's, whatever they ask; operators and auditors see all."""
    jail, other, ice = await door.jail(), await door.jail(OTHER_ORI), await door.ice()
    await post(jail, a_booking(id="b-1"))
    await post(ice, a_detainer(id="d-1"))
    await door.consume()
    for client, event_id in ((other, "b-1"), (ice, "b-1"), (jail, "d-1"), (other, "d-1"), (await door.bureau(), "b-1")):
        assert (await status(client, event_id))[0] == 404
        assert (await status(client, event_id, source=JAIL))[0] == 404
    for role in (Role.OPERATOR, Role.AUDITOR):
        assert (await status(await door.client(role), "b-1"))[0] == 200


async def test_a_source_of_ones_own_tells_two_events_apart(door: Door) -> None:
    """One id under two sources is two events; the one who asks says which."""
    jail = await door.client(Role.JAIL, oris=(ORI,), sources=(JAIL, "/records"))
    await post(jail, a_booking(id="1"))
    await post(jail, a_booking(id="1", source="/records", booking_number="12-2", ids={"tcn": "T2"}))
    assert (await jail.get("/v1/events/1")).status_code == 409
    assert await status(jail, "1", source="/records") == (200, "accepted", None)


async def test_any_id_can_be_asked_for(door: Door) -> None:
    """Ids are the senders' own: slashes, blanks and signs in them lead to no other route and to no error of ours."""
    client = await door.jail()
    for event_id in ("a/b", "a%20b", "ä", "..", "a%00b", "'"):
        assert (await client.get(f"/v1/events/{event_id}")).status_code == 404


async def test_two_tenants(door: Door) -> None:
    """Each of intake's GET routes, asked by one jail for the other's ids, answers byte for byte as for nothing."""
    jail, other = await door.jail(), await door.jail(OTHER_ORI)
    await post(jail, a_booking(id="b-1"))
    await post(await door.ice(), NUMBERLESS)
    await door.consume()
    (case_id,) = await door.line.rows("SELECT case_id FROM intake.cases")
    asked = 0
    for theirs, nothing in (("b-1", "b-0"), ("numberless", "number1ess"), (str(case_id[0]), str(case_id[0])[::-1])):
        for path in sorted(await _get_paths(door)):
            first, second = (re.sub(r"{\w+}", name, path) for name in (theirs, nothing))
            for query in ({}, {"source": JAIL}, {"after": cursor(theirs)}):
                mine, void = await other.get(first, params=query), await other.get(second, params=query)
                assert (mine.status_code, mine.content) == (void.status_code, void.content)
                assert theirs not in mine.text
                asked += 1
    assert asked > 30


async def _get_paths(door: Door) -> set[str]:
    """Give the paths of every GET route, from the application's own description."""
    described = door.app.openapi()["paths"]
    return {path for path, methods in described.items() if "get" in methods and path != "/readyz"}


async def test_the_waiting_list_is_an_operators(door: Door) -> None:
    """Those who send have no business with it; an auditor looks and does not act."""
    for client in (await door.jail(), await door.ice(), await door.bureau(), await door.client(Role.REVIEWER)):
        assert (await client.get("/v1/waiting")).status_code == 403
    auditor = await door.client(Role.AUDITOR)
    assert (await auditor.get("/v1/waiting")).json() == {"items": [], "next": None}
    body = {"source": ICE, "booking": f"{ORI}/{NUMBER}"}
    assert (await auditor.post("/v1/waiting/numberless/link", json=body)).status_code == 403


async def test_an_operator_links_what_waits(door: Door) -> None:
    """Listed with its reason, linked to a booking, gone from the list, applied."""
    operator = await door.client(Role.OPERATOR)
    await door.line.hear(a_booking(), NUMBERLESS)
    (item,) = (await operator.get("/v1/waiting")).json()["items"]
    assert (item["id"], item["source"], item["type"], item["reason"]) == (
        "numberless",
        ICE,
        "detainer.lodged",
        "no_tie",
    )
    body = {"source": ICE, "booking": f"{ORI}/{NUMBER}", "reason": "same person"}
    linked = await operator.post("/v1/waiting/numberless/link", json=body)
    assert linked.status_code == 200
    assert linked.json()["case_id"] == str(await door.line.case_of(a_booking()))
    assert (await operator.get("/v1/waiting")).json()["items"] == []
    assert (await operator.post("/v1/waiting/numberless/link", json=body)).status_code == 404
    assert await status(await door.ice(), "numberless") == (200, "applied", None)


async def test_an_operator_lets_go_with_a_reason(door: Door) -> None:
    """Without a reason nothing is let go; with one the sender sees it set aside."""
    operator = await door.client(Role.OPERATOR)
    await door.line.hear(NUMBERLESS)
    path = "/v1/waiting/numberless/discard"
    assert (await operator.post(path, json={"source": ICE, "reason": ""})).status_code == 422
    assert (await operator.post(path, json={"source": ICE, "reason": "sent twice"})).status_code == 200
    assert (await operator.post(path, json={"source": ICE, "reason": "sent twice"})).status_code == 404
    code, fate, reason = await status(await door.ice(), "numberless")
    assert (code, fate) == (200, "discarded")
    assert reason is not None
    assert reason.endswith(": sent twice")


#: Bodies of a link that are not as they should be, with the answer.
LOOSE = (
    (b'{"source":"/ice/hartford","booking":"CT0009300"}', 422),
    (b'{"source":"/ice/hartford","booking":"CT0009300/12-1","x":"Xanthippe"}', 422),
    (b'{"source":"/ice/hartford","source":"/b","booking":"CT0009300/12-1"}', 400),
    (b'{"source":"/ice/hartford","booking":"CT0009300/\\u0000"}', 400),
    (b'{"source":"/ice/hartford","booking":"CT0009300/\\ud800"}', 422),
    (b'{"source":NaN,"booking":"CT0009300/12-1"}', 400),
    (b'{"source":7,"booking":"CT0009300/12-1"}', 422),
    (b"[]", 422),
    (b"", 400),
    (b"\xff", 400),
    (b"[" * 10_000, 400),
    (b" " * 65_537, 413),
)


async def test_small_bodies_are_strict_too(door: Door) -> None:
    """One reading only, no field that we do not know, nothing repeated in the answer."""
    operator = await door.client(Role.OPERATOR)
    for body, code in LOOSE:
        response = await operator.post("/v1/waiting/numberless/link", content=body)
        assert (response.status_code, body[:80]) == (code, body[:80])
        assert response.headers["content-type"] == "application/problem+json"
        assert "Xanthippe" not in response.text


async def test_a_facility_is_registered_and_changed(door: Door) -> None:
    """The register is kept by operators; what is changed counts from now on."""
    operator = await door.client(Role.OPERATOR)
    assert (await operator.put("/v1/facilities/TX2270000", json=FORM)).status_code == 200
    assert (await operator.put("/v1/facilities/TX2270000", json={**FORM, "name": "Del Valle"})).status_code == 200
    items = {item["ori"]: item["name"] for item in (await operator.get("/v1/facilities")).json()["items"]}
    assert items == {ORI: ORI, OTHER_ORI: OTHER_ORI, "TX2270000": "Del Valle"}
    for client in (await door.jail(), await door.client(Role.AUDITOR)):
        assert (await client.put("/v1/facilities/TX2270000", json=FORM)).status_code == 403


#: Forms of a facility with one thing wrong.
UNSOUND: Sequence[dict[str, Any]] = (
    {"time_zone": "Mars/Base"},
    {"time_zone": "../../etc/passwd"},
    {"time_zone": ""},
    {"agency": "navy"},
    {"jurisdiction": "ct"},
    {"name": ""},
    {"surprise": 1},
)


async def test_an_unsound_facility_is_refused(door: Door) -> None:
    """A clock that does not exist would be found out when a deadline is reckoned: too late."""
    operator = await door.client(Role.OPERATOR)
    for said in UNSOUND:
        response = await operator.put("/v1/facilities/TX2270000", json={**FORM, **said})
        assert response.status_code == 422, said
        assert response.json()["errors"][0]["where"] == f"/{next(iter(said))}"


async def test_an_ori_has_nine_characters(door: Door) -> None:
    """Anything else is no facility."""
    operator = await door.client(Role.OPERATOR)
    for ori in ("TX227000", "tx2270000", "TX22700000", "T12270000"):
        assert (await operator.put(f"/v1/facilities/{ori}", json=FORM)).status_code == 422


async def test_a_made_up_cursor_is_refused(door: Door) -> None:
    """Whatever somebody writes into a cursor, the answer is 400 and never an error of ours."""
    operator = await door.client(Role.OPERATOR)
    for path in ("/v1/waiting", "/v1/facilities", "/v1/alarms", "/v1/parked"):
        refused = {after: (await operator.get(path, params={"after": after})).status_code for after in MADE_UP}
        own = {cursor("x")} if path == "/v1/facilities" else set()
        assert {after: code for after, code in refused.items() if code != 400} == dict.fromkeys(own, 200), path


async def test_lists_go_on_after_their_cursor(door: Door) -> None:
    """What comes after the last item of a page, and nothing of what came before."""
    operator = await door.client(Role.OPERATOR)
    await door.line.hear(NUMBERLESS)
    await door.line.step("2012-02-22 13:00")
    await door.line.hear(a_detainer(id="later", detainer_id="D2", booking_number=None, ids={"fin": "F2"}))
    first = (await operator.get("/v1/waiting")).json()["items"][0]
    after = cursor(first["since"].replace("Z", "+00:00"), first["source"], first["id"])
    assert [i["id"] for i in (await operator.get("/v1/waiting", params={"after": after})).json()["items"]] == ["later"]
    rest = (await operator.get("/v1/facilities", params={"after": cursor(OTHER_ORI)})).json()["items"]
    assert [item["ori"] for item in rest] == [ORI]


async def test_an_alarm_is_cleared_by_name(door: Door) -> None:
    """An operator clears with a reason, once; it stays on record with who and why."""
    operator = await door.client(Role.OPERATOR)
    await door.line.hear(a_booking(facility_ori="TX2270000"))
    (alarm,) = (await operator.get("/v1/alarms")).json()["items"]
    assert (alarm["kind"], alarm["service"]) == ("event_parked", "intake")
    path = f"/v1/alarms/{alarm['id']}/clear"
    assert (await (await door.client(Role.AUDITOR)).post(path, json={"reason": "x"})).status_code == 403
    assert (await operator.post(path, json={})).status_code == 422
    assert (await operator.post(path, json={"reason": "seen to"})).status_code == 200
    assert (await operator.post(path, json={"reason": "seen to"})).status_code == 404
    assert (await operator.get("/v1/alarms")).json()["items"] == []
    (kept,) = (await operator.get("/v1/alarms", params={"cleared": "true"})).json()["items"]
    assert kept["cleared_reason"] == "seen to"


async def test_open_routes_hold_no_data(door: Door) -> None:
    """Health and readiness ask nobody's name, and say no more than which loop is stuck."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=door.app), base_url="http://intake") as nobody:
        assert (await nobody.get("/healthz")).json() == {"status": "alive"}
        assert (await nobody.get("/readyz")).json() == {"status": "ready", "troubles": {}, "loops": {}}
        door.progress.stop("events", "20 events in a row could not be handled")
        stopped = await nobody.get("/readyz")
        assert (stopped.status_code, list(stopped.json()["troubles"])) == (503, ["events"])
        for path in ("/metrics", "/v1/alarms", "/v1/waiting", "/v1/facilities", "/v1/events/x", "/v1/parked"):
            assert (await nobody.get(path)).status_code == 401
        assert (await nobody.get("/v1/nothing")).status_code == 404
        assert (await nobody.delete("/healthz")).status_code == 405
