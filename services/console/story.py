"""A case as one story in time order, from the first event to what happens next. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from services.console.queries.case import Held, Told, Whole
from services.console.timebar import Skipped
from services.console.words import span
from services.console.words_of import ENDED_BY, EVENTS, NOTICES

#: The order of things at one instant: what was sent comes before what was made of it.
_ORDER = {"in": 0, "person": 1, "decision": 2, "wait": 3, "notice": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened, or will."""

    at: datetime
    #: in, decision, notice, person or wait.
    shape: str
    what: str
    rest: str = ""
    sub: str = ""
    state: str | None = None
    #: To what it leads on this page or another.
    href: str | None = None

    @property
    def place(self) -> tuple[datetime, int]:
        """Give where it stands in the story."""
        return self.at, _ORDER[self.shape]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The lines of one local day."""

    day: date
    lines: tuple[Line, ...]
    #: Spans that do not count and begin that day, while a hold ran.
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What has been, and what is to come."""

    past: tuple[Day, ...]
    future: tuple[Day, ...]
    count: int = field(default=0)


def story(case: Whole, now: datetime) -> Story:
    """Tell the story of a case as of an instant."""
    lines = sorted([*_events(case), *_decisions(case), *_desk(case), *_holds(case), *_sent(case)], key=_place)
    past = [line for line in lines if line.at <= now]
    future = sorted([*(line for line in lines if line.at > now), *_planned(case, now)], key=_place)
    zone = case.place.zone
    return Story(past=_days(past, zone, case.holds), future=_days(future, zone, ()), count=len(past))


def _place(line: Line) -> tuple[datetime, int]:
    return line.place


def _days(lines: Sequence[Line], zone: str, holds: Sequence[Held]) -> tuple[Day, ...]:
    where = ZoneInfo(zone)
    skipped = {(each.begins, each.why): each for hold in holds for each in hold.window.skipped if _counts(each, hold)}

    def day_of(line: Line) -> date:
        return line.at.astimezone(where).date()

    days = [Day(day=day, lines=tuple(each)) for day, each in groupby(lines, key=day_of)]
    return tuple(_with_skipped(day, at, days, skipped.values(), where) for at, day in enumerate(days))


def _counts(each: Skipped, hold: Held) -> bool:
    """Tell whether a hold still ran when a span began; what would have been skipped after its end is nobody's time."""
    return hold.window.ended_at is None or each.begins < hold.window.ended_at


def _with_skipped(day: Day, at: int, days: Sequence[Day], skipped: Any, where: ZoneInfo) -> Day:
    """Put what does not count behind the last day before it that something happened on."""
    ends = days[at + 1].day if at + 1 < len(days) else None
    said = [
        f"{each.begins.astimezone(where):%a} {each.begins.astimezone(where).day} {each.begins.astimezone(where):%b}: "
        f"{each.why} ({each.source})"
        for each in skipped
        if day.day <= each.begins.astimezone(where).date()
        and (ends is None or each.begins.astimezone(where).date() < ends)
    ]
    return Day(day=day.day, lines=day.lines, skipped=tuple(said))


def _events(case: Whole) -> Iterator[Line]:
    for row in case.events:
        what, rest = EVENTS.get(row.type, (row.type, ""))
        later = (row.heard_at - row.time).total_seconds() if row.heard_at else 0.0
        heard = "" if later < 60 else f", heard {span(later)} later"  # noqa: PLR2004 - under a minute is at once
        state = {"applied": "", "parked": ", set aside", "waiting": ", waits"}.get(row.state, f", {row.state}")
        detainer = f", {row.detainer_id}" if row.detainer_id else ""
        yield Line(
            at=row.time,
            shape="in",
            what=what,
            rest=rest,
            sub=f"{row.type} from {row.source}{detainer}{heard}{state}",
            state="risk" if row.state == "parked" else None,
        )


def _decisions(case: Whole) -> Iterator[Line]:
    for one in case.decisions:
        by = "by policy" if one.decided_by == "policy" else f"by the {one.decided_by}"
        after = ", superseding the one before" if one.supersedes else ""
        yield Line(
            at=one.decided_at,
            shape="decision",
            what=f"Decided {one.outcome}",
            rest=f"{by}, on {one.rule.replace('-', ' ')}.",
            sub=f"decision {one.number} of {one.detainer_id}, {one.policy}{after}",
        )


