"""What a law owes with a decision: named by its instrument, told by the cover, and not before its day."""

from datetime import date

import pytest

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from services.decision.policy.shown import duty_in_words, duty_shown
from tests.unit.policy.facts import sound_request


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """Load the rulebook as the service does."""
    return load_rulebook()


@pytest.mark.parametrize(
    ("place", "agency", "day", "duty", "is_owed"),
    [
        ("US-FED", "county_sheriff", "2011-12-28", "copy-to-person", False),
        ("US-FED", "county_sheriff", "2011-12-29", "copy-to-person", True),
        ("CT", "state_corrections", "2012-04-15", "notice-when-lodged", False),
        ("CT", "state_corrections", "2012-04-16", "notice-when-lodged", True),
        ("CT", "state_corrections", "2013-02-18", "monthly-data", False),
        ("CT", "state_corrections", "2013-02-19", "monthly-data", True),
        ("CT", "city_police", "2014-01-01", "tell-ice-decision-at-once", True),
        ("CT", "city_police", "2019-10-01", "tell-ice-decision-at-once", False),
        ("CT", "city_police", "2019-10-01", "copy-to-person-and-counsel", True),
        ("IL", "county_sheriff", "2017-08-28", "yearly-report-to-attorney-general", True),
        ("CA", "county_sheriff", "2016-12-31", "truth-act-copy-and-answer", False),
        ("CA", "county_sheriff", "2017-01-01", "truth-act-copy-and-answer", True),
        ("CA", "county_sheriff", "2017-12-31", "community-forum", False),
        ("CA", "county_sheriff", "2018-01-01", "community-forum", True),
        ("FL", "county_sheriff", "2025-03-31", "join-287g-or-report-quarterly", False),
        ("FL", "county_sheriff", "2025-04-01", "join-287g-or-report-quarterly", True),
        ("TX", "county_sheriff", "2025-12-31", "ask-for-287g-agreement", False),
        ("TX", "county_sheriff", "2026-01-01", "ask-for-287g-agreement", True),
        ("NC", "county_sheriff", "2025-09-30", "tell-ice-release-time-within-two-hours", False),
        ("NC", "county_sheriff", "2025-10-01", "tell-ice-release-time-within-two-hours", True),
        ("OR", "county_sheriff", "2021-07-18", "document-and-report-to-criminal-justice-commission", False),
        ("OR", "county_sheriff", "2021-07-19", "document-and-report-to-criminal-justice-commission", True),
    ],
)
def test_a_duty_is_owed_from_its_day_on(
    book: Rulebook, place: str, agency: str, day: str, duty: str, *, is_owed: bool
) -> None:
    """With the finding comes what is owed on that day: not what the law owes later, or owed before."""
    finding = book.evaluate(place, date.fromisoformat(day), sound_request(agency=agency))
    assert (duty in finding.duties) is is_owed


def test_the_same_facts_owe_more_on_a_later_day(book: Rulebook) -> None:
    """A finding that was remembered is not given with the duties of another day."""
    days = (date(2017, 1, 1), date(2016, 12, 31), date(2017, 1, 1))
    owed = [len(book.evaluate("CA", day, sound_request(agency="county_sheriff")).duties) for day in days]
    assert owed == [3, 0, 3]


def test_every_word_is_used_and_every_duty_is_told(book: Rulebook) -> None:
    """No instrument owes what nobody explains, and no explanation stands without a law."""
    named = {name for place in book.jurisdictions() for law in book.instruments(place) for name in law.duties}
    assert {duty.name for duty in book.duties(sorted(named))} == named
    assert named == set(book.told_duties)


def test_a_duty_is_shown_as_data_and_in_words(book: Rulebook) -> None:
    """To whom, what, by which text, from when."""
    (copy,) = book.duties(("copy-to-person",))
    assert duty_shown(copy) == {
        "duty": "copy-to-person",
        "owed_to": "person",
        "what": "A copy of the form; an I-247D, I-247X or I-247A takes effect only when it is served",
        "source": "Forms I-247 (2011-12), I-247D and I-247X (2015), I-247A (2017)",
        "since": "2011-12-29",
    }
    assert duty_in_words(copy) == (
        "to the person: A copy of the form; an I-247D, I-247X or I-247A takes effect only when it is served"
        " (Forms I-247 (2011-12), I-247D and I-247X (2015), I-247A (2017), from 2011-12-29)"
    )
