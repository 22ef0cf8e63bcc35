"""The sheriff's rows become events that say what the rows say, and what was assumed."""

from datetime import date
from pathlib import Path

import pytest

from services.console.play.lines import open_play
from services.console.play.model import EventLine
from services.console.play.travis_words import default_form, detainer_end
from tests.unit.play.rows import HEADER, booked, charge, detainer, events, played, told


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


def test_another_agencys_hold_is_no_charge() -> None:
    """It is told under a name of its own and neither charges nor clears anyone."""
    row = "2010-03-04,day,other_hold_disposed,TC-1,7,4206,PAROLE HOLD,F,felony_unspecified,,RELEASED TO FEDS,,,,"
    play = played(booked("2010-03-01"), row)
    (event,) = events(play, "booking.facts_changed")
    assert event["data"]["other_holds"][0]["disposition"] == "RELEASED TO FEDS"
    assert "charges" not in event["data"]


def test_the_form_is_known_from_the_header(tmp_path: Path) -> None:
    """A CSV with the stream's columns is played as the stream, whatever the file is called."""
    path = tmp_path / "anything.txt"
    path.write_text("\r\n".join([HEADER, booked("2010-03-01"), ""]), encoding="utf-8")
    assert told(open_play(str(path))) == [("booking.created", "2010-03-01")]
