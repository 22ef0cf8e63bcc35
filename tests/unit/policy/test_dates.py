"""The nearest date with another outcome: no day is missed, none invented."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from services.decision.policy.dates import change_dates, other_dates
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from tests.unit.policy.facts import facts, questions, sound_request

BOOK = load_rulebook()
#: How far a plain walk, day by day, looks to both sides.
_FAR = 200


def test_texas_before_its_own_law_points_to_the_injunction() -> None:
    """The law of 2017-09-01 was enjoined at once, so that day first asks for a person."""
    asked = sound_request(agency="county_sheriff", detainer_form="I-247A", ice_admin_warrant="I-200")
    found = other_dates(BOOK, "TX", date(2017, 8, 1), asked)
    assert found.after is not None
    assert (found.after.day, found.after.outcome.value, found.after.days_away) == (date(2017, 9, 1), "REVIEW", 31)
    assert found.after.policy == "tx-sb4-enjoined@1"
    assert found.nearest == found.after


def test_the_past_is_told_by_its_last_day() -> None:
    """Back from the mandate, the last day of the injunction is the nearest with another outcome."""
    asked = sound_request(agency="county_sheriff", detainer_form="I-247A", ice_admin_warrant="I-200")
    found = other_dates(BOOK, "TX", date(2017, 9, 27), asked)
    assert found.before is not None
    assert (found.before.day, found.before.days_away) == (date(2017, 9, 24), -3)
    assert found.nearest == found.before


def test_a_term_of_years_that_runs_out_is_a_date_too() -> None:
    """New York City's five years since a conviction end on no date of any page: the anniversary is the last day."""
    convicted = {"violent_or_serious": True, "date": "2012-06-01"}
    warrant = {"type": "judge_signed_civil_detention_warrant", "verified": True}
    asked = sound_request(
        agency="city_corrections", judicial_warrant=warrant, convictions=[convicted], detainer_issued_at="2016-01-01"
    )
    within = other_dates(BOOK, "NYC-DOC", date(2016, 2, 1), asked).after
    since = other_dates(BOOK, "NYC-DOC", date(2018, 2, 1), asked).before
    assert within is not None
    assert (within.day, within.outcome.value) == (date(2017, 6, 2), "RELEASE")
    assert since is not None
    assert (since.day, since.outcome.value) == (date(2017, 6, 1), "HOLD")


def test_where_nothing_else_would_come_no_date_is_named() -> None:
    """A verified citizen is never held, on no date; and a place without a page has no law of another day."""
    assert other_dates(BOOK, "TX", date(2018, 6, 1), sound_request(us_citizen_claim="verified")).nearest is None
    assert other_dates(BOOK, "ZZ", date(2018, 6, 1), sound_request()).nearest is None


def test_the_change_dates_of_a_page_are_all_there() -> None:
    """In order, each once; a place without a page has none."""
    assert change_dates(BOOK, "TX") == (
        date(1997, 4, 1),
        date(2017, 9, 1),
        date(2017, 9, 25),
        date(2025, 1, 1),
    )
    assert change_dates(BOOK, "ZZ") == ()


@settings(max_examples=15, deadline=None)
@given(question=questions, asked=facts)
def test_a_walk_day_by_day_finds_the_same(question: tuple[str, date], asked: dict[str, Any]) -> None:
    """Whatever the facts: no nearer day has another outcome, and the named one has."""
    place, as_of = question
    found = other_dates(BOOK, place, as_of, asked)
    for one, step in ((found.after, 1), (found.before, -1)):
        walked = _walked(BOOK, place, as_of, asked, step)
        if one is None or abs(one.days_away) > _FAR:
            assert walked is None
        else:
            assert walked == one.day


def _walked(book: Rulebook, place: str, as_of: date, asked: dict[str, Any], step: int) -> date | None:
    here = book.evaluate(place, as_of, asked).outcome
    for away in range(1, _FAR + 1):
        day = as_of + timedelta(days=away * step)
        then = book.evaluate(place, day, asked)
        if then.outcome is not here and then.policy != book.order.silent.policy:
            return day
    return None


@pytest.mark.parametrize("odd", [{"convictions": "many"}, {"convictions": [{"date": 7}]}, {"agency": ["x"]}])
def test_odd_facts_are_no_error(odd: dict[str, Any]) -> None:
    """What cannot be read turns no date; only those of the page remain, here none to come."""
    assert (
        other_dates(BOOK, "NYC-DOC", date(2016, 2, 1), sound_request(**{"agency": "city_corrections", **odd})).after
        is None
    )
