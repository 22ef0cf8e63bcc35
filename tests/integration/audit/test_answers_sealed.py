"""A reviewer's answer is in the chain of the decision that came of it: what was said, by whom, and who approved."""

import pytest

from services.decision.reviewing import ReviewRules
from tests.integration.audit.conftest import Ran
from tests.integration.decision.conftest import Stage, stage
from tests.integration.decision.questions import ASKED, an_answer, the_review

__all__ = ["stage"]

CHANGES = {
    "its words": "UPDATE decision.answers SET rationale = 'Nothing.'",
    "who gave it": "UPDATE decision.answers SET answered_by = 'another', person = ''",
    "who approved it": "UPDATE decision.approvals SET by_person = 'another'",
    "the approval itself": "DELETE FROM decision.approvals",
}


async def answered(stage: Stage) -> None:
    """Answer the question with HOLD, approved by a second person, and decide it."""
    stage.app.state.review_rules = ReviewRules(second_person=frozenset({"HOLD"}))
    await stage.hear(*ASKED)
    one, other = await stage.reviewer(), await stage.reviewer()
    path = f"/v1/reviews/{(await the_review(one))['id']}"
    proposed = (await one.post(f"{path}/answer", json=an_answer())).json()
    body = {"answer_id": proposed["answer_id"], "rationale": "Read the record too."}
    assert (await other.post(f"{path}/approve", json=body)).json()["status"] == "approved"
    await stage.decide.on_due()


async def of_decision(ran: Ran) -> tuple[int, list[str]]:
    """Give how many answers were looked at, and what does not fit in decision's journal."""
    _, said = await ran("audit", "verify")
    return said["answers"], [one["what"] for one in said["misfits"] if one["journal"] == "decision"]


async def test_an_answer_fits_its_seal(stage: Stage, ran: Ran) -> None:
    """Untouched, the answer is as it was given."""
    await answered(stage)
    assert await of_decision(ran) == (1, [])


@pytest.mark.parametrize("what", CHANGES)
async def test_an_answer_that_was_touched_is_named(stage: Stage, ran: Ran, what: str) -> None:
    """Words, persons and approvals: whatever the database's owner changes afterwards does not fit."""
    await answered(stage)
    await stage.database.run(
        "ALTER TABLE decision.approvals DROP CONSTRAINT IF EXISTS approvals_answer_id_answered_by_answered_person_fkey"
    )
    await stage.database.run(CHANGES[what])
    _, misfits = await of_decision(ran)
    assert ["not as it was given" in one for one in misfits] == [True]
