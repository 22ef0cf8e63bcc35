"""The end of a play in tables: what stands in a table of its own stands nowhere else."""

import pytest

from services.console.cli.endtable import print_end
from tests.unit.console.plays import a_play


def test_what_was_decided_has_a_table_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Place, the record's word and a column for each outcome; not a second time within the verdict."""
    verdict = {"late": 0, "by_place": {"TX": {"declined_by_lea": {"HOLD": 25, "NOTIFY_ONLY": 1}}}}
    print_end(a_play(), {"verdict": verdict, "work": {}, "ended_as_promised": True, "violations": []})
    said = capsys.readouterr().out
    assert "Decided, beside what the records say" in said
    (row,) = [line for line in said.splitlines() if "declined_by_lea" in line]
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["TX", "declined_by_lea", "25", "1", "", ""]
    assert "by_place" not in said
