"""Every case a lawyer wrote comes out as written, and every rule of the rulebook has one."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from services.decision.policy.model import Finding

PAGES = sorted(Path(__file__).parent.glob("*.yaml"))
#: The doubts are named in the order, wherever they arise.
EVERYWHERE = "us-fed-order@1"
Case = dict[str, Any]


def cases() -> Iterator[Case]:
    """Read every case, its facts laid over the page's base set."""
    for page in PAGES:
        content = yaml.safe_load(page.read_text(encoding="utf-8"))
        for case in content["cases"]:
            facts = {**content["base"], **case.get("facts", {})}
            yield {**case, "facts": facts, "jurisdiction": content["jurisdiction"]}


def found(book: Rulebook, case: Case) -> Finding:
    """Ask the rulebook about a case."""
    return book.evaluate(case["jurisdiction"], case["date"], case["facts"])


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """Load the rulebook as the service does."""
    return load_rulebook()


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: f"{case['jurisdiction']}: {case['name']}")
def test_case(book: Rulebook, case: Case) -> None:
    """Outcome, rule and citation are those written down, and whatever else the case names."""
    finding = found(book, case)
    assert (finding.outcome.value, finding.rule) == (case["outcome"], case["rule"])
    assert finding.citation == case["citation"]
    for more in ("policy", "decider", "other_custody", "confidence"):
        assert getattr(finding, more) == case.get(more, getattr(finding, more))
    for listed in ("clocks", "unknown"):
        assert list(getattr(finding, listed)) == case.get(listed, list(getattr(finding, listed)))


def test_every_rule_has_a_case(book: Rulebook) -> None:
    """A rule nobody wrote a case for is a rule nobody has thought through."""
    seen = [found(book, case) for case in cases()]
    shown = {(finding.policy, finding.rule) for finding in seen} | {(EVERYWHERE, finding.rule) for finding in seen}
    assert {(policy, rule.name) for policy, rule in book.rules()} - shown == set()


def test_every_rule_has_a_case_on_its_other_side(book: Rulebook) -> None:
    """Of each condition some case also shows that it came out false, so that one turned around would be noticed."""
    untrue = {
        (policy, step.rule)
        for finding in (found(book, case) for case in cases())
        for step in finding.trace
        for policy in (finding.policy, EVERYWHERE)
        if step.truth is False
    }
    conditions = {(policy, rule.name) for policy, rule in book.rules() if rule.tree is not None}
    assert conditions - untrue == set()


def test_every_boundary_has_a_case_on_both_sides(book: Rulebook) -> None:
    """On each day on which the law of a page changes, and on the day before, a case is written."""
    written = {(case["jurisdiction"], case["date"]) for case in cases()}
    for jurisdiction in book.jurisdictions():
        day = date(1997, 4, 1)
        while (turn := book.next_date(jurisdiction, day)) is not None:
            sides = {(jurisdiction, turn), (jurisdiction, date.fromordinal(turn.toordinal() - 1))}
            assert sides <= written, f"{jurisdiction} changes on {turn}; write a case for it and the day before"
            day = turn


def test_every_hold_has_a_clock_or_another_custody(book: Rulebook) -> None:
    """A hold without an end cannot be found, and nothing else has a clock."""
    for case in cases():
        finding = found(book, case)
        assert bool(finding.clocks) == (finding.outcome == "HOLD" and not finding.other_custody)
