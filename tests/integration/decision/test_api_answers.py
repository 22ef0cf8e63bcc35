"""A review answered over HTTP: what is taken, what is refused, and what becomes of it."""

import asyncio

from shared.http.access import Role
from tests.integration.decision.conftest import Stage
from tests.integration.decision.questions import ASKED, an_answer, the_review
from tests.support.builders import (
    a_claim,
    a_release,
    a_release_due,
    facts_told,
)


async def test_a_held_answer_is_decided_by_the_pipeline(stage: Stage) -> None:
    """The API writes the answer down and wakes the pipeline, which decides HOLD in the office's name."""
    case_id = await stage.hear(*ASKED)
    client = await stage.reviewer()
    review = await the_review(client)
    response = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert response.status_code == 202
    assert response.json()["status"] == "answered"
    async with asyncio.timeout(1):
        await stage.woken.wait(60)
    assert await stage.count("decision.decisions") == 1, "the API itself decides nothing"
    await stage.decide.on_due()
    auditor = await stage.client(Role.AUDITOR)
    (detainer,) = (await auditor.get(f"/v1/cases/{case_id}")).json()["detainers"]
    assert detainer["decision"]["outcome"] == "HOLD"
    assert detainer["decision"]["decided_by"] == "Commissioner of Correction"
    (ended,) = (await client.get("/v1/reviews", params={"state": "answered"})).json()["items"]
    assert ended["id"] == review["id"]


async def test_a_declined_answer_ends_in_release(stage: Stage) -> None:
    """RELEASE is answered as the fact 'decline', and the rulebook makes RELEASE of it."""
    case_id = await stage.hear(*ASKED)
    client = await stage.reviewer()
    review = await the_review(client)
    assert (await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer("RELEASE"))).status_code == 202
    await stage.decide.on_due()
    (detainer,) = (await client.get(f"/v1/cases/{case_id}")).json()["detainers"]
    assert (detainer["decision"]["outcome"], detainer["decision"]["rule"]) == ("RELEASE", "commissioner-declines")


async def test_the_same_answer_twice_is_one_answer(stage: Stage) -> None:
    """Asked again before it is decided, the route gives the first answer's id and writes nothing."""
    await stage.hear(*ASKED)
    client = await stage.reviewer()
    review = await the_review(client)
    first, second = [await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer()) for _ in range(2)]
    assert first.json() == second.json()
    other = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer("RELEASE"))
    assert (other.status_code, other.json()["type"]) == (409, "urn:countersign:problem:already_answered")
    assert await stage.count("decision.answers") == 1


async def test_two_reviewers_at_once_leave_one_answer(stage: Stage) -> None:
    """Answers that meet are taken one after the other, and the second finds the first."""
    await stage.hear(*ASKED)
    one, two = await stage.reviewer(), await stage.reviewer()
    review = await the_review(one)
    path = f"/v1/reviews/{review['id']}/answer"
    answers = await asyncio.gather(one.post(path, json=an_answer()), two.post(path, json=an_answer("RELEASE")))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert await stage.count("decision.answers") == 1


async def test_an_office_the_row_does_not_name_has_no_room(stage: Stage) -> None:
    """A key answers for its own office alone; the refusal names rule and citation."""
    await stage.hear(*ASKED)
    client = await stage.reviewer("Facility administrator")
    review = await the_review(client)
    response = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    said = response.json()
    assert (response.status_code, said["type"]) == (409, "urn:countersign:problem:no_room")
    assert said["rule"] == "case-by-case"
    assert "Arnone" in said["citation"]
    assert await stage.count("decision.answers") == 0


async def test_a_hold_that_nobody_may_give_has_no_room(stage: Stage) -> None:
    """While an event of the case is unread the answer HOLD changes nothing, and is therefore not taken."""
    await stage.hear(*ASKED, parked=1)
    client = await stage.reviewer()
    review = await the_review(client)
    response = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert response.json()["type"] == "urn:countersign:problem:no_room"
    assert response.json()["rule"] == "parked-event"
    declined = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer("RELEASE"))
    assert declined.status_code == 202


async def test_a_key_without_an_office_answers_nothing(stage: Stage) -> None:
    """Whoever answers does it in an office's name."""
    await stage.hear(*ASKED)
    client = await stage.reviewer(None)
    review = await the_review(client)
    response = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert (response.status_code, response.json()["type"]) == (403, "urn:countersign:problem:no_office")


async def test_an_answer_to_facts_that_changed_is_refused(stage: Stage) -> None:
    """The case has moved on since the question was put: the reviewer must read it again."""
    case_id = await stage.hear(*ASKED)
    client = await stage.reviewer()
    review = await the_review(client)
    told = await stage.hear_only(*ASKED, facts_told("2012-02-22 11:00", facts={"prior_removal": True}), case_id=case_id)
    assert told == case_id
    response = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert response.json()["type"] == "urn:countersign:problem:question_changed"


async def test_an_answer_after_release_was_due_is_over(stage: Stage) -> None:
    """An answer counts only before release is due, even where the pipeline has not looked yet."""
    await stage.hear(*ASKED, a_release_due("2012-02-22 13:00"))
    client = await stage.reviewer()
    review = await the_review(client)
    await stage.set_clock("2012-02-22 13:00")
    late = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert (late.status_code, late.json()["type"]) == (409, "urn:countersign:problem:review_over")
    await stage.decide.on_due()
    again = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert again.json()["type"] == "urn:countersign:problem:review_over"
    claimed = await client.post(f"/v1/reviews/{review['id']}/claim")
    assert claimed.json()["type"] == "urn:countersign:problem:review_over"
    assert len((await client.get("/v1/reviews", params={"state": "lapsed"})).json()["items"]) == 1


async def test_an_answer_about_one_who_is_gone_is_over(stage: Stage) -> None:
    """A person who has left is nobody's question."""
    case_id = await stage.hear(*ASKED)
    client = await stage.reviewer()
    review = await the_review(client)
    await stage.hear_only(*ASKED, a_release("2012-02-22 11:30"), case_id=case_id)
    response = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert response.json()["type"] == "urn:countersign:problem:review_over"


async def test_bodies_are_strict_and_not_repeated(stage: Stage) -> None:
    """Unknown fields, other outcomes and doubled keys are refused with the place, and without the value."""
    await stage.hear(*ASKED)
    client = await stage.reviewer()
    path = f"/v1/reviews/{(await the_review(client))['id']}/answer"
    for body in (an_answer("NOTIFY_ONLY"), an_answer("REVIEW")):
        assert (await client.post(path, json=body)).json()["type"] == "urn:countersign:problem:no_such_answer"
    extra = await client.post(path, json=an_answer(secret="Ana Maria"))
    assert extra.status_code == 422
    assert extra.json()["errors"][0]["where"] == "/secret"
    assert "Ana Maria" not in extra.text
    doubled = await client.post(path, content=b'{"outcome":"HOLD","outcome":"RELEASE"}')
    assert (doubled.status_code, await stage.count("decision.answers")) == (400, 0)


async def test_a_citizenship_claim_leaves_the_question_to_be_asked_again(stage: Stage) -> None:
    """Verified citizenship settles the matter without a person: the review ends and takes no answer."""
    case_id = await stage.hear(*ASKED)
    client = await stage.reviewer()
    review = await the_review(client)
    await stage.hear(*ASKED, a_claim("2012-02-22 11:05", claim="verified"), case_id=case_id, version=2)
    response = await client.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())
    assert response.json()["type"] == "urn:countersign:problem:review_over"
