"""What the sheriff's file has wrong is set aside with a reason, and never a crash."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.console.play.model import EventLine
from services.console.play.travis import read_travis
from services.console.play.travis_words import level_of, status_after
from tests.unit.play.rows import HEADER, booked, charge, detainer, events, played, told


def test_an_unknown_disposition_is_set_aside_and_the_detainer_still_played() -> None:
    """Doubt about the end does not hide the detainer; a person sees the row and the reason."""
    play = played(booked("2010-03-01"), charge("2010-03-03", "1"), detainer("2010-03-08", "3", "BEAMED UP"))
    assert len(events(play, "detainer.lodged")) == 1
    assert "custody.assumed" not in dict(told(play))
    assert [(aside.row, aside.what) for aside in play.set_aside] == [(4, "ice_detainer_disposed")]


def test_an_open_charge_leaves_release_not_due() -> None:
    """While one local charge has no day of disposition, nobody is cleared."""
    play = played(booked("2010-03-01"), charge("2010-03-03", "1"), charge("", "2"))
    assert events(play, "booking.release_due") == []
    assert [aside.reason for aside in play.set_aside] == ["has no date"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (booked("1899-01-01"), "outside 1986 to 2040"),
        (booked("2010-02-30"), "a date that is none"),
        (booked(""), "has no date"),
        ("2010-03-01,day,vanished,TC-1,,,,,,,,,,,", "not known"),
        (booked("2010-03-01", key=""), "names no booking"),
        (booked("2010-03-01", key="A/B"), "names no booking"),
        (charge("2010-03-03", "1", key="TC-9"), "its booking is not in the file"),
        ("2010-03-01", "not known"),
        ("2010-03-01" + ",x" * 30, "not known"),
    ],
)
def test_a_row_that_cannot_be_played_is_set_aside(row: str, reason: str) -> None:
    """Each such row is named by its number with a reason, and no event comes of it."""
    play = played(row)
    assert play.lines == ()
    assert [aside.row for aside in play.set_aside] == [2]
    assert reason in play.set_aside[0].reason


def test_a_second_row_with_a_used_number_is_set_aside() -> None:
    """Two bookings under one key, or two charges under one number, cannot both be meant."""
    play = played(booked("2010-03-01"), booked("2010-03-02"), charge("2010-03-03", "1"), charge("2010-03-04", "1"))
    assert [aside.row for aside in play.set_aside] == [3, 5]


def test_words_that_say_nothing_stay_unknown() -> None:
    """A disposition or level that we do not know is null, never a guess."""
    assert status_after("CASE INTERGRATED") == {"status": None}
    assert status_after("BOND-100% CASH") == {"status": "pending", "bond_posted": True}
    assert level_of("unknown_or_capital", "X") == {"level": None, "class": None, "degree": None}
    assert level_of("", "F2") == {"level": "felony", "class": None, "degree": 2}


CELLS = st.one_of(
    st.none(),
    st.text("aB7-/ .,é\0", max_size=4),
    st.sampled_from(
        ["2010-03-01", "2010-03-02", "booked", "local_charge_disposed", "ice_detainer_disposed", "TC-1", "7", "B"]
    ),
)
ROWS = st.lists(st.dictionaries(st.sampled_from(HEADER.split(",")), CELLS), max_size=8)


# How long an example takes says more of the machine than of the code.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_no_row_is_a_crash_and_none_is_lost(rows: list[dict[str, str | None]]) -> None:
    """Whatever the cells hold, each row is either played or set aside."""
    play = read_travis(rows, name="rows")
    aside = {aside.row for aside in play.set_aside}
    ids = [line.event["id"] for line in play.lines if isinstance(line, EventLine)]
    assert len(ids) == len(set(ids))
    assert len(aside) + len(ids) >= len(rows)
