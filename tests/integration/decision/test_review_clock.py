"""Reviews with a clock: reminded, escalated, lapsed; claims that end; and those who stand in."""

from datetime import timedelta

from tests.integration.decision.conftest import COMMISSIONER, Stage
from tests.integration.decision.questions import ASKED, an_answer, the_review
from tests.support.builders import a_release_due, at


async def alarms(stage: Stage) -> list[tuple[object, ...]]:
    """Give kind, contact and due of every alarm, in the order in which they were raised."""
    return await stage.database.all("SELECT kind, contact, due FROM decision.alarms ORDER BY id")


async def due(stage: Stage) -> object:
    """Give the instant that decision waits for."""
    ((instant,),) = await stage.database.all("SELECT due_at FROM decision.due")
    return instant


async def test_a_review_calls_its_office_and_then_the_operator(stage: Stage) -> None:
    """Half way the office is reminded; when the answer was wanted an operator is called, with time left to tell."""
    await stage.hear(*ASKED)
    client = await stage.reviewer()
    review = await the_review(client)
    ((opened, wanted, due_by),) = await stage.database.all("SELECT opened_at, answer_by, due_by FROM decision.reviews")
    assert wanted == due_by - timedelta(hours=6)
    half = opened + (wanted - opened) / 2
    assert await due(stage) == half
    assert await stage.reminders.on_due() == 0
    await stage.database.step(half)
    assert await stage.reminders.on_due() == 1
    assert await stage.reminders.on_due() == 0
    await stage.database.step(wanted)
    assert await stage.reminders.on_due() == 1
    assert await alarms(stage) == [("review_waiting", COMMISSIONER, wanted), ("review_overdue", "operator", due_by)]
    acts = (await client.get(f"/v1/reviews/{review['id']}")).json()["acts"]
    assert [act["act"] for act in acts] == ["reminded", "escalated"]


async def test_an_answered_review_calls_nobody(stage: Stage) -> None:
    """Its clock stops with the answer."""
    await stage.hear(*ASKED)
    client = await stage.reviewer()
    await client.post(f"/v1/reviews/{(await the_review(client))['id']}/answer", json=an_answer("RELEASE"))
    await stage.decide.on_due()
    await stage.set_clock("2012-02-29 12:00")
    assert await stage.reminders.on_due() == 0
    assert await alarms(stage) == []


async def test_a_release_that_comes_nearer_begins_the_clock_anew(stage: Stage) -> None:
    """The question is the same and its time shorter, so it is called for at other instants."""
    case_id = await stage.hear(*ASKED)
    await stage.hear(*ASKED, a_release_due("2012-02-22 20:00"), case_id=case_id, version=2)
    ((wanted, due_by),) = await stage.database.all("SELECT answer_by, due_by FROM decision.reviews")
    assert (wanted, due_by) == (at("2012-02-22 16:00"), at("2012-02-22 20:00"))
    assert await due(stage) == at("2012-02-22 14:00")


async def test_a_review_that_nobody_answered_is_told_as_lapsed(stage: Stage) -> None:
    """Release was due first: the request ends in release, and an operator hears that nobody answered."""
    await stage.hear(*ASKED, a_release_due("2012-02-22 13:00"))
    await stage.set_clock("2012-02-22 13:00")
    await stage.decide.on_due()
    assert [kind for kind, *_ in await alarms(stage)] == ["review_lapsed"]


async def test_a_claim_runs_out(stage: Stage) -> None:
    """Who claimed and went home keeps the others away for four hours, and no longer."""
    await stage.hear(*ASKED)
    one, two = await stage.reviewer(), await stage.reviewer()
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    claimed = (await one.post(f"{path}/claim")).json()
    assert claimed["claimed_until"] == "2012-02-22T21:00:00Z"
    assert (await two.post(f"{path}/claim")).status_code == 409
    await stage.set_clock("2012-02-22 16:00")
    taken = (await two.post(f"{path}/claim")).json()
    assert taken["claimed_by"] != claimed["claimed_by"]
    assert (await one.post(f"{path}/answer", json=an_answer())).json()["type"].endswith("review_claimed")


