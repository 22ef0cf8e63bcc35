"""Cases over HTTP: what each caller sees of them, and their story in time order."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from shared.http.access import Role
from shared.outbox import journal
from tests.integration.decision.conftest import COMMISSIONER, Stage
from tests.support.builders import (
    DETAINER,
    NUMBER,
    ORI,
    OTHER_ORI,
    a_booking,
    a_detainer,
    a_match,
    a_release_due,
    a_transfer,
    at,
)

ASKED = (a_booking(), a_match(), a_detainer())
EVERYTHING = ("", "/timeline")


async def a_window(stage: Stage, case_id: UUID, state: str, **more: Any) -> None:
    """Keep a hold window as notify does."""
    values: dict[str, Any] = {"opens": at("2012-02-22 13:00"), "ended_at": None, "ended_by": None, **more}
    await stage.run(
        "INSERT INTO notify.windows VALUES (:id, :case, :detainer, :decision, :ori, :number, :opens, :closes,"
        " 'FED_48_BIZ', 'commissioner-honours', 'cited', :evidence, :state, :ended_at, :ended_by)",
        id=stage.ids.new(),
        case=case_id,
        detainer=DETAINER,
        decision=uuid4(),
        ori=ORI,
        number=NUMBER,
        closes=at("2012-02-24 13:00"),
        evidence=b'{"calendar":"us-federal@1"}',
        state=state,
        **values,
    )


async def held(stage: Stage) -> UUID:
    """Set a case whose detainer the Commissioner has honoured and whose release is due at 13:00."""
    events = (*ASKED, a_release_due("2012-02-22 13:00"))
    case_id = await stage.hear(*events)
    await stage.set_clock("2012-02-22 12:10")
    client = await stage.reviewer()
    (review,) = (await client.get("/v1/reviews")).json()["items"]
    body = {"outcome": "HOLD", "reason_code": "felony_record", "rationale": "Read the record."}
    assert (await client.post(f"/v1/reviews/{review['id']}/answer", json=body)).status_code == 202
    await stage.decide.on_due()
    return case_id


async def test_a_case_shows_its_standing_decision_and_why(stage: Stage) -> None:
    """The decision has the fields that jail and ICE see, its number, and what explains it."""
    case_id = await held(stage)
    case = (await (await stage.client(Role.JAIL, oris=(ORI,))).get(f"/v1/cases/{case_id}")).json()
    assert (case["custody"], case["release_due"]["reason"]) == ("release_due", "bond_posted")
    (detainer,) = case["detainers"]
    decision = detainer["decision"]
    assert (decision["number"], decision["outcome"], decision["rule"]) == (2, "HOLD", "commissioner-honours")
    assert decision["window"]["clock"] == "FED_48_BIZ"
    assert decision["supersedes"] is not None
    assert set(decision["explanation"]) == {"confidence", "unknown", "near_misses", "counterfactual", "duties"}
    assert decision["explanation"]["counterfactual"]["outcome"] != "HOLD"
    assert (detainer["status"], detainer["review"], detainer["window"]) == ("active", None, None)
    assert datetime.fromisoformat(decision["due_by"]).tzinfo is not None


async def test_what_ended_a_window_stands_beside_what_the_clock_said(stage: Stage) -> None:
    """The live window is shown before a closed one, and its end is put into the decision that gave it."""
    case_id = await held(stage)
    await a_window(stage, case_id, "closed", ended_at=at("2012-02-22 15:00"), ended_by="pick_up")
    client = await stage.client(Role.OPERATOR)
    (detainer,) = (await client.get(f"/v1/cases/{case_id}")).json()["detainers"]
    assert (detainer["window"]["state"], detainer["window"]["ended_by"]) == ("closed", "pick_up")
    assert detainer["decision"]["window"]["ended_by"] == "pick_up"
    assert detainer["decision"]["window"]["ended_at"] == detainer["window"]["ended_at"]
    await a_window(stage, case_id, "open", opens=at("2012-02-22 12:30"))
    (detainer,) = (await client.get(f"/v1/cases/{case_id}")).json()["detainers"]
    assert (detainer["window"]["state"], detainer["decision"]["window"]["ended_by"]) == ("open", None)


async def test_an_open_review_is_named_on_its_case(stage: Stage) -> None:
    """Who waits for an answer finds the review from the case."""
    case_id = await stage.hear(*ASKED)
    client = await stage.client(Role.AUDITOR)
    (detainer,) = (await client.get(f"/v1/cases/{case_id}")).json()["detainers"]
    assert detainer["decision"]["outcome"] == "REVIEW"
    assert detainer["review"]["state"] == "open"


@pytest.mark.parametrize("tail", EVERYTHING)
async def test_another_jails_case_is_one_that_does_not_exist(stage: Stage, tail: str) -> None:
    """Asked for by another jail, a case answers byte for byte as an id that nobody gave out."""
    case_id = await stage.hear(*ASKED)
    other = await stage.client(Role.JAIL, oris=(OTHER_ORI,))
    theirs, nothing = [await other.get(f"/v1/cases/{each}{tail}") for each in (case_id, uuid4())]
    assert (theirs.status_code, theirs.content) == (404, nothing.content)
    own = await stage.client(Role.JAIL, oris=(ORI,))
    assert (await own.get(f"/v1/cases/{case_id}{tail}")).status_code == 200


async def test_lists_hold_a_jails_own_cases_alone(stage: Stage) -> None:
    """Row security narrows the list; naming another ORI in a filter widens nothing."""
    case_id = await stage.hear(*ASKED)
    other = await stage.client(Role.JAIL, oris=(OTHER_ORI,))
    for query in ({}, {"facility_ori": ORI}, {"booking_number": NUMBER}):
        assert (await other.get("/v1/cases", params=query)).json() == {"items": [], "next": None}
    own = await stage.client(Role.JAIL, oris=(OTHER_ORI, ORI))
    assert [item["case_id"] for item in (await own.get("/v1/cases")).json()["items"]] == [str(case_id)]


@pytest.mark.parametrize("role", [Role.ICE, Role.BUREAU])
async def test_ice_and_bureaus_ask_nothing_of_cases(stage: Stage, role: Role) -> None:
    """A case tells when a person goes free, which nobody tells them unless the outcome allows it."""
    case_id = await stage.hear(*ASKED)
    client = await stage.client(role)
    for path in ("/v1/cases", f"/v1/cases/{case_id}", f"/v1/cases/{case_id}/timeline"):
        assert (await client.get(path)).status_code == 403


async def test_cases_are_found_by_what_stands(stage: Stage) -> None:
    """Filters by ORI, number, custody and outcome meet; the items say what stands for each detainer."""
    await stage.hear(a_booking())
    case_id = await stage.hear(*ASKED)
    client = await stage.client(Role.OPERATOR)
    wanted = {"facility_ori": ORI, "booking_number": NUMBER, "custody": "in_custody", "outcome": "REVIEW"}
    (item,) = (await client.get("/v1/cases", params=wanted)).json()["items"]
    assert (item["case_id"], item["version"], item["parked_events"]) == (str(case_id), 1, 0)
    (detainer,) = item["detainers"]
    assert (detainer["detainer_id"], detainer["outcome"], detainer["number"]) == (DETAINER, "REVIEW", 1)
    assert len((await client.get("/v1/cases")).json()["items"]) == 2
    rest = await client.get("/v1/cases", params={"after": stage.cursor(case_id)})
    assert rest.json()["items"] == []
    for query in ({"outcome": "KEEP"}, {"custody": "x"}, {"booking_number": "\x00"}):
        assert (await client.get("/v1/cases", params=query)).status_code == 422
    assert (await client.get("/v1/cases", params={"after": stage.cursor("x")})).status_code == 400


async def test_after_a_transfer_each_jail_has_its_own_part(stage: Stage) -> None:
    """The new jail sees the case from the transfer on, the old one the story that it had."""
    case_id = await stage.hear(*ASKED)
    moved = (*ASKED, a_transfer("2012-02-22 11:30"))
    await stage.hear(*moved, case_id=case_id, version=2, ori=OTHER_ORI)
    old, new = [await stage.client(Role.JAIL, oris=(ori,)) for ori in (ORI, OTHER_ORI)]
    assert (await old.get(f"/v1/cases/{case_id}")).status_code == 404
    case = (await new.get(f"/v1/cases/{case_id}")).json()
    assert [stay["ori"] for stay in case["chain"]] == [OTHER_ORI]
    numbers = [
        [item["body"]["number"] for item in (await client.get(f"/v1/cases/{case_id}/timeline")).json()["items"]]
        for client in (old, new)
    ]
    assert numbers == [[1], [2]]


async def test_the_timeline_tells_what_everyone_did_in_time_order(stage: Stage) -> None:
    """Events as sent, and the journals of all three services, interleaved by instant; no names."""
    case_id = await stage.hear(*ASKED)
    await stage.run(
        "INSERT INTO intake.inbox (source, id, digest, type, sender, facility_ori, detainer_id, time, state, case_id,"
        " heard_at) VALUES ('/jails/x', 'b-1', '', 'booking.created', 'jail', :ori, NULL, :at, 'applied', :case, :at)",
        ori=ORI,
        at=at("2012-02-22 03:14"),
        case=case_id,
    )
    told = {"intake": ("case.changed", "2012-02-22 04:00"), "notify": ("notice.sent", "2012-02-22 13:00")}
    for service, (kind, local) in told.items():
        record = journal.Record(case_id=case_id, at=at(local), kind=kind, facility_ori=ORI, body={"version": 1})
        async with stage.everything.transaction() as session:
            await journal.add(session, service, [record])
    client = await stage.client(Role.JAIL, oris=(ORI,))
    response = await client.get(f"/v1/cases/{case_id}/timeline")
    items = response.json()["items"]
    assert [(item["service"], item["kind"]) for item in items] == [
        ("sender", "booking.created"),
        ("intake", "case.changed"),
        ("decision", "decision.recorded"),
        ("notify", "notice.sent"),
    ]
    assert items[0]["body"] == {
        "source": "/jails/x",
        "id": "b-1",
        "state": "applied",
        "reason": None,
        "heard_at": "2012-02-22T08:14:00Z",
    }
    assert items[2]["body"]["outcome"] == "REVIEW"
    assert "Example" not in response.text
    place = stage.cursor(items[1]["at"], "1 intake", "0" * 19 + "1")
    rest = await client.get(f"/v1/cases/{case_id}/timeline", params={"after": place})
    assert rest.json()["items"] == items[2:]


async def test_a_stored_decision_is_shown_as_it_was_told(stage: Stage) -> None:
    """What the case shows of a decision is what was put on the topic, field by field."""
    case_id = await stage.hear(*ASKED)
    async with stage.everything.reading() as session:
        row = await session.one("SELECT told FROM decision.decisions")
    assert row is not None
    told = msgspec.json.decode(row.told)
    client = await stage.client(Role.AUDITOR)
    (detainer,) = (await client.get(f"/v1/cases/{case_id}")).json()["detainers"]
    shown = {name: value for name, value in detainer["decision"].items() if name != "explanation"}
    assert shown == {name: told[name] for name in shown}
    assert "ice_due_by" not in shown


async def test_an_answer_stands_in_the_story_before_what_came_of_it(stage: Stage) -> None:
    """Who looks back sees office and reason; what the reviewer wrote in words is not for the jail."""
    case_id = await held(stage)
    path = f"/v1/cases/{case_id}/timeline"
    for role, words in ((Role.AUDITOR, "Read the record."), (Role.JAIL, None)):
        items = (await (await stage.client(role, oris=(ORI,))).get(path)).json()["items"]
        assert [item["kind"] for item in items] == ["decision.recorded", "answer.given", "decision.recorded"]
        body = items[1]["body"]
        assert (body["answer"], body["office"], body["reason_code"]) == ("honor", COMMISSIONER, "felony_record")
        assert body.get("rationale") == words
