"""An explanation names what binds, shows every rule, and never contradicts the finding."""

from datetime import date
from typing import Any

from hypothesis import given, settings

from services.decision.policy.explain import explained
from services.decision.policy.load import load_rulebook
from tests.unit.policy.facts import facts, questions, sound_request

BOOK = load_rulebook()


def test_why_each_instrument_binds_or_does_not() -> None:
    """On 2014-12-15 Connecticut's prisons are bound by the memo; the others are over, to come, or for others."""
    why = {each.policy: each for each in explained(BOOK, "CT", date(2014, 12, 15), sound_request()).considered}
    assert why["ct-doc-memo-2014@1"].binds
    assert why["ct-doc-memo-2014@1"].why.startswith("binds state_corrections from 2014-12-15 to 2019-09-30")
    assert [each.policy for each in why.values() if each.binds] == ["ct-doc-memo-2014@1"]
    assert any(each.why.startswith("no longer in force: to ") for each in why.values())
    assert any(each.why.startswith("not yet in force: from ") for each in why.values())
    assert any(each.why.startswith("binds only ") for each in why.values())


def test_the_rules_that_were_not_asked_are_shown_too() -> None:
    """A cancelled detainer ends the asking before any row; what the rows would say still stands there."""
    seen = explained(BOOK, "TX", date(2018, 6, 1), sound_request(detainer_status="cancelled")).rules
    asked = [each.rule for each in seen if each.asked]
    assert asked == ["criminal-warrant", "no-active-detainer"]
    default = next(each for each in seen if each.rule == "must-comply")
    assert (default.truth, default.asked, default.when, default.stage) == (True, False, "otherwise", "the row")


def test_a_place_without_a_page_has_nothing_to_show() -> None:
    """No instrument, no rules; the finding says that nothing governs."""
    told = explained(BOOK, "ZZ", date(2018, 6, 1), sound_request())
    assert (told.considered, told.rules, told.finding.rule) == ((), (), "no-governing-policy")


def test_an_odd_agency_is_explained_without_an_error() -> None:
    """What cannot be read is bound by nothing that names agencies."""
    told = explained(BOOK, "NYC-DOC", date(2016, 2, 1), sound_request(agency=["x"]))
    assert told.finding.outcome == "REVIEW"
    assert not any(each.binds for each in told.considered)


@settings(max_examples=60, deadline=None)
@given(question=questions, asked=facts)
def test_what_is_shown_is_what_decided(question: tuple[str, date], asked: dict[str, Any]) -> None:
    """Each step of the trace stands among the rules with the same truth, and one instrument binds."""
    told = explained(BOOK, *question, asked)
    shown = {each.rule: each.truth for each in told.rules}
    assert all(shown[step.rule] is step.truth for step in told.finding.trace if shown)
    assert sum(each.binds for each in told.considered) == bool(told.rules)
