"""The sample: two weeks of February 2012 in New Haven and Hartford, invented and seeded.

Everything the contract speaks of happens in it at least once, across the change of law on the 22nd.
The same bytes each time; nobody in it exists.
"""

import random
from datetime import UTC, timedelta
from itertools import cycle, islice

from services.console.play.february import ZONE, local
from services.console.play.model import EventLine, Play, arrival
from services.console.play.odd_arrivals import ODD_ARRIVALS
from services.console.play.odd_custody import ODD_CUSTODY
from services.console.play.odd_requests import ODD_REQUESTS
from services.console.play.stage import HARTFORD, NEW_HAVEN, Stage
from services.console.play.stories import (
    FIRST_DAY,
    Answer,
    End,
    before_the_commissioner,
    by_custom,
    cancelled_before_release,
    caught_by_the_new_era,
    passing_through,
)
from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility

_SEED = 20120222

_NOTES = (
    "invented people, two Connecticut jails and a third in its course, 2012-02-15 to 2012-02-29",
    "to 2012-02-21 requests were honoured by custom, from 2012-02-22 the Commissioner decides each",
)
_FACILITIES = tuple(
    Facility(
        ori=Ori(ori),
        name=name,
        jurisdiction="CT",
        agency=Agency.STATE_CORRECTIONS,
        time_zone=ZONE.key,
    )
    for ori, name in (
        (NEW_HAVEN, "New Haven Correctional Center"),
        (HARTFORD, "Hartford Correctional Center"),
    )
)

#: Release due, in the era of custom with the whole window in it.
_CUSTOM = ((15, "14:00"), (15, "17:30"), (16, "09:00"), (16, "10:00"), (16, "15:00"), (16, "18:45"))
#: A Friday, the weekend, Washington's Birthday, and the Tuesday after: still open at midnight of the 22nd.
_OVER_THE_HOLIDAY = (
    (17, "09:00"),
    (17, "16:00"),
    (17, "17:15"),
    (18, "10:00"),
    (19, "12:30"),
    (20, "08:00"),
    (20, "15:00"),
)
#: In the Commissioner's era: Thursday, Friday, the weekend, Monday to Wednesday.
_COMMISSIONER = (
    (23, "10:00"),
    (23, "15:00"),
    (24, "09:00"),
    (24, "17:00"),
    (25, "11:00"),
    (26, "14:30"),
    (27, "13:00"),
    (28, "10:00"),
    (29, "09:00"),
)
_CARRIED_OVER = ((22, "10:00"), (22, "16:00"), (23, "12:00"), (24, "16:30"))
_CANCELLED = ((16, "20:00"), (18, "13:00"), (21, "15:00"), (24, "10:00"), (26, "12:00"), (28, "16:00"))

#: How the Commissioner's cases go: answer, end of the hold, how many carried over, how many new.
_COURSES: tuple[tuple[Answer, End, int, int], ...] = (
    ("HOLD", "picked_up", 8, 18),
    ("HOLD", "clock", 4, 9),
    ("HOLD", "too_late", 0, 1),
    ("RELEASE", "picked_up", 8, 18),
    ("late", "picked_up", 4, 6),
    ("never", "picked_up", 4, 9),
)


def sample() -> Play:
    """Give the sample, the same each time."""
    stage = Stage(random.Random(_SEED))  # noqa: S311 - a sample that can be had again, no secret
    _custom(stage)
    _commissioner(stage)
    for tell in (*ODD_ARRIVALS, *ODD_REQUESTS, *ODD_CUSTODY):
        tell(stage)
    _others(stage)
    stage.lines.sort(key=arrival)
    _said_twice(stage)
    stage.lines.sort(key=arrival)
    return Play(
        name="sample",
        facilities=_FACILITIES,
        lines=tuple(stage.lines),
        starts_at=FIRST_DAY.astimezone(UTC),
        notes=_NOTES,
    )


def _custom(stage: Stage) -> None:
    """Play the era of custom: held, fetched or not; and the holds that the new era ends."""
    ends: tuple[End, ...] = ("picked_up", "picked_up", "clock")
    for (day, clock), end in islice(zip(cycle(_CUSTOM), cycle(ends), strict=False), 34):
        by_custom(stage, local(day, clock), end)
    by_custom(stage, local(15, "14:00"), "too_late")
    for number, (day, clock) in enumerate(islice(cycle(_OVER_THE_HOLIDAY), 28)):
        caught_by_the_new_era(stage, local(day, clock), picked_up=number % 2 == 0)
    for number, (day, clock) in enumerate(islice(cycle(_CANCELLED), 14)):
        cancelled_before_release(stage, local(day, clock), by_form=number % 2 == 1)


def _commissioner(stage: Stage) -> None:
    """Play the Commissioner's era: requests carried over from the days of custom, and new ones."""
    carried, new = cycle(_CARRIED_OVER), cycle(_COMMISSIONER)
    for answer, end, from_before, fresh in _COURSES:
        for day, clock in islice(carried, from_before):
            before_the_commissioner(stage, local(day, clock), answer, end, carried_over=True)
        for day, clock in islice(new, fresh):
            before_the_commissioner(stage, local(day, clock), answer, end)


def _others(stage: Stage) -> None:
    """Play those nobody asks for: matched, not matched, or without any answer; two stay in custody."""
    results = ("no_match", "match", None, "no_match", None)
    for number, result in enumerate(islice(cycle(results), 176)):
        at = stage.between(FIRST_DAY, local(27, "12:00"))
        passing_through(stage, at, result=result, stays=number < 2)  # noqa: PLR2004 - two of them


def _said_twice(stage: Stage) -> None:
    """Let senders repeat themselves: at once, hours later, or days later."""
    events = [line for line in stage.lines if isinstance(line, EventLine) and line.via == "http"]
    delays = cycle((timedelta(0), timedelta(hours=2), timedelta(hours=44)))
    for line, later in zip(events[::25], delays, strict=False):
        stage.repeat(line, later=later)
