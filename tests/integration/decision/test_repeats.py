"""Reviewers' requests under an Idempotency-Key: done once, and answered alike although things have moved on."""

from uuid import uuid4

from shared.http.repeats import HEADER
from tests.integration.decision.conftest import Stage
from tests.integration.decision.questions import ASKED, an_answer, the_review


async def test_a_delegation_asked_twice_is_one(stage: Stage) -> None:
    """Without a key there would be two stand-ins, and the first would go on when the second is ended."""
    chief, deputy = await stage.reviewer(), await stage.reviewer("Deputy Commissioner")
    to = deputy.headers["authorization"].split("_")[1]
    body, key = {"to": to, "ends_at": "2012-02-24T17:00:00-05:00", "reason": "on leave"}, {HEADER: str(uuid4())}
    made = [await chief.post("/v1/reviews/delegations", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].content == made[1].content
    assert await stage.count("decision.delegations") == 1


async def test_an_answer_asked_twice_is_taken_once(stage: Stage) -> None:
    """Whatever has become of the review meanwhile."""
    await stage.hear(*ASKED)
    client = await stage.reviewer()
    path, key = f"/v1/reviews/{(await the_review(client))['id']}/answer", {HEADER: str(uuid4())}
    first = await client.post(path, json=an_answer(), headers=key)
    again = await client.post(path, json=an_answer(), headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert await stage.count("decision.answers") == 1
