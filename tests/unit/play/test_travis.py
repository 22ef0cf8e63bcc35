"""The sheriff's rows become events that say what the rows say, and what was assumed."""

import csv
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.console.play.lines import EventLine, Play, open_play
from services.console.play.travis import read_travis
from services.console.play.travis_words import default_form, detainer_end, level_of, status_after

AUSTIN = ZoneInfo("America/Chicago")
HEADER = (
    "date,date_precision,event,booking_key,seq,code,literal,level,x_level,x_ncic,"
    "disp_type,x_ice_outcome,sex,age_band,birth_country"
)


def booked(day: str, key: str = "TC-1") -> str:
    """Give a row of a booking."""
    return f"{day},day,booked,{key},,,,,,,,,M,25-29,Mexico"


def charge(day: str, seq: str, disposition: str = "SENTENCE COMPLETE", key: str = "TC-1") -> str:
    """Give a row of a disposed local charge."""
    return f"{day},day,local_charge_disposed,{key},{seq},54040009,DWI,B,class_b_misd,5404,{disposition},,,,"


def detainer(day: str, seq: str, disposition: str = "RELEASED TO ICE", key: str = "TC-1") -> str:
    """Give a row of a disposed detainer."""
    return f"{day},day,ice_detainer_disposed,{key},{seq},,,,,,{disposition},,,,"


def played(*rows: str) -> Play:
    """Play these rows."""
    return read_travis(csv.DictReader([HEADER, *rows]), name="rows")


def events(play: Play, kind: str) -> list[dict[str, Any]]:
    """Give the events of one type."""
    return [line.event for line in play.lines if isinstance(line, EventLine) and line.event["type"] == kind]


def told(play: Play) -> list[tuple[str, str]]:
    """Each event's type with its local day, in order."""
    return [
        (line.event["type"], line.at.astimezone(AUSTIN).date().isoformat())
        for line in play.lines
        if isinstance(line, EventLine)
    ]


def test_one_booking_is_told_from_booking_to_pick_up() -> None:
    """Booked with its charges, asked for at the booking, cleared with the last charge, picked up."""
    play = played(
        booked("2010-03-01"), charge("2010-03-03", "1"), charge("2010-03-05", "2"), detainer("2010-03-08", "3")
    )
    assert told(play) == [
        ("booking.created", "2010-03-01"),
        ("detainer.lodged", "2010-03-01"),
        ("booking.facts_changed", "2010-03-03"),
        ("booking.facts_changed", "2010-03-05"),
        ("booking.release_due", "2010-03-05"),
        ("custody.assumed", "2010-03-08"),
    ]
    assert [place.ori for place in play.facilities] == ["TX2270000"]
    assert (play.precision, play.set_aside) == ("day", ())


def test_dates_are_noon_in_austin_and_say_so() -> None:
    """A date without an hour is local noon, with the offset of that day, and says day precision."""
    play = played(booked("2010-03-01"), charge("2010-07-01", "1"))
    winter, summer = (events(play, kind)[0] for kind in ("booking.created", "booking.release_due"))
    assert (winter["time"], summer["time"]) == ("2010-03-01T12:00:00-06:00", "2010-07-01T12:00:00-05:00")
    assert summer["data"]["due_at"] == summer["time"]
    assert {event["data"]["precision"] for event in (winter, summer)} == {"day"}


def test_what_the_file_lacks_is_plain_and_listed() -> None:
    """The detainer's form, basis, service and day of lodging are filled plainly and named as assumed."""
    data = events(played(booked("2010-03-01"), detainer("2010-03-08", "3")), "detainer.lodged")[0]["data"]
    assert (data["form"], data["basis"], data["served"]) == ("I-247", "pending_removal_proceedings", True)
    assert {"day of lodging", "form", "basis", "served", "subject"} <= set(data["assumed"])


def test_later_forms_come_with_what_they_need() -> None:
    """From June 2015 the form takes effect on service; from April 2017 it comes with an I-200."""
    play = played(booked("2018-03-01"), detainer("2018-03-08", "3"))
    assert events(play, "detainer.lodged")[0]["data"]["warrants"][0]["form"] == "I-200"
    assert len(events(play, "detainer.served")) == 1
    forms = [default_form(day)[0] for day in (date(2015, 6, 11), date(2015, 6, 12), date(2017, 4, 2))]
    assert forms == ["I-247", "I-247D", "I-247A"]


