"""What counts as covered, and what differs between two laws."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.console.rulebook.cases import NotCases, read_cases
from services.decision.policy.coverage import Case, coverage
from services.decision.policy.differ import compare_instruments, compare_rulebooks
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from services.decision.policy.model import Instrument, Page
from tests.unit.policy.facts import sound_request

BOOK = load_rulebook()
CASES = Path(__file__).parents[2] / "policy"


def law(name: str) -> Instrument:
    """Find an instrument."""
    return next(each for place in BOOK.jurisdictions() for each in BOOK.instruments(place) if each.id == name)


def test_the_written_cases_cover_every_rule_and_every_date() -> None:
    """The project's own cases leave nothing out, each side of it."""
    found = coverage(BOOK, read_cases(CASES))
    assert [(each.policy, each.rule) for each in found.rules if not each.covered] == []
    assert [(each.jurisdiction, each.day) for each in found.dates if not each.covered] == []
    assert found.whole


def test_one_case_covers_one_side_only() -> None:
    """The rule that decides has its case, what was asked before has its other side, and a default needs none."""
    asked = Case(name="a", jurisdiction="TX", day=date(2017, 9, 25), facts=sound_request(agency="county_sheriff"))
    found = coverage(BOOK, [asked])
    rules = {(each.policy, each.rule): each for each in found.rules}
    dates = {(each.jurisdiction, each.day): each for each in found.dates}
    assert rules["us-fed-order@1", "form-out-of-life"].decides == ["a"]
    assert not rules["us-fed-order@1", "form-out-of-life"].covered
    assert rules["tx-sb4@1", "proof-offered"].denied == ["a"]
    assert (dates["TX", date(2017, 9, 25)].before, dates["TX", date(2017, 9, 25)].on) == ([], ["a"])
    assert ("TX", date(1997, 4, 1)) not in dates
    assert not found.whole


def test_rules_are_aligned_by_name_and_dates_stand_apart() -> None:
    """From the law of 2011 to that of 2013 the first rule went, another came, and what stayed is not named."""
    found = {
        each.part: each
        for each in compare_instruments((BOOK, "NYC-DOC", law("nyc-doc-2011")), (BOOK, "NYC-DOC", law("nyc-doc-2013")))
    }
    assert found["rule any-conviction"].kind == "removed"
    assert found["rule felony-or-recent-covered-crime"].kind == "added"
    assert found["dates"].before == "2012-03-21 to 2013-07-15: city_corrections"
    assert found["citation"].kind == "changed"
    assert "rule gang-flag" not in found


def test_the_same_rulebook_has_no_differences() -> None:
    """A rulebook compared with itself says nothing."""
    assert compare_rulebooks(BOOK, load_rulebook()) == []


def test_an_instrument_that_only_one_rulebook_has_is_one_difference() -> None:
    """What was added or removed whole is named once, not rule by rule."""
    texas = [each for each in BOOK.instruments("TX") if each.id != "tx-sb4"]
    only = Page(jurisdiction="TX", title="Texas", instruments=tuple(texas), baseline=())
    others = Page(jurisdiction="TX", title="Texas", instruments=BOOK.instruments("TX"), baseline=())
    fewer, whole = (Rulebook(version=1, digest="", order=BOOK.order, pages=[page]) for page in (only, others))
    assert [(each.policy, each.kind) for each in compare_rulebooks(whole, fewer)] == [("tx-sb4@1", "removed")]
    assert [(each.policy, each.kind) for each in compare_rulebooks(fewer, whole)] == [("tx-sb4@1", "added")]


def test_a_rule_turned_around_is_a_changed_rule() -> None:
    """Outcome and order are both seen."""
    one = law("nyc-doc-2011")
    turned = replace(one, rules=tuple(reversed(one.rules)))
    found = compare_instruments((BOOK, "NYC-DOC", one), (BOOK, "NYC-DOC", turned))
    assert [each.part for each in found] == ["order of the rules"]


def test_what_holds_no_cases_is_named(tmp_path: Path) -> None:
    """An empty folder, a page of another kind, a table without its columns, a row without a date."""
    with pytest.raises(NotCases, match="holds no case"):
        read_cases(tmp_path)
    (tmp_path / "page.yaml").write_text("jurisdiction: TX\n", encoding="utf-8")
    with pytest.raises(NotCases, match=r"page\.yaml is no page of cases"):
        read_cases(tmp_path)
    table = tmp_path / "rows.csv"
    table.write_text("id,jurisdiction\n1,TX\n", encoding="utf-8")
    with pytest.raises(NotCases, match="lacks the columns as_of_date, facts_json"):
        read_cases(table)
    table.write_text("id,jurisdiction,as_of_date,facts_json\n7,TX,soon,{}\n", encoding="utf-8")
    with pytest.raises(NotCases, match="row 7: 'soon' is no date"):
        read_cases(table)


def test_a_batch_file_holds_cases_too(tmp_path: Path) -> None:
    """A CSV in the form of a batch is read row by row."""
    table = tmp_path / "rows.csv"
    table.write_text('id,jurisdiction,as_of_date,facts_json\n7,TX,2011-05-02,"{""agency"": ""probation""}"\n')
    assert read_cases(table) == [Case(name="7", jurisdiction="TX", day=date(2011, 5, 2), facts={"agency": "probation"})]
