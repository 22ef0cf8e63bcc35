"""The sample holds every kind of story, and each is lawful and ends."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.console.play.february import closing, local
from services.console.play.lines import EventLine, PersonLine, open_play, write_jsonl
from services.console.play.sample import sample

SAMPLE = sample()
LINES = [line for line in SAMPLE.lines if isinstance(line, EventLine)]
ACTS = [line for line in SAMPLE.lines if isinstance(line, PersonLine)]
ORIGINALS = list({(line.event["source"], line.event["id"]): line for line in reversed(LINES)}.values())


def of_kind(kind: str) -> list[dict[str, Any]]:
    """Give the data of all events of one type, each once."""
    return [line.event["data"] for line in ORIGINALS if line.event["type"] == kind]


def key(data: dict[str, Any]) -> str:
    """Give facility and booking number."""
    return f"{data['facility_ori']}/{data['booking_number']}"


def at(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text)


LODGED = [data for data in of_kind("detainer.lodged") if data["cancels"] is None]
DUE = defaultdict(list)
for _due in of_kind("booking.release_due"):
    if _due["due_at"]:
        DUE[key(_due)].append(at(_due["due_at"]))
LEFT = {key(data): at(data["released_at"]) for data in of_kind("booking.released")}
PICKED_UP = {key(data): at(data["assumed_at"]) for data in of_kind("custody.assumed")}
#: The number under which a person went on after a transfer.
MOVED = {key(data): f"{data['to_facility_ori']}/{data['to_booking_number']}" for data in of_kind("booking.transferred")}


def test_the_sample_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    """Two makings write the same bytes, and reading them gives the same play."""
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    write_jsonl(SAMPLE, first)
    write_jsonl(sample(), second)
    assert first.read_bytes() == second.read_bytes()
    assert open_play(str(first)) == SAMPLE == open_play("sample")


def test_the_sample_is_about_as_large_as_it_should_be() -> None:
    """Some 400 bookings in two jails and one more, three of five matched, half of them asked for."""
    bookings = {key(data) for data in of_kind("booking.created")} - set(MOVED.values())
    matched = {data["tcr"] for data in of_kind("match.reported") if data["result"] == "match"}
    assert 380 <= len(bookings) <= 410
    assert 0.55 <= len(matched) / len(bookings) <= 0.65
    assert 0.45 <= len(LODGED) / len(bookings) <= 0.6
    assert {data["facility_ori"] for data in of_kind("booking.created")} == {"CT0009300", "CT0002300", "CT0001500"}


def test_everything_happens_on_quarter_hours_and_in_time() -> None:
    """A stepped clock has few steps to make: quarter hours, from the 15th to the first days of March."""
    assert {(line.at.minute % 15, line.at.second) for line in SAMPLE.lines} == {(0, 0)}
    assert len({line.at for line in SAMPLE.lines}) < 800
    assert local(15, "00:00") <= min(line.at for line in SAMPLE.lines)
    assert max(line.at for line in SAMPLE.lines) < local(3, "00:00", month=3)


def test_nothing_arrives_before_it_happened() -> None:
    """An event from the future would be refused."""
    assert all(at(line.event["time"]) <= line.at for line in LINES)


def test_an_id_names_one_event() -> None:
    """What is sent twice is the same to the last field, and some of it comes days later."""
    bodies = defaultdict(list)
    for line in LINES:
        bodies[line.event["source"], line.event["id"]].append(line)
    twice = [same for same in bodies.values() if len(same) > 1]
    assert all(line.event == same[0].event for same in twice for line in same)
    delays = {same[1].at - same[0].at for same in twice}
    assert min(delays) == timedelta(0)
    assert max(delays) > timedelta(days=1)


def test_everyone_leaves_but_two_whom_nobody_asks_for() -> None:
    """No endless stories: each person is gone in the end, or serves a sentence without a detainer."""
    never_read = {key(line.event["data"]) for line in LINES if line.event["data"].get("booked_at", "") > "2012-02-30"}
    booked = {key(data) for data in of_kind("booking.created")} - set(MOVED)
    staying = booked - set(LEFT) - set(PICKED_UP) - never_read
    assert len(staying) == 2
    assert not staying & {key(data) for data in LODGED}
    assert not set(LEFT) & set(PICKED_UP)


def test_holds_end_by_pick_up_by_clock_and_wrongly() -> None:
    """ICE comes in time, comes not at all, or comes after closing, which is the world's fault."""
    in_time = [k for k, when in PICKED_UP.items() if k in DUE and when < closing(max(DUE[k]))]
    too_late = [k for k, when in PICKED_UP.items() if k in DUE and when > closing(max(DUE[k]))]
    by_clock = [k for k, when in LEFT.items() if k in DUE and when > closing(max(DUE[k]))]
    assert len(in_time) >= 30
    assert 1 <= len(too_late) <= 2
    assert len(by_clock) >= 8


@pytest.mark.parametrize(
    ("day", "clock"), [(17, "16:00"), (20, "08:00"), (24, "17:00"), (23, "10:00"), (28, "10:00"), (29, "09:00")]
)
def test_release_falls_due_on_each_kind_of_day(day: int, clock: str) -> None:
    """On Fridays, over Washington's Birthday, in mid-week, and so that windows close in March."""
    assert local(day, clock) in {due for dues in DUE.values() for due in dues}