def test_charges_are_known_at_booking_and_pending() -> None:
    """A charge of a later row stands in the booking with level and class, still pending."""
    data = events(played(booked("2010-03-01"), charge("2010-03-03", "4")), "booking.created")[0]["data"]
    assert [(c["sequence"], c["level"], c["class"], c["status"]) for c in data["charges"]] == [
        (4, "misdemeanor", "B", "pending")
    ]


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ("RELEASED TO ICE", "custody.assumed"),
        ("WARRANT WITHDRAWN", "detainer.cancelled"),
        ("ERROR IN ENTRY", "detainer.cancelled"),
        ("WRONG PERSON IN CUSTODY", "detainer.cancelled"),
        ("RELEASED TO TDCJ-ID", "booking.released"),
        ("EXTRADITION", "booking.released"),
        ("BOND-SURETY", "booking.released"),
        ("ESCAPE", "booking.released"),
    ],
)
def test_each_known_disposition_has_its_event(disposition: str, expected: str) -> None:
    """What the sheriff says became of the detainer is what ICE or the jail did."""
    assert told(played(booked("2010-03-01"), detainer("2010-03-08", "3", disposition)))[-1][0] == expected


def test_released_to_another_agency_or_to_the_street() -> None:
    """A prison's van is another agency; a bond is the street."""
    ends = [detainer_end(word) for word in ("RELEASED TO FEDS", "BOND-SURETY", "NEVER HEARD OF")]
    assert [end.how if end else None for end in ends] == ["other_agency", "street", None]


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


def test_no_charge_no_clearance() -> None:
    """A booking without a local charge is never reported as due for release."""
    assert events(played(booked("2010-03-01"), detainer("2010-03-08", "3")), "booking.release_due") == []


def test_a_pick_up_before_clearance_is_told_in_that_order() -> None:
    """Negative intervals stay as they are: the person is gone, then the charge ends."""
    play = played(booked("2010-03-01"), detainer("2010-03-04", "2"), charge("2010-03-09", "1"))
    kinds = [kind for kind, _ in told(play)]
    assert kinds.index("custody.assumed") < kinds.index("booking.release_due")


def test_what_is_dated_before_the_booking_is_told_with_it() -> None:
    """A clearance dated the day before keeps its instant, and is heard at the booking."""
    play = played(booked("2010-02-23"), charge("2010-02-22", "1"))
    event = events(play, "booking.release_due")[0]
    assert event["data"]["due_at"] == "2010-02-22T12:00:00-06:00"
    assert event["time"] == "2010-02-23T12:00:00-06:00"
    assert any(said.startswith("time:") for said in event["data"]["assumed"])


def test_several_detainers_have_ids_of_their_own() -> None:
    """Four rows are four detainers, each with its own end."""
    rows = [detainer("2010-03-02", str(n), "ERROR IN ENTRY") for n in (2, 3)]
    rows += [detainer("2010-03-09", str(n)) for n in (4, 5)]
    play = played(booked("2010-03-01"), *rows)
    lodged = {event["data"]["detainer_id"] for event in events(play, "detainer.lodged")}
    ended = [e["data"]["detainer_id"] for k in ("detainer.cancelled", "custody.assumed") for e in events(play, k)]
    assert len(lodged) == 4
    assert sorted(ended) == sorted(lodged)


def test_events_have_ids_of_their_own_and_the_same_each_time() -> None:
    """Source and id name an event; the same file gives the same events."""
    rows = (booked("2010-03-01"), charge("2010-03-03", "1"), detainer("2010-03-08", "3"))
    named = [(line.event["source"], line.event["id"]) for line in played(*rows).lines if isinstance(line, EventLine)]
    assert len(named) == len(set(named))
    assert played(*rows) == played(*rows)


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


def test_another_agencys_hold_is_no_charge() -> None:
    """It is told under a name of its own and neither charges nor clears anyone."""
    row = "2010-03-04,day,other_hold_disposed,TC-1,7,4206,PAROLE HOLD,F,felony_unspecified,,RELEASED TO FEDS,,,,"
    play = played(booked("2010-03-01"), row)
    (event,) = events(play, "booking.facts_changed")
    assert event["data"]["other_holds"][0]["disposition"] == "RELEASED TO FEDS"
    assert "charges" not in event["data"]


def test_words_that_say_nothing_stay_unknown() -> None:
    """A disposition or level that we do not know is null, never a guess."""
    assert status_after("CASE INTERGRATED") == {"status": None}
    assert status_after("BOND-100% CASH") == {"status": "pending", "bond_posted": True}
    assert level_of("unknown_or_capital", "X") == {"level": None, "class": None, "degree": None}
    assert level_of("", "F2") == {"level": "felony", "class": None, "degree": 2}


def test_the_form_is_known_from_the_header(tmp_path: Path) -> None:
    """A CSV with the stream's columns is played as the stream, whatever the file is called."""
    path = tmp_path / "anything.txt"
    path.write_text("\r\n".join([HEADER, booked("2010-03-01"), ""]), encoding="utf-8")
    assert told(open_play(str(path))) == [("booking.created", "2010-03-01")]
