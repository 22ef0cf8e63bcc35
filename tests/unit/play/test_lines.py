"""A play file is read with care: nothing in it is a crash, nothing in it is lost."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.console.play.lines import EventLine, PersonLine, Play, by_instant, open_play, write_jsonl
from shared.domain.errors import NotAPlay

NOON = datetime(2012, 2, 24, 17, 0, tzinfo=UTC)


def an_event(number: int = 1, at: datetime = NOON, **more: Any) -> dict[str, Any]:
    """Give a release-due event as a file holds it."""
    return {
        "specversion": "1.0",
        "id": f"rd-{number}",
        "source": "/jails/CT0009300",
        "type": "booking.release_due",
        "time": at.isoformat(),
        "data": {"facility_ori": "CT0009300", "booking_number": f"12-{number}"},
        **more,
    }


def a_file(folder: Path, *rows: object) -> str:
    """Write rows to a file and give its path."""
    path = folder / "play.jsonl"
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return str(path)


def read(folder: Path, *rows: object) -> Play:
    """Open a file of these rows."""
    return open_play(a_file(folder, *rows))


def test_an_event_arrives_when_it_happened(tmp_path: Path) -> None:
    """Without a word of the player's, an event arrives at its own time and is sent as it stands."""
    play = read(tmp_path, an_event())
    assert play.lines == (EventLine(at=NOON, event=an_event()),)
    assert play.starts_at == NOON


def test_the_players_attributes_are_taken_off(tmp_path: Path) -> None:
    """``playat`` and ``playvia`` say how a line is played, and no service ever sees them."""
    late = NOON + timedelta(hours=8)
    play = read(tmp_path, an_event(playat=late.isoformat(), playvia="topic"))
    assert play.lines == (EventLine(at=late, event=an_event(), via="topic"),)


def test_what_a_person_does_is_no_event(tmp_path: Path) -> None:
    """A line whose type begins with ``play.`` is an act at an instant."""
    act = {"type": "play.review_answer", "at": "2012-02-24T12:00:00-05:00", "detainer_id": "D1"}
    play = read(tmp_path, act)
    assert play.lines == (PersonLine(at=NOON, act="play.review_answer", what={"detainer_id": "D1"}),)


def test_rows_that_are_no_objects_are_set_aside_with_their_number(tmp_path: Path) -> None:
    """A row that is not JSON, or no object, is named by its number and the rest is played."""
    play = read(tmp_path, an_event(), "{not json", [1], "", an_event(2))
    assert [(aside.row, aside.reason) for aside in play.set_aside] == [
        (2, "is not JSON"),
        (3, "is not a JSON object"),
    ]
    assert len(play.lines) == 2


def test_a_broken_event_is_still_sent(tmp_path: Path) -> None:
    """It is for the services to refuse what is no sound event; it arrives where the file has it."""
    broken = {"id": 7, "time": "yesterday"}
    play = read(tmp_path, an_event(), broken, an_event(2, NOON + timedelta(hours=1)))
    assert play.lines[1] == EventLine(at=NOON, event=broken)


def test_an_instant_without_offset_is_none(tmp_path: Path) -> None:
    """An act without a sound instant cannot be played, and says so."""
    play = read(tmp_path, {"type": "play.waiting_link", "at": "2012-02-24T12:00:00"})
    assert play.lines == ()
    assert [aside.what for aside in play.set_aside] == ["play.waiting_link"]


@pytest.mark.parametrize(
    "wrong", [{"agency": "navy"}, {"ori": None}, {"time_zone": "Mars/Olympus"}, {"time_zone": "../x"}]
)
def test_a_facility_is_registered_or_set_aside(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """A sound facility line registers a jail; one that lacks a word or has an unknown one is set aside."""
    sound = {
        "type": "play.facility",
        "ori": "CT0009300",
        "name": "New Haven",
        "jurisdiction": "CT",
        "agency": "state_corrections",
        "time_zone": "America/New_York",
    }
    broken = {key: value for key, value in {**sound, **wrong}.items() if value is not None}
    play = read(tmp_path, sound, broken)
    assert [place.name for place in play.facilities] == ["New Haven"]
    assert [aside.row for aside in play.set_aside] == [2]


def test_lines_come_instant_by_instant_and_people_act_last(tmp_path: Path) -> None:
    """Within one instant the file's order stands, but a person acts on what has arrived."""
    act = {"type": "play.review_answer", "at": NOON.isoformat()}
    play = read(tmp_path, an_event(3, NOON + timedelta(hours=1)), act, an_event(1), an_event(2))
    told = [
        (at, [line.event["id"] if isinstance(line, EventLine) else line.act for line in lines])
        for at, lines in by_instant(play)
    ]
    assert told == [
        (NOON, ["rd-1", "rd-2", "play.review_answer"]),
        (NOON + timedelta(hours=1), ["rd-3"]),
    ]


def test_a_gzipped_file_reads_the_same(tmp_path: Path) -> None:
    """Gzip is known from the bytes, not from the name."""
    plain = Path(a_file(tmp_path, an_event(), an_event(2)))
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert open_play(str(packed)).lines == open_play(str(plain)).lines


@pytest.mark.parametrize("text", ["", "name,age\nx,1\n", "hello\n"])
def test_another_kind_of_file_is_refused(tmp_path: Path, text: str) -> None:
    """A file in no known form is refused in one sentence."""
    path = tmp_path / "other"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotAPlay, match="in no form that can be played"):
        open_play(str(path))


def test_a_missing_or_torn_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there, or whose gzip is cut short, is refused and named."""
    torn, bent = tmp_path / "torn.gz", tmp_path / "bent.gz"
    whole = gzip.compress(b"x" * 1000)
    torn.write_bytes(whole[:20])
    bent.write_bytes(whole[:10] + b"\xff\xff" + whole[12:])
    for path in (tmp_path / "nowhere", torn, bent):
        with pytest.raises(NotAPlay, match=path.name):
            open_play(str(path))


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    """Writing and reading give the same play: late lines, topics, acts, broken events, name and notes."""
    act = {"type": "play.waiting_link", "at": NOON.isoformat(), "booking": "CT0009300/12-1"}
    late = an_event(2, playat=(NOON + timedelta(days=1)).isoformat(), playvia="topic")
    about = {"type": "play.about", "name": "mine", "precision": "day", "notes": ["as told"]}
    play = read(tmp_path, about, an_event(), late, act, {"id": "no time"})
    again = tmp_path / "again.jsonl"
    write_jsonl(play, again)
    assert open_play(str(again)) == play
    assert (play.name, play.precision, play.notes) == ("mine", "day", ("as told",))
