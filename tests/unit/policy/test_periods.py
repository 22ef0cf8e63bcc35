"""Years back and hours gone: which day is still inside, and what a missing one means."""

from datetime import date
from typing import Any

import pytest

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from services.decision.policy.readers import years_before
from shared.domain.decision import Outcome
from tests.unit.policy.facts import sound_request


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """Load the rulebook as the service does."""
    return load_rulebook()


def new_jersey(book: Rulebook, as_of: date, **conviction: Any) -> Outcome:
    """Say what a conviction of an indictable crime comes to, which counts for five years."""
    facts = sound_request(convictions=[{"indictable": True, **conviction}], detainer_issued_at="2016-01-01")
    return book.evaluate("NJ", as_of, facts).outcome


def new_york(book: Rulebook, **facts: Any) -> Outcome:
    """Say what a violent conviction comes to at the city's jails, counted from the arrest."""
    conviction = {"violent_or_serious": True, **facts.pop("conviction")}
    given = sound_request(agency="city_corrections", convictions=[conviction], **facts)
    return book.evaluate("NYC-DOC", date(2016, 1, 20), given).outcome


@pytest.mark.parametrize(
    ("day", "years", "back"),
    [
        ("2018-06-01", 5, "2013-06-01"),
        ("2024-02-29", 4, "2020-02-29"),
        ("2024-02-29", 5, "2019-03-01"),
        ("0003-01-01", 5, "0001-01-01"),
        ("0004-02-29", 15, "0001-01-01"),
    ],
)
def test_years_are_those_of_the_calendar(day: str, years: int, back: str) -> None:
    """The same day of the year; from a leap day the first of March, which makes the period shorter."""
    assert years_before(date.fromisoformat(day), years) == date.fromisoformat(back)


@pytest.mark.parametrize(
    ("convicted", "outcome"),
    [
        ("2015-02-01", Outcome.HOLD),
        ("2015-01-31", Outcome.RELEASE),
        (date(2015, 2, 1), Outcome.HOLD),
        ("2015-02-01T08:00:00-05:00", Outcome.HOLD),
        ("2020-02-01", Outcome.HOLD),
        ("last spring", Outcome.REVIEW),
        (2015, Outcome.REVIEW),
        (None, Outcome.REVIEW),
    ],
)
def test_the_day_exactly_so_many_years_back_is_inside(book: Rulebook, convicted: Any, outcome: Outcome) -> None:
    """Five years back from the decision that day counts, the day before does not, and no day is guessed."""
    assert new_jersey(book, date(2020, 2, 1), date=convicted) is outcome


def test_a_conviction_without_any_date_is_not_inside(book: Rulebook) -> None:
    """What is absent is none, and only a null is unknown."""
    assert new_jersey(book, date(2020, 2, 1)) is Outcome.RELEASE


def test_a_period_runs_out_although_no_fact_changes(book: Rulebook) -> None:
    """The same facts on the next day are another reading; nothing remembered of the day before is given."""
    days = (date(2021, 1, 15), date(2021, 1, 16), date(2021, 1, 15))
    outcomes = [new_jersey(book, day, date="2016-01-15") for day in days]
    assert outcomes == [Outcome.HOLD, Outcome.RELEASE, Outcome.HOLD]


@pytest.mark.parametrize(
    ("arrested", "outcome"),
    [
        ("2016-01-15", Outcome.NOTIFY_ONLY),
        ("2016-01-16", Outcome.RELEASE),
        (None, Outcome.RELEASE),
        ("in January", Outcome.REVIEW),
    ],
)
def test_years_may_count_from_the_arrest(book: Rulebook, arrested: str | None, outcome: Outcome) -> None:
    """In New York City they do; without an arrest they count from the decision, and an odd one is named."""
    assert new_york(book, conviction={"date": "2011-01-15"}, instant_arrest_date=arrested) is outcome


@pytest.mark.parametrize(
    ("conviction", "outcome"),
    [
        ({"date": "2005-01-01", "incarcerated": True, "incarceration_end": "2013-05-01"}, Outcome.NOTIFY_ONLY),
        ({"date": None, "incarcerated": True, "incarceration_end": "2013-05-01"}, Outcome.NOTIFY_ONLY),
        ({"date": "2005-01-01", "incarcerated": True, "incarceration_end": "2010-05-01"}, Outcome.RELEASE),
        ({"date": "2005-01-01", "incarcerated": True, "incarceration_end": None}, Outcome.RELEASE),
        ({"date": "2005-01-01", "incarcerated": False, "incarceration_end": "2013-05-01"}, Outcome.RELEASE),
        ({"date": "2012-01-01", "incarcerated": False}, Outcome.NOTIFY_ONLY),
    ],
)
def test_a_prison_term_served_moves_the_count_to_its_end(
    book: Rulebook, conviction: dict[str, Any], outcome: Outcome
) -> None:
    """Five years from release, where there was one; otherwise from the conviction."""
    assert new_york(book, conviction=conviction, instant_arrest_date="2016-01-15") is outcome


@pytest.mark.parametrize(
    ("hours", "outcome"),
    [
        (47, Outcome.HOLD),
        (47.99, Outcome.HOLD),
        (48, Outcome.RELEASE),
        (60, Outcome.RELEASE),
        (None, Outcome.HOLD),
        ("60", Outcome.REVIEW),
        (True, Outcome.REVIEW),
        (float("nan"), Outcome.REVIEW),
    ],
)
def test_hours_gone_count_from_the_threshold_on(book: Rulebook, hours: Any, outcome: Outcome) -> None:
    """North Carolina in 2024: at 48 hours since the papers came nothing is left to hold for."""
    facts = sound_request(
        charges=[{"status": "pending", "offense_date": "2024-12-01"}],
        detainer_form="I-247A",
        ice_admin_warrant="I-200",
        judicial_official_order="hold",
        hours_since_papers_received=hours,
    )
    assert book.evaluate("NC", date(2025, 1, 15), facts).outcome is outcome


def test_a_finding_says_a_period_in_words(book: Rulebook) -> None:
    """What would change the outcome is shown as a lawyer reads it."""
    facts = sound_request(convictions=[{"indictable": True, "date": "2001-01-01"}], detainer_issued_at="2016-01-01")
    change = book.evaluate("NJ", date(2020, 2, 1), facts)
    told = {(miss.fact, miss.now, miss.then) for miss in change.near_misses}
    assert ("convictions[0].date", "longer ago", "within 5 years") in told
