"""`policy coverage`, `policy diff` and `policy explain`: what they print, and how they end."""

import json
import shutil
from pathlib import Path

import pytest

from services.decision.policy.load import RULEBOOK_DIR
from tests.unit.policy.facts import sound_request
from tests.unit.policy.test_commands import lines, run

CASES = Path(__file__).parents[2] / "policy"


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Write a file of sound facts."""
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(sound_request()), encoding="utf-8")
    return file


def test_whole_coverage_ends_with_zero() -> None:
    """The project's own cases: every rule, every date, and the cases by name for machines."""
    code, text = run("policy", "coverage", "--cases", CASES)
    assert code == 0
    assert "tx-sb4@1" in text
    assert "2017-09-25" in text
    code, text = run("policy", "coverage", "--cases", CASES, "--json")
    found = lines(text)[0]
    assert (code, found["whole"]) == (0, True)
    assert all(each["decides"] for each in found["rules"])


def test_the_matrix_of_rules_taken_out_and_turned_around(tmp_path: Path) -> None:
    """Massachusetts alone misses its own rule either way, and the rules of other pages not at all."""
    shutil.copy(CASES / "ma.yaml", tmp_path)
    code, text = run("policy", "coverage", "--turned", "--cases", tmp_path, "--json")
    found = lines(text)[0]
    (row,) = [each for each in found["matrix"] if each["policy"] == "ma-lunn@1"]
    assert (code, row["rule"]) == (1, "under-a-287g-agreement")
    assert row["taken_out"]
    assert row["turned_around"]
    assert found["missed"] < found["rules"]


def test_cases_with_gaps_end_with_one(tmp_path: Path) -> None:
    """Texas alone covers Texas alone."""
    shutil.copy(CASES / "tx.yaml", tmp_path)
    code, text = run("policy", "coverage", "--cases", tmp_path, "--json")
    assert (code, lines(text)[0]["whole"]) == (1, False)


def test_a_folder_without_cases_is_used_wrongly(tmp_path: Path) -> None:
    """No case is no coverage of nought percent, but a mistake."""
    assert run("policy", "coverage", "--cases", tmp_path)[0] == 2


def test_two_instruments_stand_side_by_side() -> None:
    """What is on one side only, and what is on both but other."""
    code, text = run("policy", "diff", "tx-sb4", "tx-2a060")
    assert code == 0
    assert "2A.060" in text
    code, text = run("policy", "diff", "tx-sb4@1", "tx-2a060", "--json")
    assert {each["part"] for each in json.loads(text)} >= {"title", "citation", "dates", "confidence"}


def test_two_rulebooks_are_compared(tmp_path: Path) -> None:
    """A changed date of one page is all that is named."""
    folder = tmp_path / "rulebook"
    shutil.copytree(RULEBOOK_DIR, folder)
    page = folder / "tx.yaml"
    page.write_text(page.read_text(encoding="utf-8").replace("to: 2024-12-31", "to: 2024-11-30"), encoding="utf-8")
    code, text = run("policy", "diff", RULEBOOK_DIR, folder, "--json")
    assert code == 0
    assert [(each["policy"], each["part"], each["kind"]) for each in json.loads(text)] == [
        ("tx-sb4@1", "dates", "changed")
    ]


def test_what_cannot_be_compared_is_used_wrongly(tmp_path: Path) -> None:
    """A name nobody knows, a folder beside a name, and a folder that is no rulebook."""
    assert run("policy", "diff", "tx-sb4", "tx-sb44")[0] == 2
    assert run("policy", "diff", "tx-sb4", tmp_path)[0] == 2
    assert run("policy", "diff", tmp_path, tmp_path)[0] == 2


def test_an_explanation_is_readable(facts: Path) -> None:
    """The instrument and why, the rules with their truth, the nearest dates."""
    code, text = run("policy", "explain", "--jurisdiction", "CT", "--as-of", "2012-03-05", "--facts", facts)
    assert code == 0
    for said in ("binds", "no longer in force", "case-by-case", "not asked", "days earlier", "Governor's direction"):
        assert said in text


def test_an_explanation_as_json_has_everything(facts: Path) -> None:
    """Finding, instruments, rules and dates; the finding is the one that evaluate gives."""
    asked = ("--jurisdiction", "CT", "--as-of", "2012-03-05", "--facts", facts, "--json")
    code, text = run("policy", "explain", *asked)
    told = lines(text)[0]
    assert code == 0
    assert told["finding"] == lines(run("policy", "evaluate", *asked)[1])[0]
    assert [each["decided"] for each in told["rules"]].count(True) == 1
    assert told["other_dates"]["nearest"]["day"] == "2012-02-21"
    assert [each["duty"] for each in told["owed"]] == told["finding"]["duties"]


def test_facts_that_are_none_are_used_wrongly(tmp_path: Path) -> None:
    """A list is no object of facts, and a word no date."""
    file = tmp_path / "facts.json"
    file.write_text("[]", encoding="utf-8")
    assert run("policy", "explain", "--jurisdiction", "CT", "--as-of", "2012-03-05", "--facts", file)[0] == 2
    file.write_text("{}", encoding="utf-8")
    assert run("policy", "explain", "--jurisdiction", "CT", "--as-of", "soon", "--facts", file)[0] == 2
