"""The two-person rule: an answer that must be approved counts once somebody else has approved it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from services.decision.policy.load import RULEBOOK_DIR, load_rulebook
from services.decision.reviewing import ReviewRules
from tests.integration.decision.conftest import COMMISSIONER, RULEBOOK, Stage
from tests.integration.decision.questions import ASKED, an_answer, the_review
from tests.support.builders import a_release_due, facts_told

WORDS = {"rationale": "Read the record too."}


@pytest.fixture
def two(stage: Stage) -> Stage:
    """Give the stage where the house wants two persons for a HOLD."""
    stage.app.state.review_rules = ReviewRules(second_person=frozenset({"HOLD"}))
    return stage


def test_a_page_says_which_answers_need_two(tmp_path: Path) -> None:
    """The rulebook's word is read per instrument, refused where it makes no sense, and none of ours asks for it."""
    for page in RULEBOOK_DIR.glob("*.yaml"):
        text = page.read_text()
        if page.name == "ct.yaml":
            text = text.replace(
                "    review_office: Commissioner of Correction\n",
                "    review_office: Commissioner of Correction\n    second_person: [HOLD]\n",
            )
        (tmp_path / page.name).write_text(text)
    assert load_rulebook(tmp_path).second_person("ct-commissioner-2012@1") == {"HOLD"}
    assert load_rulebook(tmp_path).second_person("nothing@1") == frozenset()
    assert {plan.instrument.second_person for plan in RULEBOOK.plans()} == {frozenset()}


async def test_an_answer_waits_for_a_second_person(two: Stage) -> None:
    """Proposed, it decides nothing; approved by another of the office, it is a HOLD in the office's name."""
    case_id = await two.hear(*ASKED)
    one, other = await two.reviewer(), await two.reviewer()
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    proposed = (await one.post(f"{path}/answer", json=an_answer())).json()
    assert proposed["status"] == "proposed"
    assert (await one.post(f"{path}/answer", json=an_answer())).json() == proposed
    await two.decide.on_due()
    assert await two.count("decision.decisions") == 1
    review = await the_review(other)
    assert review["proposal"]["answer_id"] == proposed["answer_id"]
    again = await other.post(f"{path}/answer", json=an_answer("RELEASE"))
    assert again.json()["type"] == "urn:countersign:problem:awaits_second"
    body = {"answer_id": proposed["answer_id"], **WORDS}
    for _ in range(2):
        assert (await other.post(f"{path}/approve", json=body)).json()["status"] == "approved"
    await two.decide.on_due()
    (detainer,) = (await one.get(f"/v1/cases/{case_id}")).json()["detainers"]
    assert (detainer["decision"]["outcome"], detainer["decision"]["decided_by"]) == ("HOLD", COMMISSIONER)
    assert (await other.post(f"{path}/refuse", json=body)).status_code == 409


async def test_nobody_approves_their_own(two: Stage) -> None:
    """Neither with the same key nor with another one of the same holder; the holder may take it back."""
    await two.hear(*ASKED)
    one, same = await two.reviewer(holder="warden-7"), await two.reviewer(holder="warden-7")
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    proposed = (await one.post(f"{path}/answer", json=an_answer())).json()
    body = {"answer_id": proposed["answer_id"], **WORDS}
    for client in (one, same):
        refused = await client.post(f"{path}/approve", json=body)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:countersign:problem:own_answer")
    assert (await one.post(f"{path}/refuse", json=body)).json()["status"] == "refused"
    assert (await the_review(one))["proposal"] is None
    assert (await one.post(f"{path}/answer", json=an_answer("RELEASE"))).json()["status"] == "answered"


