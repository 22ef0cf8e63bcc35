"""The detainer release becomes events: nothing is made up in silence, and no row is an error."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from services.console.play.foia import COLUMNS, read_foia
from services.console.play.lines import open_play, write_jsonl
from services.console.play.made_up import sampled
from services.console.play.model import Play, Recorded
from services.console.play.verdict import beside_records
from shared.domain.errors import NotAPlay
from tests.unit.play.rows import events, told

HEADER = ",".join(COLUMNS)


def row(
    name: str = "R-1",
    day: str = "2014-12-01",
    form: str = "I-247 (Mar 2013)",
    jail: str = "SOME COUNTY JAIL",
    state: str = "TX",
    outcome: str = "no_outcome_recorded",
    category: str = "local_jail",
) -> str:
    """Give an invented row."""
    return f"{name},{day},{form},{jail},{state},{outcome},{category}"


def played(*rows: str, limit: int | None = None) -> Play:
    """Play these rows."""
    return read_foia(csv.DictReader([HEADER, *rows]), name="rows", limit=limit)


def test_a_detainer_has_a_booking_made_up_around_it() -> None:
    """Both on the day of the form, at local noon, and what was made up is listed; nobody is due for release."""
    play = played(row())
    assert told(play)[:2] == [("booking.created", "2014-12-01"), ("detainer.lodged", "2014-12-01")]
    lodged = events(play, "detainer.lodged")[0]
    assert lodged["time"] == "2014-12-01T12:00:00-06:00"
    assert lodged["data"]["form"] == "I-247"
    assert {"booking", "hour", "day of lodging", "basis", "subject"} <= set(lodged["data"]["assumed"])
    booked = events(play, "booking.created")[0]["data"]
    assert {"no charges", "no criminal record"} <= set(booked["assumed"])
    assert play.recorded == {"R-1": Recorded(place="TX", said="no_outcome_recorded")}


@pytest.mark.parametrize(
    ("outcome", "kind", "named"),
    [
        ("taken_into_ice_custody", "custody.assumed", {}),
        ("lifted_by_ice", "detainer.cancelled", {"reason": "lifted_by_ice"}),
        ("us_citizen", "detainer.cancelled", {"reason": "us_citizen"}),
        ("declined_by_lea", "booking.released", {"released_to": "street"}),
        ("transferred", "booking.released", {"released_to": "other_agency"}),
    ],
)
def test_an_end_is_told_on_the_next_day(outcome: str, kind: str, named: dict[str, Any]) -> None:
    """By the one who acted, once."""
    play = played(row(outcome=outcome))
    assert told(play)[2:] == [(kind, "2014-12-02")]
    assert named.items() <= events(play, kind)[0]["data"].items()


@pytest.mark.parametrize("outcome", ["no_outcome_recorded", "beamed_up", ""])
def test_an_end_that_is_not_known_is_made_up_and_says_so(outcome: str) -> None:
    """The person is gone before the laws of later years could decide; the record's own word is kept."""
    play = played(row(outcome=outcome))
    assert told(play)[2:] == [("booking.released", "2014-12-02")]
    released = events(play, "booking.released")[0]["data"]
    assert released["reason"] == "not_recorded"
    assert "end" in released["assumed"]
    assert play.recorded["R-1"].said == (outcome or "no_outcome_recorded")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(state=""), "names no state"),
        (row(state="ZZ"), "not among those"),
        (row(category="us_marshals"), "federal hands"),
        (row(day="someday"), "date that is none"),
        (row(day="1914-12-01"), "outside"),
        (row(name=""), "names no detainer"),
        (row(name="R-0"), "another row"),
        ("short", "names no state"),
    ],
)
def test_what_cannot_be_played_is_set_aside(bad: str, reason: str) -> None:
    """With its row and the reason; the others are played."""
    play = played(row(name="R-0"), bad)
    assert [(aside.row, reason in aside.reason) for aside in play.set_aside] == [(3, True)]
    assert list(play.recorded) == ["R-0"]


