"""Which instrument governs whom and when, and when that changes next."""

from datetime import date

import pytest

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from tests.unit.policy.facts import sound_request


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """Load the rulebook as the service does."""
    return load_rulebook()


@pytest.mark.parametrize(
    ("jurisdiction", "after", "turn"),
    [
        ("CT", "2012-02-15", "2012-02-22"),
        ("CT", "2012-02-21", "2012-02-22"),
        ("CT", "2012-02-22", "2012-04-16"),
        ("CT", "2014-06-01", "2014-12-15"),
        ("TX", "2011-01-01", "2017-09-01"),
        ("TX", "2017-09-01", "2017-09-25"),
        ("US-FED", "1990-01-01", "1997-04-01"),
    ],
)
def test_the_next_date_is_the_next_change(book: Rulebook, jurisdiction: str, after: str, turn: str) -> None:
    """A first day, or the day after a last one, and never the day itself."""
    assert book.next_date(jurisdiction, date.fromisoformat(after)) == date.fromisoformat(turn)


@pytest.mark.parametrize(
    ("jurisdiction", "after"), [("CT", "2025-10-01"), ("US-FED", "2012-01-01"), ("ZZ", "2012-01-01")]
)
def test_there_may_be_no_next_date(book: Rulebook, jurisdiction: str, after: str) -> None:
    """Where no change is known, or no page, no date is invented."""
    assert book.next_date(jurisdiction, date.fromisoformat(after)) is None


@pytest.mark.parametrize(
    ("agency", "policy"),
    [("state_corrections", "ct-doc-memo-2014@1"), ("city_police", "ct-trust-2014@1"), ("probation", "ct-baseline@1")],
)
def test_agencies_differ_on_the_same_day(book: Rulebook, agency: str, policy: str) -> None:
    """The Department, the police and probation stand under three instruments at once."""
    assert book.evaluate("CT", date(2014, 12, 15), sound_request(agency=agency)).policy == policy


def test_instruments_are_listed_page_by_page(book: Rulebook) -> None:
    """The listing shows each instrument once, the baseline last, and nothing for an unknown code."""
    assert book.jurisdictions() == (
        *("CA", "CO", "CT", "FL", "GA", "IL", "IL-COOK", "MA", "MD", "NC", "NJ", "NY", "NYC-DOC", "NYC-NYPD"),
        *("OR", "TX", "US-FED", "VT", "WA"),
    )
    assert [each.policy for each in book.instruments("TX")] == [
        "tx-sb4-enjoined@1",
        "tx-sb4@1",
        "tx-2a060@1",
        "tx-baseline@1",
    ]
    assert book.instruments("ZZ") == ()


def test_every_instrument_says_where_it_comes_from(book: Rulebook) -> None:
    """None stands without citation, sources and a first day."""
    for jurisdiction in book.jurisdictions():
        for each in book.instruments(jurisdiction):
            assert each.citation
            assert each.sources
            assert each.binds