def test_people_are_carried_over_into_the_commissioners_era() -> None:
    """Lodged by custom and still in custody on the 22nd, before and after release fell due."""
    midnight = local(22, "00:00")
    before = [key(data) for data in LODGED if data["booking_number"] and at(data["issued_at"]) < midnight]
    left = {**LEFT, **PICKED_UP}
    still_there = [k for k in before if left[MOVED.get(k, k)] > midnight]
    assert sum(min(DUE[k]) > midnight for k in still_there) >= 20
    assert sum(min(DUE[k]) < midnight for k in still_there) >= 10


def test_the_commissioner_answers_some_in_time_some_too_late_some_never() -> None:
    """An answer counts only before release is due; nobody is asked in the days of custom."""
    booking_of = {data["detainer_id"]: key(data) for data in LODGED}
    answers = [act for act in ACTS if act.act == "play.review_answer"]
    late = [a for a in answers if a.at > min(DUE.get(booking_of[a.what["detainer_id"]], [a.at]))]
    asked_later = [data for data in LODGED if at(data["issued_at"]) >= local(22, "00:00")]
    never = {data["detainer_id"] for data in asked_later} - {a.what["detainer_id"] for a in answers}
    assert all(a.at > local(22, "00:00") for a in answers)
    assert Counter(a.what["outcome"] for a in answers).keys() == {"HOLD", "RELEASE"}
    assert len(late) >= 4
    assert len(never) >= 4


def test_no_act_and_no_departure_falls_on_a_closing_or_a_due_instant() -> None:
    """Two things at one instant would make the verdict a matter of order."""
    for k, dues in DUE.items():
        closings = {closing(due) for due in dues}
        assert PICKED_UP.get(k) not in closings
        assert LEFT.get(k) not in closings | set(dues)


def test_the_oddities_of_the_wire_are_in_it() -> None:
    """A detainer for nobody, one linked by hand, a poison message, late and early events, a due taken back."""
    assert sum(data["booking_number"] is None for data in LODGED) == 4
    (link,) = [act for act in ACTS if act.act == "play.waiting_link"]
    linked = [
        line for line in LINES if (line.event["source"], line.event["id"]) == (link.what["source"], link.what["id"])
    ]
    assert linked
    assert linked[0].at < link.at < linked[0].at + timedelta(hours=24)
    (poison,) = [line for line in LINES if line.event["data"].get("booked_at", "").startswith("2012-02-30")]
    assert poison.via == "topic"
    assert [data["retracts"] for data in of_kind("booking.release_due") if data.get("retracts")]
    late = {line.event["type"] for line in ORIGINALS if line.at > at(line.event["time"])}
    assert {"booking.created", "booking.release_due", "booking.released", "custody.assumed", "detainer.lodged"} <= late


def test_people_are_moved_before_and_after_the_new_jail_tells_and_during_a_hold() -> None:
    """Three ways to hear of a transfer, one with a window open, and one to a jail that is registered later."""
    told = {key(line.event["data"]): line.at for line in ORIGINALS if line.event["type"] == "booking.created"}
    moved = {key(line.event["data"]): line for line in ORIGINALS if line.event["type"] == "booking.transferred"}
    heard = [(told.get(MOVED[k]), line.at) for k, line in moved.items()]
    assert sum(there is None for there, _ in heard) == 2
    assert sum(there is not None and there > at for there, at in heard) >= 3
    assert sum(there is not None and there < at for there, at in heard) == 1
    assert sum(k in DUE and min(DUE[k]) < line.at for k, line in moved.items()) == 2
    (added,) = [act for act in ACTS if act.act == "play.facility_add"]
    assert added.what["ori"] not in {facility.ori for facility in SAMPLE.facilities}
    assert added.what["ori"] in SAMPLE.jails


def test_the_played_operator_mends_what_was_set_aside() -> None:
    """Each act names an event that came before it; the spoilt news are sent anew under an id of their own."""
    acts = [act for act in ACTS if act.act.startswith("play.parked_")]
    came = {(line.event["source"], line.event["id"]): line for line in reversed(LINES)}
    meant = [came[act.what["source"], act.what["id"]] for act in acts]
    assert all(line.at < act.at for line, act in zip(meant, acts, strict=True))
    assert Counter(act.act for act in acts) == {"play.parked_discard": 2, "play.parked_retry": 2}
    spoilt = [line for line in LINES if line.event["data"].get("effective_at", "").startswith("2012-02-30")]
    assert {line.event["id"] for line in spoilt} == {act.what["id"] for act in acts if act.act == "play.parked_discard"}


def test_jails_ask_before_they_let_go() -> None:
    """Some people are asked about at the door, in each era, whether they were asked for or not."""
    asked = {f"{act.what['facility_ori']}/{act.what['booking_number']}" for act in ACTS if "release" in act.act}
    lodged = {key(data) for data in LODGED}
    assert len(asked & lodged) >= 20
    assert len(asked - lodged) >= 20


def test_the_oddities_of_the_law_are_in_it() -> None:
    """Citizens, a judge's warrant, bond refused, cancellations both ways, answers that are none."""
    assert {data["claim"] for data in of_kind("booking.citizenship_claimed")} == {
        "asserted",
        "proof_provided",
        "verified",
    }
    assert {w["type"] for data in LODGED for w in data["warrants"]} == {"criminal_arrest_warrant"}
    assert [data["refused_reason"] for data in of_kind("booking.bond_changed")].count("detainer") == 2
    assert len(of_kind("detainer.cancelled")) >= 4
    assert sum(data["cancels"] is not None for data in of_kind("detainer.lodged")) >= 3
    assert {data["result"] for data in of_kind("match.reported")} == {"match", "no_match", "error", "pending"}
    assert len(of_kind("match.withdrawn")) == 1
    assert of_kind("detainer.served")