async def test_the_database_refuses_an_approval_of_ones_own(two: Stage) -> None:
    """Past the API as well: by key, by person, and by lying about who had answered."""
    await two.hear(*ASKED)
    one = await two.reviewer(holder="warden-7")
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    await one.post(f"{path}/answer", json=an_answer())
    insert = (
        "INSERT INTO decision.approvals (answer_id, answered_by, answered_person, review_id, case_id, facility_ori,"
        " approves, by_key, by_person, office, rationale, at) SELECT id, {by}, {person}, review_id, case_id,"
        " facility_ori, true, {key}, {holder}, office, 'x', answered_at FROM decision.answers"
    )
    for words in (
        {"by": "answered_by", "person": "person", "key": "answered_by", "holder": "'another'"},
        {"by": "answered_by", "person": "person", "key": "'another'", "holder": "person"},
    ):
        with pytest.raises(IntegrityError, match="nobody_approves_their_own"):
            await two.run(insert.format(**words))
    lie = {"by": "'another'", "person": "'another'", "key": "answered_by", "holder": "person"}
    with pytest.raises(IntegrityError, match="foreign key"):
        await two.run(insert.format(**lie))


async def test_another_office_is_no_second_person(two: Stage) -> None:
    """Two persons of one office: a stranger neither approves nor refuses."""
    await two.hear(*ASKED)
    one, stranger = await two.reviewer(), await two.reviewer("County counsel")
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    body = {"answer_id": (await one.post(f"{path}/answer", json=an_answer())).json()["answer_id"], **WORDS}
    for act in ("approve", "refuse"):
        refused = await stranger.post(f"{path}/{act}", json=body)
        assert refused.json()["type"] == "urn:countersign:problem:another_office"


async def test_an_approval_after_release_was_due_is_over(two: Stage) -> None:
    """Half an answer is none: release was due before the second person came, and the request ended in release."""
    case_id = await two.hear(*ASKED, a_release_due("2012-02-22 13:00"))
    one, other = await two.reviewer(), await two.reviewer()
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    body = {"answer_id": (await one.post(f"{path}/answer", json=an_answer())).json()["answer_id"], **WORDS}
    await two.set_clock("2012-02-22 13:00")
    assert (await other.post(f"{path}/approve", json=body)).json()["type"] == "urn:countersign:problem:review_over"
    await two.decide.on_due()
    (detainer,) = (await one.get(f"/v1/cases/{case_id}")).json()["detainers"]
    assert (detainer["decision"]["outcome"], detainer["decision"]["rule"]) == ("RELEASE", "review-lapsed")


async def test_a_proposal_falls_with_its_question(two: Stage) -> None:
    """When a fact has changed nobody approves what was answered to the old ones."""
    case_id = await two.hear(*ASKED)
    one, other = await two.reviewer(), await two.reviewer()
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    body = {"answer_id": (await one.post(f"{path}/answer", json=an_answer())).json()["answer_id"], **WORDS}
    news = facts_told("2012-02-22 11:00", facts={"prior_removal": True})
    await two.hear(*ASKED, news, case_id=case_id, version=2)
    assert (await the_review(other))["proposal"] is None
    assert (await other.post(f"{path}/approve", json=body)).json()["type"] == "urn:countersign:problem:question_changed"


async def test_two_seconds_at_once_leave_one(two: Stage) -> None:
    """Approved and refused at the same moment: one of the two stands, the other is told."""
    await two.hear(*ASKED)
    one, other, third = await two.reviewer(), await two.reviewer(), await two.reviewer()
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    body = {"answer_id": (await one.post(f"{path}/answer", json=an_answer())).json()["answer_id"], **WORDS}
    said = await asyncio.gather(other.post(f"{path}/approve", json=body), third.post(f"{path}/refuse", json=body))
    assert sorted(answer.status_code for answer in said) == [202, 409]
    assert await two.count("decision.approvals") == 1


async def test_what_the_rule_says_is_kept_beside_the_answer(stage: Stage) -> None:
    """The answer stands with the rule, citation and outcome that there would have been without it."""
    await stage.hear(*ASKED)
    client = await stage.reviewer()
    path = f"/v1/reviews/{(await the_review(client))['id']}"
    await client.post(f"{path}/answer", json=an_answer())
    (answer,) = (await client.get(path)).json()["answers"]
    assert answer["rule_said"]["outcome"] == "REVIEW"
    assert answer["rule_said"]["rule"] == "case-by-case"
    assert "Arnone" in answer["rule_said"]["citation"]
    assert answer["reason"] == "A conviction of the kind that the law or the office's rule names."
