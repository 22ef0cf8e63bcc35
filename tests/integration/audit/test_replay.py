"""``decision replay``: recorded decisions come out again byte for byte, and what was changed does not."""

from datetime import datetime
from pathlib import Path
from shutil import copytree

import pytest

from services.decision.handlers import Decide
from services.decision.policy.load import RULEBOOK_DIR
from shared.domain.window import ClockRule
from tests.integration.audit.conftest import Ran
from tests.integration.audit.test_verify import EDIT
from tests.support.builders import a_booking, a_detainer, a_release_due, at
from tests.support.line import RULEBOOK, Line, parts_for

REWRITTEN = EDIT.format(column="explanation", old="HOLD", new="REST")


async def test_every_decision_comes_out_again(held: Line, ran: Ran) -> None:
    """Facts, finding, window, its end and the bytes told: nothing differs."""
    code, said = await ran("decision", "replay")
    assert (code, said["differences"]) == (0, [])
    assert said["decisions"] == await held.value("SELECT count(*) FROM decision.decisions")
    windows = await held.value("SELECT count(*) FROM decision.decisions WHERE closes_at IS NOT NULL")
    assert windows > 0
    assert (said["erased"], said["other_rulebook"], said["other_tz_data"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE decision.decisions SET citation = 'my own' WHERE number = 2", {"citation"}),
        ("UPDATE decision.decisions SET closes_at = closes_at + interval '1 day' WHERE number = 2", {"closes_at"}),
        (
            f"UPDATE decision.decisions SET explanation = {REWRITTEN} WHERE number = 1",
            {"explanation.outcome"},
        ),
        ("UPDATE decision.decisions SET told = 'x' WHERE number = 1", {"told"}),
        ("UPDATE decision.decisions SET as_of = as_of - interval '1 day' WHERE number = 1", {"as_of"}),
        (
            (
                "UPDATE decision.snapshots SET facts = 'x' WHERE decision_id IN (SELECT id FROM decision.decisions"
                " WHERE number = 1)"
            ),
            {"snapshot"},
        ),
    ],
)
async def test_what_was_changed_is_shown(held: Line, ran: Ran, statement: str, what: set[str]) -> None:
    """The first differences name the decision that was changed, and the part of it."""
    await held.database.run(statement)
    code, said = await ran("decision", "replay")
    assert code == 1
    number = min(one["number"] for one in said["differences"])
    assert what <= {one["what"] for one in said["differences"] if one["number"] == number}
    assert f"number = {number}" in statement


async def test_a_decision_taken_out_breaks_the_one_after(held: Line, ran: Ran) -> None:
    """What stood before is read from the decision before, so a gap shows in what is superseded."""
    await held.database.run("DELETE FROM decision.decisions WHERE number = 1")
    code, said = await ran("decision", "replay")
    assert code == 1
    assert {one["what"] for one in said["differences"] if one["number"] == 2} >= {"told.supersedes"}


async def test_an_erased_snapshot_is_counted(held: Line, ran: Ran) -> None:
    """Nothing can be decided again without facts, and that is no difference."""
    await held.database.run("DELETE FROM decision.snapshots")
    code, said = await ran("decision", "replay")
    assert (code, said["erased"], said["differences"]) == (0, said["decisions"], [])


async def test_another_rulebook_is_said_to_be_one(held: Line, ran: Ran, tmp_path: Path) -> None:
    """Where the law was rewritten behind the decisions' back, they come out otherwise and it says why."""
    assert held.owner
    other = copytree(RULEBOOK_DIR, tmp_path / "rulebook")
    page = other / "ct.yaml"
    page.write_text(page.read_text().replace("honoured-as-a-rule", "honoured-by-habit"))
    code, said = await ran("decision", "replay", "--rulebook", str(other))
    assert (code, said["other_rulebook"]) == (1, said["decisions"])
    assert {"rule", "told.rule"} <= {one["what"] for one in said["differences"]}


async def test_a_disagreement_of_the_clocks_is_told_and_comes_out_as_a_difference(line: Line, ran: Ran) -> None:
    """The earlier instant stood and an operator was told; with both calculators in order the replay shows it."""
    early = at("2012-02-22 10:00")

    def second(_: ClockRule, start: datetime, zone: str) -> datetime:
        del start, zone
        return early

    line.decide = Decide(parts_for("decision", line.decide_as, line.told), RULEBOOK, second=second)
    await line.hear(a_booking("2012-02-20 13:00"), a_detainer("2012-02-20 14:00"), a_release_due("2012-02-21 10:00"))
    async with line.decide_as.transaction() as session:
        await line.decide.decide(session, [await line.value("SELECT case_id FROM intake.cases")], line.clock.now())
    assert set(await line.alarms("decision")) == {"clocks_disagree"}
    assert await line.value("SELECT closes_at FROM decision.decisions") == early
    code, said = await ran("decision", "replay")
    assert code == 1
    assert "told.window" in {one["what"] for one in said["differences"]}
