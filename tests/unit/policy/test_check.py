"""The check of the whole rulebook: what it refuses, and that it leads to the line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from services.console.rulebook.cases import OWN_CASES, read_cases
from services.decision.policy.check import problems
from services.decision.policy.load import RULEBOOK_DIR

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Give a function that copies the rulebook and changes one text in one file."""

    def change(name: str, old: str, new: str) -> Path:
        folder = tmp_path / "rulebook"
        shutil.copytree(RULEBOOK_DIR, folder)
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return change


def line_of(folder: Path, name: str, text: str) -> int:
    """Find the line on which a text first stands."""
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return next(at for at, line in enumerate(lines, 1) if text in line)


def test_the_rulebook_is_sound() -> None:
    """No gap, no overlap, and no rule that can never decide."""
    assert problems() == []


def test_the_rulebook_was_tried_on_both_sides() -> None:
    """Every rule and every date has its cases."""
    assert problems(cases=read_cases(OWN_CASES)) == []


def test_a_rule_without_a_case_is_told() -> None:
    """Where it stands, and which side is missing; a default has one side only."""
    written = read_cases(OWN_CASES)
    found = problems(cases=[case for case in written if case.jurisdiction != "MA"])
    assert {(Path(each.file).name, each.key) for each in found} == {
        *(("ma.yaml", "rules"), ("ma.yaml", "default"), ("ma.yaml", "binds")),
        # What holds everywhere and nobody else's cases show.
        *((Path(each.file).name, each.key) for each in found if each.file.endswith("us-fed.yaml")),
    }
    told = [each.mend for each in found]
    assert "under-a-287g-agreement has no case that it decides; write one" in told
    assert "the law of MA changes on 2017-07-24, and no case is written on the day before; write one" in told


def test_a_rule_that_is_never_untrue_is_told() -> None:
    """The other side of a condition is a case in which it does not fire."""
    written = [case for case in read_cases(OWN_CASES) if case.jurisdiction == "MA"]
    agreed = [case for case in written if case.facts.get("acting_under_287g")]
    told = [each.mend for each in problems(cases=agreed)]
    assert "under-a-287g-agreement has no case in which it comes out false; write one" in told


def test_a_gap_is_told_with_the_day_it_begins(edit: Edit) -> None:
    """A last day moved back leaves a day without law, for each agency bound."""
    folder = edit("ma.yaml", "to: 2017-07-23", "to: 2017-07-22")
    found = problems(folder)
    assert len(found) == 6
    assert found[0].line == line_of(folder, "ma.yaml", "to: 2017-07-22") - 1
    assert found[0].key == "binds"
    assert "from 2017-07-23 to 2017-07-24" in found[0].mend


def test_two_laws_on_one_day_are_told(edit: Edit) -> None:
    """A baseline that goes on beside an instrument would never be looked at."""
    found = problems(edit("ma.yaml", "to: 2017-07-23", "to: 2017-07-24"))
    assert {each.key for each in found} == {"binds"}
    assert "ma-baseline@1 does; end one before" in found[0].mend


def test_a_page_that_ends_is_told(edit: Edit) -> None:
    """What follows the last day has to be said, if only that nothing is known."""
    found = problems(edit("nj.yaml", "{from: 2019-03-15}", "{from: 2019-03-15, to: 2027-01-01}"))
    assert any("after its last day" in each.mend for each in found)


def test_a_rule_behind_one_that_takes_every_case_is_told(edit: Edit) -> None:
    """Neither the later rule nor the default can decide then."""
    always = "when: {any: [{fact: gang_database}, {not: {fact: gang_database}}]}"
    folder = edit("nyc-doc.yaml", "when: &pending {some: charges, where: {fact: status, is: pending}}", always)
    text = (folder / "nyc-doc.yaml").read_text(encoding="utf-8").replace("when: *pending", always)
    (folder / "nyc-doc.yaml").write_text(text, encoding="utf-8")
    told = [each for each in problems(folder) if "can never decide" in each.mend]
    assert {each.mend.split()[0] for each in told} == {
        *("outstanding-warrant", "gang-flag", "terrorism-flag", "removal-order-flag", "judges-warrant"),
        "no-record-and-no-flag",
    }
    assert {each.key for each in told} == {"rules", "default"}


def test_a_contradiction_is_out_of_reach(edit: Edit) -> None:
    """A fact cannot be two things at once."""
    both = "{all: [{fact: ice_reimbursement, is: offered}, {fact: ice_reimbursement, is: written_agreement}]}"
    found = problems(edit("il-cook.yaml", "{fact: ice_reimbursement, is: written_agreement}", both))
    assert [each.mend.split()[0] for each in found] == ["written-agreement"]


def test_a_page_that_cannot_be_loaded_is_the_only_problem(edit: Edit) -> None:
    """The first thing wrong is told with file, line, key and mend."""
    folder = edit("tx.yaml", "outcome: HOLD", "outcome: KEEP")
    (found,) = problems(folder)
    assert Path(found.file) == folder / "tx.yaml"
    assert (found.line, found.key) == (line_of(folder, "tx.yaml", "KEEP"), "outcome")
    assert str(found) == f"{found.file}:{found.line}: outcome: {found.mend}"