def _desk(case: Whole) -> Iterator[Line]:
    for row in case.reviews:
        yield Line(
            at=row.opened_at,
            shape="person",
            what="Review opened",
            rest=f"for the {row.office}." if row.office else "for a person.",
            sub="undecided when release is due, it ends in release",
            href=f"/reviews/{row.id}",
        )
        if row.state == "lapsed" and row.ended_at:
            yield Line(at=row.ended_at, shape="person", what="Review lapsed", rest="before anybody answered.")
    for row in case.answers:
        said = {"honor": "HOLD", "decline": "RELEASE"}[row.answer]
        second = ", waits for a second person" if row.needs_second and row.approves is None else ""
        yield Line(
            at=row.answered_at,
            shape="person",
            what=f"{row.office} answered {said}",
            sub=f"{row.reason_code.replace('_', ' ')}: {row.rationale}{second}",
        )


def _holds(case: Whole) -> Iterator[Line]:
    for hold in case.holds:
        window = hold.window
        if hold.state != "planned":
            yield Line(
                at=window.opens_at,
                shape="wait",
                what="The hold window opened",
                rest="and the notice of its end was made ready.",
                sub=f"{window.clock}, {hold.citation}",
            )
        if window.ended_at is not None:
            yield Line(
                at=window.ended_at,
                shape="wait",
                what="The hold ended",
                rest=f"as {ENDED_BY.get(window.ended_by or '', window.ended_by or 'recorded')}.",
                sub="no immigration hold from then on",
            )


def _sent(case: Whole) -> Iterator[Line]:
    """Tell of notices by what they say and when they left, whoever they went to."""
    sent = [one for one in case.notices if one.sent_at is not None]
    groups: dict[tuple[datetime, str], list[Told]] = {}
    for one in sent:
        groups.setdefault((one.sent_at or one.send_at, one.kind), []).append(one)
    for (at, kind), each in groups.items():
        late = any(one.late_since for one in each)
        unread = any(one.unacknowledged_since and not one.acknowledged_at for one in each)
        yield Line(
            at=at,
            shape="notice",
            what=f"{NOTICES.get(kind, kind).capitalize()} sent",
            rest=f"to {' and '.join(sorted(_whom(one.recipient) for one in each))}.",
            sub="; ".join(f"{_whom(one.recipient)} {_came(one, case.place.zone)}" for one in each),
            state="late" if late else "risk" if unread else None,
            href="#notices",
        )


def _whom(recipient: str) -> str:
    return "ICE" if recipient == "ice" else "the jail" if recipient.startswith("jail:") else recipient


def _came(one: Told, zone: str) -> str:
    where = ZoneInfo(zone)
    if one.acknowledged_at:
        return f"acknowledged {one.acknowledged_at.astimezone(where):%H:%M}"
    if one.delivered_at:
        return f"fetched {one.delivered_at.astimezone(where):%H:%M}, not acknowledged"
    return "has not fetched it"


def _planned(case: Whole, now: datetime) -> Iterator[Line]:
    """Tell what will happen if nothing else does."""
    groups: dict[tuple[datetime, str], list[Told]] = {}
    for one in case.notices:
        if one.state == "planned":
            groups.setdefault((max(one.send_at, now), one.kind), []).append(one)
    for (at, kind), each in groups.items():
        yield Line(
            at=at,
            shape="notice",
            what=f"{NOTICES.get(kind, kind).capitalize()} goes",
            rest=f"to {' and '.join(sorted({_whom(one.recipient) for one in each}))}.",
        )
    for hold in case.holds:
        if hold.state == "planned":
            yield Line(at=hold.window.opens_at, shape="wait", what="The hold window opens.", sub=hold.citation)
        if hold.window.ended_at is None:
            yield Line(
                at=hold.window.closes_at,
                shape="wait",
                what="The window closes.",
                rest="No immigration hold from then on.",
                sub="sooner if ICE takes the person, cancels, or citizenship is verified; never later",
            )
    for row in case.reviews:
        if row.state in ("open", "claimed"):
            yield Line(
                at=row.answer_by,
                shape="person",
                what="An answer is wanted",
                rest="by then." if row.answer_by > now else "since then.",
                sub="if release falls due first and nobody has answered, it ends in release",
                href=f"/reviews/{row.id}",
            )
