"""`policy list`, `policy show` and `policy check`: what they print, and how they end."""

import json
import shutil
from pathlib import Path

import pytest

from services.decision.policy.load import RULEBOOK_DIR
from tests.unit.policy.test_commands import lines, run


def test_the_list_names_what_is_in_force_on_a_day() -> None:
    """On 2014-12-15 three instruments of Connecticut stand side by side, and none that has ended."""
    code, text = run("policy", "list", "--jurisdiction", "CT", "--on", "2014-12-15", "--json")
    assert code == 0
    rows = json.loads(text)
    assert {row["policy"] for row in rows} == {"ct-trust-2014@1", "ct-doc-memo-2014@1", "ct-baseline@1"}
    memo = next(row for row in rows if row["policy"] == "ct-doc-memo-2014@1")
    assert (memo["from"], memo["to"], memo["agencies"]) == ("2014-12-15", "2019-09-30", "state_corrections")


def test_the_list_has_every_page_and_is_readable() -> None:
    """Without a choice every jurisdiction is there."""
    code, text = run("policy", "list")
    assert code == 0
    for said in ("IL-COOK", "nyc-nypd-wells@1", "us-fed-baseline@1", "shaky", "every agency"):
        assert said in text


def test_an_instrument_is_shown_in_words() -> None:
    """Citation, dates and the court behind them, clocks, and each rule as a lawyer reads it."""
    code, text = run("policy", "show", "tx-sb4")
    assert code == 0
    flat = " ".join(text.replace("│", " ").split())
    for said in ("art. 2.251 (SB 4, eff. 2017-09-01)", "2017-09-25", "Fifth Circuit", "FED_48_BIZ", "must-comply"):
        assert said in flat
    assert "us citizen claim is proof" in flat
    assert "otherwise" in flat


def test_an_instrument_as_json_has_every_rule() -> None:
    """The newest revision, with the state clock that one rule alone has."""
    code, text = run("policy", "show", "nyc-nypd-2014@1", "--json")
    shown = lines(text)[0]
    assert (code, shown["policy"]) == (0, "nyc-nypd-2014@1")
    assert "date within 5 years of the instant arrest" in shown["rules"][0]["when"]
    assert [rule["outcome"] for rule in shown["rules"]] == ["HOLD", "HOLD (NYPD_48_BIZ too)", "NOTIFY_ONLY", "RELEASE"]


def test_the_tests_that_hold_everywhere_can_be_shown() -> None:
    """They come before any row, or turn what a row said."""
    code, text = run("policy", "show", "us-fed-order", "--json")
    rules = {rule["rule"]: rule["outcome"] for rule in lines(text)[0]["rules"]}
    assert code == 0
    assert rules["criminal-warrant"] == "HOLD"
    assert rules["not-served"] == "HOLD becomes REVIEW"


def test_the_check_of_a_sound_rulebook_ends_with_zero() -> None:
    """It says what was checked, for people and for machines."""
    code, text = run("policy", "check")
    assert code == 0
    assert "no gap, no overlap" in text
    code, text = run("policy", "check", "--json")
    found = lines(text)[0]
    assert (code, found["sound"], found["problems"]) == (0, True, [])
    assert found["pages"] == len(list(RULEBOOK_DIR.glob("*.yaml"))) - 1
    assert found["cases"] > found["rules"]


def test_the_check_of_an_unsound_one_ends_with_one(tmp_path: Path) -> None:
    """File, line, key and mend are told."""
    folder = tmp_path / "rulebook"
    shutil.copytree(RULEBOOK_DIR, folder)
    page = folder / "or.yaml"
    page.write_text(page.read_text(encoding="utf-8").replace("to: 2021-07-18", "to: 2021-07-17"), encoding="utf-8")
    code, text = run("policy", "check", "--path", folder)
    assert code == 1
    assert "or.yaml" in text
    assert "from 2021-07-18 to 2021-07-19; close the gap" in text
    code, text = run("policy", "check", "--path", folder, "--json")
    found = lines(text)[0]
    assert (code, found["sound"]) == (1, False)
    assert {"file", "line", "key", "mend"} == set(found["problems"][0])


@pytest.mark.parametrize(
    "arguments",
    [
        ["policy", "list", "--jurisdiction", "ZZ"],
        ["policy", "list", "--on", "yesterday"],
        ["policy", "show", "ct-trust-1999"],
        ["policy", "check", "--path", "no-such-folder"],
    ],
)
def test_wrong_use_ends_with_two(arguments: list[str]) -> None:
    """What the one who typed can mend is told as such."""
    assert run(*arguments)[0] == 2
