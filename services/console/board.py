"""Every deadline by kind and time left, and what needs a person, the most liberty at risk first. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from services.console.heartbeat import Pulse
from services.console.queries.deadlines import Deadline
from services.console.queries.overview import Called
from services.console.words_of import ALARMS, KINDS

_HOUR = timedelta(hours=1)
#: The columns of the board: name, from how much time left to how much. The last takes all that is further off.
BUCKETS: tuple[tuple[str, timedelta, timedelta], ...] = (
    ("late", -_HOUR, timedelta()),
    ("under 1 h", timedelta(), _HOUR),
    ("1 to 4 h", _HOUR, 4 * _HOUR),
    ("4 to 24 h", 4 * _HOUR, 24 * _HOUR),
    ("1 to 5 days", 24 * _HOUR, 120 * _HOUR),
)
#: More strokes than this in one cell are a blot.
_STROKES = 40
#: Alarms whose deadline stands on the board already.
_ON_THE_BOARD = frozenset({"notice_late", "notice_unacknowledged", "review_waiting", "review_overdue"})
#: Where an alarm of a kind is settled, where that is not the list of alarms.
_WAYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"event_parked": ("Dead letters", "/parked"), "event_waiting": ("Waiting list", "/parked#h-waiting")}
)


@dataclass(slots=True)
class Cell:
    """The deadlines of one kind with so much time left."""

    name: str
    count: int = 0
    at_risk: int = 0
    #: Places of the first ones between the column's ends, in percent, and whether each is at risk.
    strokes: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Give the worst of them: late, risk or ok."""
        return "late" if self.name == "late" and self.count else "risk" if self.at_risk else "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the board."""

    what: str
    cells: tuple[Cell, ...]

    @property
    def count(self) -> int:
        """Count them all."""
        return sum(cell.count for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that needs a person."""

    #: Until when something can be done about it; None: now.
    due: datetime | None
    state: str
    title: str
    why: str
    case_id: object = None
    #: Of what can no longer be in time, and waits for somebody to say that it is settled: since when.
    since: datetime | None = None
    #: How many messages waited at each look of the last minutes, where it is about a topic.
    waited: tuple[int, ...] = ()
    #: Links: what they say and where they lead.
    acts: tuple[tuple[str, str], ...] = ()


def board(deadlines: Sequence[Deadline], now: datetime) -> list[Line]:
    """Sort the deadlines into the board."""
    lines = []
    for kind, what in KINDS.items():
        cells = tuple(Cell(name) for name, *_ in BUCKETS)
        for one in deadlines:
            if one.kind == kind:
                _put(cells, one, now)
        lines.append(Line(what=what, cells=cells))
    return lines


def _put(cells: Sequence[Cell], one: Deadline, now: datetime) -> None:
    left = one.due_at - now
    place = 0 if one.is_late else next((at for at, (_, _, to) in enumerate(BUCKETS) if left <= to), len(BUCKETS) - 1)
    cell, (_, begins, ends) = cells[place], BUCKETS[place]
    cell.count += 1
    cell.at_risk += one.risk is not None and not one.is_late
    if place and len(cell.strokes) < _STROKES:
        share = (left - begins) / (ends - begins)
        cell.strokes.append((round(100 * min(max(share, 0.0), 1.0), 2), one.risk is not None))


def needs(
    deadlines: Sequence[Deadline],
    called: Sequence[Called],
    pulses: Sequence[Pulse],
    now: datetime,
    more: Iterable[Need] = (),
) -> list[Need]:
    """Give what needs a person, by time left: what does not move, has passed, is at risk, or was called for."""
    found = [*_stuck(pulses), *more, *_troubled(deadlines), *_alarmed(called, deadlines, now)]
    return _together(sorted(found, key=_rank))


def _together(ranked: Sequence[Need]) -> list[Need]:
    """Make one line of what is past and of one kind, and of what is of no case and says the same.

    It hides nothing that somebody can still be in time for.
    """
    lines: dict[object, list[Need]] = defaultdict(list)
    for place, one in enumerate(ranked):
        if one.since is not None:
            lines[one.title].append(one)
        elif one.due is None and one.case_id is None and not one.waited:
            lines[one.title, one.why].append(one)
        else:
            lines[place].append(one)
    return [_as_one(alike) for alike in lines.values()]


def _as_one(alike: Sequence[Need]) -> Need:
    first = alike[0]
    if len(alike) == 1:
        return first
    how_many = f"{len(alike)} cases, this the latest of them" if first.since is not None else f"{len(alike)} times"
    return replace(first, why=f"{how_many}. {first.why}")


def _rank(one: Need) -> tuple[int, float]:
    """Put what does not move first, then what can be in time by time left, then what is past, the latest first."""
    if one.since is not None:
        return 3, -one.since.timestamp()
    if one.waited or (one.due is None and one.state == "late"):
        return 0, one.due.timestamp() if one.due is not None else 0.0
    return (2, one.due.timestamp()) if one.due is not None else (1, 0.0)


def _stuck(pulses: Sequence[Pulse]) -> Iterator[Need]:
    for pulse in pulses:
        for loop, why in pulse.troubles.items():
            what = "does not answer" if not pulse.is_up else f"is up, and its {loop} do not move"
            yield Need(
                due=None,
                state="late",
                title=f"{pulse.service.capitalize()} {what}.",
                why=f"{why.capitalize()}. Whatever is due passes it by until it moves again.",
                acts=(("Topics", "/topics"),),
            )


def _troubled(deadlines: Sequence[Deadline]) -> Iterator[Need]:
    for one in deadlines:
        if one.state == "ok":
            continue
        what = {"hold": "Hold", "answer": "Answer", "review": "Review", "receipt": "Receipt"}[one.kind]
        if one.is_late:
            title = f"{what} late{f': {one.note}' if one.note and one.kind != 'review' else ''}."
            why = "The instant has passed: reach who waits for it another way, by telephone if need be."
        else:
            title, why = f"{what} at risk: {one.risk}.", _what_then(one)
        acts = (("Open review", f"/reviews/{one.subject}"),) if one.kind == "review" else ()
        yield Need(due=one.due_at, state=one.state, title=title, why=why, case_id=one.case_id, acts=acts)


def _what_then(one: Deadline) -> str:
    where = one.place.name
    return {
        "hold": f"{where}. The window closes in any case; what is set aside may end it sooner.",
        "answer": f"{where}, for {one.note or 'those it is for'}. Undelivered when it is due, it is late.",
        "review": f"{where}. Undecided when release is due, it ends in release.",
        "receipt": f"{where}, {one.note or ''}. Without a receipt by then a person is told to reach them another way.",
    }[one.kind]


def _alarmed(called: Sequence[Called], deadlines: Sequence[Deadline], now: datetime) -> Iterator[Need]:
    nearest: dict[object, datetime] = {
        one.case_id: one.due_at for one in reversed(deadlines) if one.case_id and not one.is_late
    }
    for one in called:
        if one.kind in _ON_THE_BOARD:
            continue
        ahead = [each for each in (one.due, nearest.get(one.case_id)) if each is not None and each > now]
        is_past = not ahead and one.due is not None
        yield Need(
            due=min(ahead, default=None),
            since=one.due if is_past else None,
            state="risk",
            title=f"{ALARMS.get(one.kind, one.kind.replace('_', ' ').capitalize())}.",
            why=one.detail,
            case_id=one.case_id,
            acts=(_WAYS.get(one.kind, ("Alarms", "/alarms")),),
        )
