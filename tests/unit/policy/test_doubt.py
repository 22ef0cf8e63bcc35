"""Unknown, odd and missing: each doubt has its name, and none of them holds anybody."""

from datetime import date
from typing import Any

import pytest

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from shared.domain.decision import Outcome
from tests.unit.policy.facts import sound_request

ACT = date(2014, 6, 1)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """Load the rulebook as the service does."""
    return load_rulebook()


def police(**changes: Any) -> dict[str, Any]:
    """Give the facts of a city police case."""
    return sound_request(agency="city_police", **changes)


def test_unknowns_that_agree_settle_it(book: Rulebook) -> None:
    """A court abroad makes the missing level irrelevant."""
    finding = book.evaluate("CT", ACT, police(convictions=[{"level": None, "jurisdiction": "foreign"}]))
    assert (finding.outcome, finding.rule, finding.unknown) == (Outcome.RELEASE, "no-factor", ())


def test_only_the_unknowns_that_matter_are_named(book: Rulebook) -> None:
    """A class is not asked for where any felony counts."""
    facts = police(convictions=[{"level": None, "class": None}], charges=[{"level": None}])
    assert book.evaluate("CT", ACT, facts).unknown == ("convictions[0].level",)


def test_the_question_that_may_end_the_matter_comes_first(book: Rulebook) -> None:
    """At the Department after its memorandum a violent felony holds at once; a gang entry only asks on."""
    facts = sound_request(
        agency="state_corrections",
        gang_database=None,
        convictions=[{"level": "felony", "violent": None, "jurisdiction": "CT"}],
    )
    finding = book.evaluate("CT", date(2015, 6, 1), facts)
    assert finding.unknown == ("convictions[0].violent", "gang_database")


def test_each_of_two_unknowns_that_matter_is_named(book: Rulebook) -> None:
    """Either alone could lead to a hold."""
    facts = police(convictions=[{"level": None}], gang_database=None)
    assert book.evaluate("CT", ACT, facts).unknown == ("gang_database", "convictions[0].level")


def test_level_and_class_are_one_question(book: Rulebook) -> None:
    """Of an offence without level or class, both matter; a misdemeanour ends the matter, so the level comes first."""
    facts = police(convictions=[{"level": None, "class": None, "jurisdiction": "CT"}])
    finding = book.evaluate("CT", date(2020, 6, 1), facts)
    assert finding.unknown == ("convictions[0].level", "convictions[0].class")


@pytest.mark.parametrize("count", [20, 60, 5000])
def test_a_record_full_of_gaps_is_a_review_and_no_crash(book: Rulebook, count: int) -> None:
    """However many unknowns there are, a person gets the question, and soon."""
    facts = police(convictions=[{"level": None}] * count)
    finding = book.evaluate("CT", ACT, facts)
    assert (finding.outcome, finding.rule) == (Outcome.REVIEW, "unknown-facts")
    assert len(finding.unknown) == count


def test_gaps_beside_a_fact_that_decides_are_no_question(book: Rulebook) -> None:
    """Thousands of unknowns do not matter once another fact decides."""
    facts = police(convictions=[{"level": None}] * 5000, gang_database=True)
    assert book.evaluate("CT", ACT, facts).outcome is Outcome.HOLD


@pytest.mark.parametrize(
    ("fact", "odd"),
    [
        ("detainer_form", "I-247Z"),
        ("detainer_form", 247),
        ("detainer_served_on_subject", "yes"),
        ("detainer_served_on_subject", 1),
        ("detainer_facially_sufficient", None),
        ("in_criminal_custody", None),
        ("us_citizen_claim", "perhaps"),
        ("detainer_issued_at", "the third of May"),
        ("judicial_warrant", "signed"),
        ("judicial_warrant", {"type": "fax", "verified": True}),
        ("judicial_warrant", {"type": ["claimed"], "verified": True}),
        ("judicial_warrant", {"type": "claimed", "verified": "yes"}),
        ("charges", "none"),
        ("charges", [7]),
        ("charges", [{"status": "unheard of"}]),
    ],
)
def test_what_cannot_be_read_is_named_and_holds_nobody(book: Rulebook, fact: str, odd: Any) -> None:
    """A value of a wrong type or an unknown code is a person's question."""
    finding = book.evaluate("US-FED", date(2012, 3, 15), sound_request(**{fact: odd}))
    assert (finding.outcome, finding.rule) == (Outcome.REVIEW, "not-understood")
    assert finding.unknown[0].split("[")[0] == fact


def test_an_odd_fact_does_not_undo_a_release(book: Rulebook) -> None:
    """A cancelled detainer asks for nothing, whatever form it was on."""
    facts = sound_request(detainer_status="cancelled", detainer_form="I-247Z")
    assert book.evaluate("US-FED", date(2012, 3, 15), facts).outcome is Outcome.RELEASE


def test_a_fact_nobody_asks_about_may_be_anything(book: Rulebook) -> None:
    """What the governing instrument never reads cannot raise a question."""
    facts = sound_request(age="thirty", ca_registrant="maybe", gang_database="?")
    assert book.evaluate("US-FED", date(2012, 3, 15), facts).outcome is Outcome.HOLD


@pytest.mark.parametrize("jurisdiction", ["ZZ", "", "ct", "AK"])
def test_a_code_without_a_page_is_a_review(book: Rulebook, jurisdiction: str) -> None:
    """The federal baseline is never a default for a place the rulebook does not know."""
    finding = book.evaluate(jurisdiction, date(2012, 3, 15), sound_request())
    assert (finding.outcome, finding.rule) == (Outcome.REVIEW, "no-governing-policy")
    assert finding.citation


def test_what_comes_before_any_row_needs_no_page(book: Rulebook) -> None:
    """A verified citizen is released in a place the rulebook does not know, too."""
    finding = book.evaluate("ZZ", date(2012, 3, 15), sound_request(us_citizen_claim="verified"))
    assert (finding.outcome, finding.rule) == (Outcome.RELEASE, "citizen-verified")


@pytest.mark.parametrize("agency", [None, "", "coast guard", 7, ["city_police"]])
def test_an_agency_that_cannot_be_read_selects_no_row(book: Rulebook, agency: Any) -> None:
    """Who holds the person decides which row binds; a guess could choose the wrong one."""
    finding = book.evaluate("CT", ACT, sound_request(agency=agency))
    assert (finding.outcome, finding.rule, finding.unknown) == (Outcome.REVIEW, "not-understood", ("agency",))


def test_a_trace_tells_how_each_rule_came_out(book: Rulebook) -> None:
    """It follows the order of the tests up to the one that could not be settled."""
    trace = book.evaluate("CT", ACT, police(gang_database=None)).trace
    told = {step.rule: step.truth for step in trace}
    assert told["criminal-warrant"] is False
    assert told["factor-4-gang-member"] is None
    assert trace[-1].rule == "factor-4-gang-member"


def test_the_counterfactual_names_the_missing_factor(book: Rulebook) -> None:
    """For a release it is the first factor that one fact would bring about."""
    change = book.evaluate("CT", ACT, police()).counterfactual
    assert change is not None
    assert (change.rule, change.outcome, change.fact, change.now, change.then) == (
        "factor-2-pending-charges",
        Outcome.HOLD,
        "pending_bond",
        False,
        True,
    )