async def test_a_review_is_let_go(stage: Stage) -> None:
    """Released, it is open to others; only its holder lets it go, and once more changes nothing."""
    await stage.hear(*ASKED)
    one, two = await stage.reviewer(), await stage.reviewer()
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    await one.post(f"{path}/claim")
    assert (await two.post(f"{path}/release")).status_code == 409
    for _ in range(2):
        assert (await one.post(f"{path}/release")).json()["state"] == "open"
    assert (await two.post(f"{path}/claim")).status_code == 200
    acts = (await two.get(path)).json()["acts"]
    assert [act["act"] for act in acts] == ["claimed", "released", "claimed"]


async def test_a_review_is_handed_over(stage: Stage) -> None:
    """To one who may answer it, with a reason; whoever handed it over is then kept away."""
    await stage.hear(*ASKED)
    one, two, stranger = await stage.reviewer(), await stage.reviewer(), await stage.reviewer("County counsel")
    keys = {client: client.headers["authorization"].split("_")[1] for client in (one, two, stranger)}
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    wrong = await one.post(f"{path}/delegate", json={"to": keys[stranger], "reason": "knows the file"})
    assert (wrong.status_code, wrong.json()["type"]) == (409, "urn:countersign:problem:not_their_office")
    nobody = await one.post(f"{path}/delegate", json={"to": "nobody", "reason": "knows the file"})
    assert (nobody.status_code, nobody.json()["type"]) == (422, "urn:countersign:problem:no_such_reviewer")
    given = await one.post(f"{path}/delegate", json={"to": keys[two], "reason": "knows the file"})
    assert given.json()["claimed_by"] == keys[two]
    assert (await one.post(f"{path}/answer", json=an_answer())).status_code == 409
    assert (await two.post(f"{path}/answer", json=an_answer())).status_code == 202


async def test_a_stand_in_answers_for_the_office(stage: Stage) -> None:
    """While the Commissioner is away another key answers in the office's name, takes its claims, and not afterwards."""
    case_id = await stage.hear(*ASKED)
    chief, deputy = await stage.reviewer(), await stage.reviewer("Deputy Commissioner")
    path = f"/v1/reviews/{(await the_review(chief))['id']}"
    await chief.post(f"{path}/claim")
    assert (await deputy.post(f"{path}/claim")).status_code == 409
    to = deputy.headers["authorization"].split("_")[1]
    made = await chief.post(
        "/v1/reviews/delegations", json={"to": to, "ends_at": "2012-02-24T17:00:00-05:00", "reason": "on leave"}
    )
    assert (made.status_code, made.json()["office"]) == (201, COMMISSIONER)
    assert len((await deputy.get("/v1/reviews/delegations")).json()["items"]) == 1
    assert (await deputy.post(f"{path}/claim")).status_code == 200
    assert (await deputy.post(f"{path}/answer", json=an_answer())).status_code == 202
    await stage.decide.on_due()
    (detainer,) = (await chief.get(f"/v1/cases/{case_id}")).json()["detainers"]
    assert detainer["decision"]["decided_by"] == COMMISSIONER
    (answer,) = (await chief.get(path)).json()["answers"]
    assert (answer["answered_by"], answer["delegation_id"]) == (to, made.json()["id"])
    ended = await chief.post(f"/v1/reviews/delegations/{made.json()['id']}/end", json={"reason": "back"})
    assert ended.json()["ended_by"]
    await stage.hear(*ASKED)
    review = await the_review(deputy)
    refused = await deputy.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert refused.json()["type"] == "urn:countersign:problem:no_room"


async def test_an_absence_has_an_end(stage: Stage) -> None:
    """A delegation without an end in sight, to nobody or to oneself is refused."""
    chief, deputy = await stage.reviewer(), await stage.reviewer()
    to = deputy.headers["authorization"].split("_")[1]
    own = chief.headers["authorization"].split("_")[1]
    for more in (
        {"ends_at": "2012-02-22T11:00:00-05:00"},
        {"ends_at": "2012-05-22T11:00:00-05:00"},
        {"ends_at": "soon"},
        {"to": own, "ends_at": "2012-02-24T17:00:00-05:00"},
        {"to": "nobody", "ends_at": "2012-02-24T17:00:00-05:00"},
    ):
        refused = await chief.post("/v1/reviews/delegations", json={"to": to, "reason": "on leave", **more})
        assert refused.status_code == 422, more
    assert await stage.count("decision.delegations") == 0