@pytest.mark.parametrize(
    ("state", "category", "jail", "page", "agency"),
    [
        ("TX", "local_jail", "SOME JAIL", "TX", "county_sheriff"),
        ("MN", "police_lockup", "SOME PD", "US-FED", "city_police"),
        ("CT", "local_jail", "SOME CORR CENTER", "CT", "state_corrections"),
        ("NY", "local_jail", "RIKERS ISLAND", "NYC-DOC", "city_corrections"),
        ("NY", "police_lockup", "QUEENS CENTRAL BOOKING", "NYC-NYPD", "city_police"),
        ("IL", "local_jail", "COOK COUNTY JAIL", "IL-COOK", "county_sheriff"),
    ],
)
def test_each_row_has_its_law(state: str, category: str, jail: str, page: str, agency: str) -> None:
    """City and county pages by the jail's name; a state without a page is the federal one's."""
    (place,) = played(row(state=state, category=category, jail=jail)).facilities
    assert (place.jurisdiction, place.agency) == (page, agency)
    assert len(place.ori) == 9


def test_a_kind_of_jail_that_is_not_said_is_assumed() -> None:
    """A sheriff's is the plainest, and the event says so."""
    play = played(row(category="other"))
    assert "kind of agency" in events(play, "booking.created")[0]["data"]["assumed"]


def test_a_form_that_takes_effect_by_service_is_served() -> None:
    """The I-247D says so on its face; the notice-only form asks for no hold."""
    play = played(row(name="R-1", form="I-247D"), row(name="R-2", form="I-247N"))
    assert [event["data"]["detainer_id"] for event in events(play, "detainer.served")] == ["R-1"]
    assert events(play, "detainer.lodged")[1]["data"]["requests"] == ["notify"]


def test_a_limit_takes_of_every_state_its_share() -> None:
    """At least one, the same each time, and the play says that it is a sample."""
    rows = [*(row(name=f"T-{at}") for at in range(30)), *(row(name=f"V-{at}", state="VT") for at in range(3))]
    play = played(*rows, limit=11)
    assert play == played(*rows, limit=11)
    assert sorted(one.place for one in play.recorded.values()).count("VT") in (1, 2)
    assert len(play.recorded) == 11
    assert "a sample: 11 of 33 rows, of every state its share" in play.notes
    assert set(play.recorded) <= set(played(*rows, limit=20).recorded)


def test_no_limit_takes_all_in_their_order() -> None:
    """So does one that nothing exceeds."""
    rows = [("a", "x", 1), ("b", "y", 2)]
    assert sampled(rows, None) == sampled(rows, 2) == [1, 2]


def test_the_file_is_known_by_its_columns_and_written_down_whole(tmp_path: Path) -> None:
    """Written as JSON Lines it is the same play, with what the records say."""
    file, again = tmp_path / "rows.csv", tmp_path / "rows.jsonl"
    file.write_text(f"{HEADER}\n{row()}\n{row(name='R-2', outcome='transferred')}\n", encoding="utf-8")
    play = open_play(str(file))
    write_jsonl(play, again)
    assert open_play(str(again)) == play
    assert json.loads(again.read_text(encoding="utf-8").splitlines()[0])["recorded"]["R-2"] == ["TX", "transferred"]
    assert len(open_play(str(file), limit=1).recorded) == 1


def test_a_story_is_played_whole(tmp_path: Path) -> None:
    """Part of the sample, or of a file of events, would be another story."""
    file = tmp_path / "play.jsonl"
    file.write_text('{"type": "play.about"}\n', encoding="utf-8")
    for what in ("sample", str(file)):
        with pytest.raises(NotAPlay, match="played whole"):
            open_play(what, limit=5)


def test_what_was_decided_stands_beside_the_records() -> None:
    """By place and the record's own word; a detainer that no record names counts nowhere."""
    recorded = {
        "a": Recorded(place="TX", said="declined"),
        "b": Recorded(place="TX", said="declined"),
        "c": Recorded(place="CT", said="taken"),
    }
    decided = [("b", "REVIEW"), ("a", "HOLD"), ("z", "HOLD"), ("c", "RELEASE")]
    assert beside_records(decided, recorded) == {
        "CT": {"taken": {"RELEASE": 1}},
        "TX": {"declined": {"HOLD": 1, "REVIEW": 1}},
    }
    assert beside_records(reversed(decided), recorded) == beside_records(decided, recorded)
