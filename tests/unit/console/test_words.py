"""Times in words, as every page says them."""

from datetime import UTC, datetime, timedelta

import pytest

from services.console.words import hours, instant, plural, span, time_left, whole_instant

NOW = datetime(2012, 2, 22, 18, 42, tzinfo=UTC)
ZONE = "America/New_York"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (47 * 60 + 59, "47 min"),
        (3600, "1 h"),
        (2 * 3600 + 17 * 60 + 59, "2 h 17 min"),
        (47 * 3600 + 59 * 60, "47 h 59 min"),
        (48 * 3600, "2 d"),
        (51 * 3600 + 3599, "2 d 3 h"),
    ],
)
def test_a_length_is_rounded_down(seconds: float, said: str) -> None:
    """Nobody is told of more time than there is."""
    assert span(seconds) == said


def test_past_its_instant_a_deadline_is_late() -> None:
    """At the instant itself too: a deadline is exclusive."""
    assert time_left(NOW + timedelta(minutes=4), NOW) == "4 min"
    assert time_left(NOW, NOW) == "late by 0 s"
    assert time_left(NOW - timedelta(minutes=4), NOW) == "late by 4 min"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW + timedelta(hours=2, minutes=18), "today 16:00 EST"),
        (NOW + timedelta(hours=10, minutes=18), "Thu 23 Feb 00:00 EST, midnight"),
        (NOW - timedelta(days=400), "Tue 18 Jan 2011 13:42 EST"),
    ],
)
def test_an_instant_is_said_in_the_facilitys_zone(at: datetime, said: str) -> None:
    """With the zone named, today as today, another year with its year, and midnight as midnight."""
    assert instant(at, NOW, ZONE) == said


def test_a_zone_without_letters_is_said_by_its_offset() -> None:
    """Where people have no word for it."""
    assert instant(NOW, NOW, "America/Sao_Paulo") == "today 16:42 UTC-02"


def test_other_words() -> None:
    """Hours as the law counts them, whole instants, counts with their nouns."""
    assert hours(48 * 3600) == "48 h"
    assert hours(45 * 3600 + 42 * 60) == "45 h 42 min"
    assert whole_instant(NOW, ZONE) == "Wed 22 Feb 2012, 13:42"
    assert [plural(count, "case") for count in (0, 1, 2000)] == ["no cases", "1 case", "2,000 cases"]
