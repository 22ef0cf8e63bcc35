"""The board of deadlines, and what needs a person first."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.console.board import board, needs
from services.console.heartbeat import Pulse
from services.console.queries.deadlines import Deadline, at_risk
from services.console.queries.overview import Called
from services.console.queries.places import Place

NOW = datetime(2012, 2, 22, 18, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)
JAIL = Place(ori="CT0009300", name="New Haven", zone="America/New_York", jurisdiction="CT", agency="state_corrections")


def a_deadline(kind: str, left: timedelta, **more: Any) -> Deadline:
    """Make a deadline with so much time left."""
    plain = {
        "case_id": UUID(int=1),
        "detainer_id": "HAR-1",
        "place": JAIL,
        "booking_number": "12-1",
        "outcome": "HOLD",
        "subject": UUID(int=9),
        "since": None,
        "trouble": None,
        "note": None,
        "is_late": left <= timedelta(),
        "risk": None,
    }
    return Deadline(kind=kind, due_at=NOW + left, **(plain | more))


def a_pulse(**more: Any) -> Pulse:
    """Make a service's last answer."""
    return Pulse(**({"service": "notify", "is_up": True, "troubles": {}, "loops": {}, "seen_at": 0.0} | more))


@pytest.mark.parametrize(
    ("left", "place"),
    [(-HOUR, 0), (HOUR, 1), (HOUR + timedelta(seconds=1), 2), (5 * HOUR, 3), (30 * HOUR, 4), (500 * HOUR, 4)],
)
def test_each_deadline_stands_in_one_cell(left: timedelta, place: int) -> None:
    """By its time left, the far ones in the last; zeros stay shown."""
    lines = board([a_deadline("hold", left)], NOW)
    assert [line.what for line in lines] == ["Holds close", "Answers due", "Reviews due", "Receipts wanted"]
    assert [cell.count for cell in lines[0].cells] == [1 if at == place else 0 for at in range(5)]
    assert [line.count for line in lines] == [1, 0, 0, 0]


def test_a_risk_marks_its_cell() -> None:
    """With its count, and its stroke as a triangle."""
    (holds, *_) = board([a_deadline("hold", 2 * HOUR, risk="parked"), a_deadline("hold", 3 * HOUR)], NOW)
    cell = holds.cells[2]
    assert (cell.count, cell.at_risk, cell.state) == (2, 1, "risk")
    assert [risky for _, risky in cell.strokes] == [True, False]


@pytest.mark.parametrize(
    ("kind", "trouble", "left", "is_risk"),
    [
        ("hold", None, HOUR, False),
        ("hold", "parked", 40 * HOUR, True),
        ("hold", "unacknowledged", 40 * HOUR, True),
        ("answer", "not_sent", 40 * HOUR, True),
        ("answer", "not_delivered", 2 * HOUR, False),
        ("answer", "not_delivered", HOUR / 2, True),
        ("review", "claimed", 2 * HOUR, False),
        ("review", "claimed", 2 * HOUR - timedelta(seconds=1), True),
        ("review", "overdue", 9 * HOUR, True),
        ("receipt", "sent", HOUR / 2, True),
        ("receipt", "sent", 3 * HOUR, False),
    ],
)
def test_at_risk_is_what_is_broken_blocked_or_unproven(
    kind: str, trouble: str | None, left: timedelta, is_risk: bool
) -> None:
    """Time alone is no risk, but for a review that nobody answers and word that nobody confirms."""
    assert (at_risk(kind, trouble, left) is not None) is is_risk


def test_what_does_not_move_comes_before_everything() -> None:
    """Then by time left; an alarm takes the time of its case's nearest deadline, if that is sooner."""
    alarm = Called(
        service="intake",
        id=UUID(int=3),
        kind="event_parked",
        subject="x",
        case_id=UUID(int=2),
        place=JAIL,
        contact="operator",
        detail="cannot be read",
        since=NOW,
        due=None,
    )
    found = needs(
        [
            a_deadline("hold", HOUR, case_id=UUID(int=2)),
            a_deadline("review", HOUR / 2, risk="not answered"),
            a_deadline("review", -HOUR, note="somebody"),
        ],
        [alarm],
        [a_pulse(troubles={"timers": "no progress for 25 s"})],
        NOW,
    )
    assert [one.due for one in found] == [None, NOW - HOUR, NOW + HOUR / 2, NOW + HOUR]
    assert found[0].title == "Notify is up, and its timers do not move."
    assert found[1].state == "late"
    assert found[3].title == "A message could not be handled and is set aside."


def _lapsed(number: int) -> Called:
    return Called(
        service="decision",
        id=UUID(int=number),
        kind="review_lapsed",
        subject="x",
        case_id=UUID(int=number),
        place=JAIL,
        contact="operator",
        detail="Nobody had answered.",
        since=NOW - number * HOUR,
        due=NOW - number * HOUR,
    )


def test_what_is_past_and_alike_is_one_line() -> None:
    """The latest stands for all, with their number; what can be in time still keeps a line of its own."""
    past = [_lapsed(number) for number in (4, 2, 3)]
    found = needs([a_deadline("review", HOUR / 2, risk="not answered")], past, [a_pulse()], NOW)
    assert len(found) == 2
    assert (found[1].case_id, found[1].since) == (UUID(int=2), NOW - 2 * HOUR)
    assert found[1].why == "3 cases, this the latest of them. Nobody had answered."
    assert len(needs([], past[:1], [a_pulse()], NOW)) == 1


def test_nothing_needs_a_person_when_all_is_well() -> None:
    """A deadline in time is no trouble."""
    assert needs([a_deadline("hold", HOUR)], [], [a_pulse()], NOW) == []
