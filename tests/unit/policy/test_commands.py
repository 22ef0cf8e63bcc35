"""The `policy evaluate` and `clock` commands: what they print, and how they end."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.console.cli.clock import clock
from services.console.cli.policy import policy
from tests.unit.policy.facts import sound_request

CLOCK_CASES = Path(__file__).parents[2] / "policy" / "clock_cases.csv"
app = typer.Typer()
app.add_typer(policy, name="policy")
app.command("clock")(clock)


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run a command; give its exit code and what it printed."""
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    return result.exit_code, result.stdout


def lines(text: str) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Write a file of sound facts."""
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(sound_request()), encoding="utf-8")
    return file


def rows(file: Path, columns: str, *content: tuple[str, ...]) -> Path:
    """Write a CSV file."""
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerows([columns.split(","), *content])
    return file


def test_one_evaluation_is_readable(facts: Path) -> None:
    """Outcome, rule, citation and decider stand in the table."""
    code, text = run("policy", "evaluate", "--jurisdiction", "CT", "--as-of", "2012-03-05", "--facts", facts)
    assert code == 0
    for said in ("REVIEW", "case-by-case", "Governor's direction", "Commissioner of Correction", "nearest misses"):
        assert said in text


def test_one_evaluation_as_json_is_the_whole_finding(facts: Path) -> None:
    """With --json one line carries everything that would be stored."""
    code, text = run("policy", "evaluate", "--jurisdiction", "CT", "--as-of", "2012-02-21", "--facts", facts, "--json")
    finding = lines(text)[0]
    assert (code, finding["outcome"], finding["clocks"]) == (0, "HOLD", ["FED_48_BIZ"])
    assert finding["trace"][0] == {"rule": "criminal-warrant", "truth": False}


def test_a_batch_answers_row_by_row_in_order(tmp_path: Path) -> None:
    """One JSON line for each row, with the fields that were promised and no others."""
    unknown = sound_request(agency="city_police", gang_database=None)
    file = rows(
        tmp_path / "batch.csv",
        "id,jurisdiction,as_of_date,facts_json,note",
        ("B", "CT", "2014-06-01", json.dumps(unknown), ""),
        ("A", "US-FED", "2012-03-15", json.dumps(sound_request()), "kept in order"),
    )
    code, text = run("policy", "evaluate", "--batch", file)
    assert code == 0
    assert lines(text) == [
        {
            "id": "B",
            "outcome": "REVIEW",
            "citation": "Conn. Gen. Stat. 54-192h(b) (P.A. 13-155, eff. 2014-01-01)",
            "policy": "ct-trust-2014@1",
            "rule": "unknown-facts",
            "unknown": ["gang_database"],
        },
        {
            "id": "A",
            "outcome": "HOLD",
            "citation": "8 CFR 287.7(a),(d)",
            "policy": "us-fed-baseline@1",
            "rule": "sound-hold-request",
            "unknown": [],
        },
    ]


@pytest.mark.parametrize(
    ("as_of", "facts_json", "told"),
    [("March", "{}", "no date"), ("2012-03-15", "{", "no JSON"), ("2012-03-15", "[]", "one JSON object")],
)
def test_a_row_that_cannot_be_read_is_told_and_the_others_go_on(
    tmp_path: Path, as_of: str, facts_json: str, told: str
) -> None:
    """Its line says why, the next is answered, and the command ends with 1."""
    file = rows(
        tmp_path / "batch.csv",
        "id,jurisdiction,as_of_date,facts_json",
        ("X", "US-FED", as_of, facts_json),
        ("Y", "US-FED", "2012-03-15", "{}"),
    )
    code, text = run("policy", "evaluate", "--batch", file)
    first, second = lines(text)
    assert code == 1
    assert (first["id"], second["id"], second["outcome"]) == ("X", "Y", "RELEASE")
    assert told in first["error"]


def test_a_worked_table_of_clocks_comes_out_as_written() -> None:
    """The batch form prints local and UTC deadlines exactly as the table has them."""
    with CLOCK_CASES.open(encoding="utf-8", newline="") as text:
        expected = [{key: row[key] for key in ("id", "deadline_local", "deadline_utc")} for row in csv.DictReader(text)]
    code, text_out = run("clock", "--batch", CLOCK_CASES)
    assert code == 0
    assert [{key: line[key] for key in expected[0]} for line in lines(text_out)] == expected


def test_one_clock_as_json_has_its_evidence() -> None:
    """What was left out is told with the law that leaves it out."""
    code, text = run(
        "clock", "--rule", "FED_48_BIZ", "--tz", "America/New_York", "--start", "2012-02-24T17:00-05:00", "--json"
    )
    assert code == 0
    assert lines(text) == [
        {
            "deadline_local": "2012-02-28T17:00-05:00",
            "deadline_utc": "2012-02-28T22:00Z",
            "skipped": [
                {
                    "from": "2012-02-25T00:00-05:00",
                    "to": "2012-02-27T00:00-05:00",
                    "why": "Saturday and Sunday",
                    "source": "8 CFR 287.7(d)",
                }
            ],
        }
    ]


def test_a_start_without_offset_is_local_and_of_two_passes_the_first() -> None:
    """A doubt about the hour goes to the earlier instant."""
    code, text = run("clock", "--rule", "NO_HOLD", "--tz", "America/New_York", "--start", "2026-11-01T01:30", "--json")
    assert (code, lines(text)[0]["deadline_utc"]) == (0, "2026-11-01T05:30Z")


def test_one_clock_is_readable() -> None:
    """Deadline, calendar and what was left out stand in the table."""
    code, text = run("clock", "--rule", "FED_48_BIZ", "--tz", "America/New_York", "--start", "2012-02-24T17:00-05:00")
    assert code == 0
    for said in ("2012-02-28T17:00-05:00", "us-federal@1", "Saturday and Sunday"):
        assert said in text


def test_a_clock_row_that_cannot_be_counted_is_told(tmp_path: Path) -> None:
    """An unknown rule, zone or start ends with 1, and the table is finished all the same."""
    file = rows(
        tmp_path / "clocks.csv",
        "id,rule,tz,start_local",
        ("1", "FED_49", "America/New_York", "2012-02-24T17:00-05:00"),
        ("2", "FLAT_48", "America/Atlantis", "2012-02-24T17:00"),
        ("3", "FED_48_BIZ", "America/New_York", "2050-02-24T17:00-05:00"),
        ("4", "FLAT_48", "America/New_York", "2012-02-24T17:00-05:00"),
    )
    code, text = run("clock", "--batch", file)
    answers = lines(text)
    assert (code, len(answers)) == (1, 4)
    assert all("error" in answer for answer in answers[:3])
    assert answers[3]["deadline_utc"] == "2012-02-26T22:00Z"


def test_a_day_outside_the_calendar_is_found_wrong() -> None:
    """No deadline can be given, so the command ends with 1 and says what to do."""
    code, _ = run("clock", "--rule", "FED_48_BIZ", "--tz", "America/New_York", "--start", "2050-02-24T17:00-05:00")
    assert code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["clock"],
        ["clock", "--rule", "FLAT_48", "--tz", "America/New_York"],
        ["clock", "--rule", "FLAT_49", "--tz", "America/New_York", "--start", "2012-02-24T17:00-05:00"],
        ["clock", "--rule", "FLAT_48", "--tz", "Nowhere", "--start", "2012-02-24T17:00-05:00"],
        ["clock", "--rule", "FLAT_48", "--tz", "America/New_York", "--start", "Friday"],
        ["clock", "--rule", "FLAT_48", "--batch", str(CLOCK_CASES)],
        ["policy", "evaluate", "--jurisdiction", "CT"],
        ["policy", "evaluate", "--jurisdiction", "CT", "--batch", str(CLOCK_CASES)],
        ["policy", "evaluate", "--batch", str(CLOCK_CASES)],
        ["policy", "evaluate", "--batch", "no-such-file.csv"],
    ],
)
def test_wrong_use_ends_with_two(arguments: list[str]) -> None:
    """What the one who typed can mend is told as such."""
    assert run(*arguments)[0] == 2


@pytest.mark.parametrize("command", [("policy", "evaluate"), ("clock",)])
def test_a_file_that_is_no_text_is_found_wrong(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Bytes that are no UTF-8 end with 1, not with a traceback."""
    file = tmp_path / "batch.csv"
    file.write_bytes(b"id,jurisdiction,as_of_date,facts_json,rule,tz,start_local\n\xff\xfe,a,b,c,d,e,f\n")
    assert run(*command, "--batch", file)[0] == 1
