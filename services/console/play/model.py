"""What a play is: lines, each with the instant at which it arrives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from shared.domain.jurisdiction import Facility

Via = Literal["http", "topic"]
Precision = Literal["instant", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """A CloudEvent, as it goes to intake; what only the player reads has been taken off."""

    #: The instant at which it arrives; aware. Later than the event's ``time`` when it comes late.
    at: datetime
    event: dict[str, Any]
    #: ``topic``: written straight to its topic, as a state's message bus would.
    via: Via = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """What a played person does; no event, and it reaches no topic."""

    at: datetime
    #: ``play.review_answer``, ``play.waiting_link``, ``play.release_check``, ``play.parked_retry`` or ``_discard``,
    #: ``play.facility_add``, or what a later player may know.
    act: str
    what: dict[str, Any]


Line = EventLine | PersonLine


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A row that cannot be played. Names the row and the reason, never what the row says of a person."""

    row: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the public record says became of a detainer, and where; to stand beside what was decided."""

    place: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Everything that is to happen, and where."""

    name: str
    facilities: tuple[Facility, ...]
    lines: tuple[Line, ...]
    #: The clock stands here before the first line.
    starts_at: datetime
    notes: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    #: ``day``: the dates had no hour and were taken at local noon.
    precision: Precision = "instant"
    #: By detainer id, where a public record says more of a detainer's end than the events can.
    recorded: Mapping[str, Recorded] = field(default_factory=dict)

    @property
    def jails(self) -> frozenset[str]:
        """Every jail that takes part, those included that are registered only in its course."""
        acts = [line for line in self.lines if isinstance(line, PersonLine)]
        added = {str(act.what.get("ori")) for act in acts if act.act == "play.facility_add"}
        return frozenset({facility.ori for facility in self.facilities} | added)


def by_instant(play: Play) -> Iterator[tuple[datetime, list[Line]]]:
    """Yield the lines instant by instant; file order within one, but people act after its events."""
    ordered = sorted(play.lines, key=arrival)
    for at, lines in groupby(ordered, key=lambda line: line.at):
        yield at, list(lines)


def arrival(line: Line) -> tuple[datetime, bool]:
    """Order lines by arrival; a person acts on what has arrived."""
    return line.at, isinstance(line, PersonLine)


def earliest(lines: Sequence[Line], *, otherwise: datetime) -> datetime:
    """When the first line arrives, or ``otherwise`` where there is none."""
    return min((line.at for line in lines), default=otherwise)
