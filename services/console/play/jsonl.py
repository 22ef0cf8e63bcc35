"""JSON Lines of CloudEvents and of what people do: read it, write it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.console.play.model import (
    EventLine,
    Line,
    PersonLine,
    Play,
    Recorded,
    SetAside,
    Via,
    earliest,
)
from shared.domain.errors import MalformedMessage
from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility

#: Extension attributes that the player reads and no service ever sees.
PLAY_AT = "playat"
PLAY_VIA = "playvia"
#: Where a file has no instant at all.
NO_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    facilities: list[Facility] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    last_at: datetime | None = None


def read_jsonl(rows: Iterable[str], *, name: str) -> Play:
    """Read a play; a row that is no JSON object is set aside with its number, never an error.

    An object that is no sound event stays a line: the services are to refuse it, not the player.
    """
    reading = _Reading()
    for number, row in enumerate(rows, start=1):
        if row.strip():
            _take(reading, number, row)
    first = earliest(reading.lines, otherwise=NO_INSTANT)
    return Play(
        name=str(reading.about.get("name", name)),
        facilities=tuple(reading.facilities),
        lines=tuple(reading.lines),
        starts_at=_instant(reading.about.get("starts_at")) or first,
        notes=_notes(reading.about.get("notes")),
        set_aside=tuple(reading.set_aside),
        recorded=_recorded(reading.about.get("recorded")),
        precision="day" if reading.about.get("precision") == "day" else "instant",
    )


def _notes(said: object) -> tuple[str, ...]:
    return tuple(str(note) for note in said) if isinstance(said, list) else ()


def _recorded(said: object) -> dict[str, Recorded]:
    """Read what the record says of each detainer: place and word; what is written otherwise is left out."""
    pairs = said.items() if isinstance(said, dict) else ()
    return {
        name: Recorded(place=str(what[0]), said=str(what[1]))
        for name, what in pairs
        if isinstance(what, list) and len(what) == len(("place", "said"))
    }


def _take(reading: _Reading, number: int, row: str) -> None:
    try:
        said = json.loads(row)
    except (ValueError, RecursionError):
        reading.set_aside.append(SetAside(row=number, what="line", reason="is not JSON"))
        return
    if not isinstance(said, dict):
        reading.set_aside.append(SetAside(row=number, what="line", reason="is not a JSON object"))
        return
    kind = said.get("type")
    if not isinstance(kind, str) or not kind.startswith("play."):
        _take_event(reading, said)
        return
    try:
        _take_play(reading, kind, said)
    except MalformedMessage as error:
        reading.set_aside.append(SetAside(row=number, what=kind, reason=error.what))


def _take_event(reading: _Reading, said: dict[str, Any]) -> None:
    at = _instant(said.get(PLAY_AT)) or _instant(said.get("time")) or reading.last_at or NO_INSTANT
    reading.last_at = at
    via: Via = "topic" if said.get(PLAY_VIA) == "topic" else "http"
    event = {key: value for key, value in said.items() if key not in (PLAY_AT, PLAY_VIA)}
    reading.lines.append(EventLine(at=at, event=event, via=via))


def _take_play(reading: _Reading, kind: str, said: dict[str, Any]) -> None:
    if kind == "play.about":
        reading.about = said
    elif kind == "play.facility":
        reading.facilities.append(_facility(said))
    else:
        at = _instant(said.get("at"))
        if at is None:
            raise MalformedMessage("has no instant with an offset under 'at'")
        what = {key: value for key, value in said.items() if key not in ("type", "at")}
        reading.lines.append(PersonLine(at=at, act=kind, what=what))


def _facility(said: Mapping[str, Any]) -> Facility:
    try:
        ZoneInfo(str(said["time_zone"]))
        return Facility(
            ori=Ori(str(said["ori"])),
            name=str(said["name"]),
            jurisdiction=str(said["jurisdiction"]),
            agency=Agency(said["agency"]),
            time_zone=str(said["time_zone"]),
        )
    except (ZoneInfoNotFoundError, OSError) as error:
        raise MalformedMessage("names a time zone that is not known") from error
    except KeyError as error:
        raise MalformedMessage(f"names no {error.args[0]}") from error
    except ValueError as error:
        raise MalformedMessage("names an agency type or a time zone that is not known") from error


def _instant(said: object) -> datetime | None:
    """Read an RFC 3339 instant; None for what is none, or has no offset."""
    if not isinstance(said, str):
        return None
    try:
        at = datetime.fromisoformat(said)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def write_jsonl(play: Play, path: Path) -> None:
    """Write ``play`` so that reading it gives the same play (but for what was set aside)."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows_of(play))


def rows_of(play: Play) -> Iterator[dict[str, Any]]:
    """Yield the rows of a play file, the facilities first."""
    yield {
        "type": "play.about",
        "name": play.name,
        "starts_at": play.starts_at.isoformat(),
        "precision": play.precision,
        "notes": list(play.notes),
        **({"recorded": {name: [one.place, one.said] for name, one in play.recorded.items()}} if play.recorded else {}),
    }
    for place in play.facilities:
        yield {
            "type": "play.facility",
            "ori": place.ori,
            "name": place.name,
            "jurisdiction": place.jurisdiction,
            "agency": place.agency.value,
            "time_zone": place.time_zone,
        }
    for line in play.lines:
        yield _row(line)


def _row(line: Line) -> dict[str, Any]:
    if isinstance(line, PersonLine):
        return {"type": line.act, "at": line.at.isoformat(), **line.what}
    row = dict(line.event)
    if _instant(row.get("time")) != line.at:
        row[PLAY_AT] = line.at.isoformat()
    if line.via != "http":
        row[PLAY_VIA] = line.via
    return row
