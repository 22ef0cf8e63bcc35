"""The Pierce County bookings become events, to the minute; no row is an error."""

import csv
from typing import Any

import pytest

from services.console.play.model import Play
from services.console.play.pierce import read_pierce
from tests.unit.play.rows import events

HEADER = (
    "booking_key,booking_dt,release_dt,sex,final_release_disp,imm_hold,max_charge,"
    "imm_hold_release_dt,imm_hold_disposition,local_clear_dt"
)


def held(disposition: str, ended: str = "2016-10-04T09:30:00", cleared: str = "2016-10-03T08:00:00") -> str:
    """Give an invented row with an immigration hold."""
    return f"P-1,2016-01-19T11:44:00,{ended},MALE,{disposition},1,THEFT,{ended},{disposition},{cleared}"


def free(key: str = "P-2", booked: str = "2016-01-19T11:44:00", released: str = "2016-01-20T08:00:00") -> str:
    """Give an invented row without one."""
    return f"{key},{booked},{released},FEMALE,Time Served,0,THEFT,,,"


def played(*rows: str, limit: int | None = None) -> Play:
    """Play these rows."""
    return read_pierce(csv.DictReader([HEADER, *rows]), name="rows", limit=limit)


def kinds(play: Play) -> list[str]:
    """Give the events' types in their order, but for the papers of the detainer."""
    return [line.event["type"] for line in play.lines if hasattr(line, "event")]


@pytest.mark.parametrize(
    ("disposition", "kind", "named"),
    [
        ("Immigration", "custody.assumed", {"detainer_id": "P-1-D1"}),
        ("Cancel Detainer", "detainer.cancelled", {"reason": "withdrawn"}),
        ("WSI Chain", "booking.released", {"released_to": "other_agency"}),
        ("Something New", "booking.released", {"released_to": "street"}),
    ],
)
def test_a_hold_is_a_detainer_that_ends_as_the_file_says(disposition: str, kind: str, named: dict[str, Any]) -> None:
    """Lodged and served at the booking, release due at local clearance, and the end to the minute."""
    play = played(held(disposition))
    later = ["booking.released"] if kind == "detainer.cancelled" else []
    lodged = ["booking.created", "detainer.lodged", "detainer.served"]
    assert kinds(play) == [*lodged, "booking.release_due", kind, *later]
    assert events(play, "booking.release_due")[0]["time"] == "2016-10-03T08:00:00-07:00"
    end = events(play, kind)[0]
    assert end["time"] == "2016-10-04T09:30:00-07:00"
    assert named.items() <= end["data"].items()
    assert {"day of lodging", "form", "basis"} <= set(events(play, "detainer.lodged")[0]["data"]["assumed"])
    assert play.recorded["P-1-D1"].said == disposition


def test_a_booking_without_a_hold_has_no_detainer() -> None:
    """Booked and released, and no record to stand beside a decision."""
    play = played(free())
    assert kinds(play) == ["booking.created", "booking.released"]
    assert play.recorded == {}


def test_what_is_dated_before_the_booking_is_told_with_it() -> None:
    """And the event says so."""
    play = played(held("Immigration", ended="2015-10-04T09:30:00", cleared="2015-10-03T08:00:00"))
    assert {line.at for line in play.lines} == {play.starts_at}


def test_a_hold_whose_end_is_not_said_goes_on() -> None:
    """No end is made up."""
    play = played(held("", cleared=""))
    assert kinds(play) == ["booking.created", "detainer.lodged", "detainer.served"]
    assert play.recorded["P-1-D1"].said == "not said"


@pytest.mark.parametrize("bad", ["", "soon", "1816-01-19T11:44:00", "2016-01-19T11:44:00Z"])
def test_a_row_without_a_time_is_set_aside(bad: str) -> None:
    """So is a second row of one booking; the others are played."""
    play = played(free(key="P-3", booked=bad), free(), free(), "short")
    assert [aside.row for aside in play.set_aside] == [2, 4, 5]
    assert len(play.lines) == 2


def test_a_limit_keeps_those_with_a_hold() -> None:
    """Of both kinds their share, and at least one."""
    play = played(held("Immigration"), *(free(key=f"F-{at}") for at in range(20)), limit=5)
    assert list(play.recorded) == ["P-1-D1"]
    assert "a sample: 5 of 21 bookings" in play.notes
