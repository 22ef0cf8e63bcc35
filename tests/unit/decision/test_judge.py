"""What the judge makes of questions and answers, by the rulebook itself."""

from dataclasses import replace

import pytest

from shared.domain.decision import Outcome
from tests.support.builders import (
    DUE,
    a_claim,
    a_release,
    at,
    facts_told,
)
from tests.unit.decision.matters import (
    ASKED,
    COMMISSIONER,
    JAIL,
    RELEASE_DUE,
    a_hold,
    a_matter,
    answered,
    ruled,
)


def test_the_commissioners_law_asks() -> None:
    """Case by case means a person decides, in the office the row names, and is told what to look at."""
    ruling = ruled(a_matter(*ASKED), "2012-02-22 11:00")
    assert (ruling.finding.outcome, ruling.finding.rule) == (Outcome.REVIEW, "case-by-case")
    assert (ruling.finding.decider, ruling.decided_by) == (COMMISSIONER, "policy")
    assert ruling.question is not None
    assert ruling.window is None


def test_an_answer_is_a_fact_and_the_office_decides() -> None:
    """The answer counts as a fact, and the decision bears the office's name."""
    for answer, outcome in (("honor", Outcome.HOLD), ("decline", Outcome.RELEASE)):
        ruling = ruled(answered(a_matter(*ASKED), answer), "2012-02-23 09:00")
        assert (ruling.finding.outcome, ruling.decided_by) == (outcome, COMMISSIONER)
        assert ruling.question is None


def test_another_offices_answer_changes_nothing() -> None:
    """A key answers for its own office; the row names another."""
    ruling = ruled(answered(a_matter(*ASKED), office="Facility administrator"), "2012-02-23 09:00")
    assert (ruling.finding.outcome, ruling.decided_by) == (Outcome.REVIEW, "policy")


def test_what_the_law_says_without_the_answer_is_the_policys() -> None:
    """Verified citizenship ends the request whatever was answered, and no office's name stands under it."""
    matter = a_matter(*ASKED, a_claim("2012-02-22 11:05", claim="verified"))
    ruling = ruled(answered(matter, "decline"), "2012-02-23 09:00")
    assert (ruling.finding.outcome, ruling.decided_by) == (Outcome.RELEASE, "policy")


def test_an_answer_to_other_facts_is_asked_again() -> None:
    """A fact that the reviewer was shown has changed since: the answer is not an answer to this."""
    before = answered(a_matter(*ASKED))
    after = a_matter(*ASKED, facts_told("2012-02-23 10:00", facts={"prior_removal": True}), answer=before.answer)
    assert ruled(after, "2012-02-23 11:00").finding.outcome is Outcome.REVIEW


def test_time_alone_makes_no_other_question() -> None:
    """Release having become due is no reason to ask again: an answer given before it still counts."""
    _, ruling = a_hold()
    assert ruling.finding.outcome is Outcome.HOLD


def test_an_answer_that_came_when_release_was_due_is_late() -> None:
    """At the very instant of release due the time to answer is over, whichever was heard first."""
    matter = a_matter(*ASKED, RELEASE_DUE)
    for when in (DUE, "2012-02-24 17:01"):
        late = replace(answered(matter).answer or pytest.fail("no answer"), answered_at=at(when))
        ruling = ruled(replace(matter, answer=late), "2012-02-24 18:00")
        assert (ruling.finding.outcome, ruling.finding.rule) == (Outcome.RELEASE, "review-lapsed")


def test_undecided_when_release_is_due_is_release() -> None:
    """A minute before, the question is open; at the instant itself nothing waits for a person."""
    matter = a_matter(*ASKED, RELEASE_DUE)
    before, after = ruled(matter, "2012-02-24 16:59"), ruled(matter, DUE)
    assert before.finding.outcome is Outcome.REVIEW
    assert before.wake_at == at(DUE)
    assert (after.finding.outcome, after.question) == (Outcome.RELEASE, None)
    assert after.decided_by == "policy"


def test_gone_is_release() -> None:
    """Whoever has left is no question any more."""
    ruling = ruled(a_matter(*ASKED, a_release("2012-02-23 12:00")), "2012-02-23 12:01")
    assert (ruling.finding.outcome, ruling.question, ruling.wake_at) == (Outcome.RELEASE, None, None)


def test_a_place_without_a_page_is_asked() -> None:
    """Never the federal baseline where nothing says that it governs."""
    ruling = ruled(a_matter(*ASKED, facility=replace(JAIL, jurisdiction="ZZ")), "2012-02-22 11:00")
    assert (ruling.finding.outcome, ruling.finding.decider) == (Outcome.REVIEW, None)
