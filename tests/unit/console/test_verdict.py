"""The verdict is the same for the same records in any order, and names every broken promise."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.console.play.model import EventLine
from services.console.play.promises import violations
from services.console.play.records import (
    Aside,
    Case,
    Event,
    LastWord,
    Late,
    Records,
    Standing,
    Waiting,
    Window,
)
from services.console.play.verdict import has_run, set_aside, verdict
from tests.unit.console.plays import JAIL, NOON, a_play, an_event

CASE, WINDOW, NOTICE = UUID(int=1), UUID(int=2), UUID(int=3)
HOUR = timedelta(hours=1)
CLOSES = NOON + 48 * HOUR
PLAY = a_play(EventLine(at=NOON, event=an_event("rd-1")))

A_CASE = Case(
    id=CASE,
    custody="gone",
    time_zone="America/New_York",
    detainers={"D-1": "over"},
    gone_at=NOON + 20 * HOUR,
    gone_how="pick_up",
)
A_STANDING = Standing(
    case_id=CASE,
    detainer_id="D-1",
    number=2,
    count=2,
    top=2,
    outcome="HOLD",
    policy="ct",
    rule="honoured",
    citation="CGS",
    has_window=True,
    told={},
)
A_WINDOW = Window(
    id=WINDOW,
    case_id=CASE,
    opens_at=NOON,
    closes_at=CLOSES,
    ended_at=NOON + 20 * HOUR,
    ended_by="pick_up",
    told=((NOON + 21 * HOUR, NOON + 20 * HOUR),),
)
RECORDS = Records(
    events=[Event(name=(JAIL, "rd-1"), state="applied")],
    cases=[A_CASE],
    standings=[A_STANDING],
    windows=[A_WINDOW],
    last_words=[LastWord(case_id=CASE, detainer_id="D-1", recipient="ice", outcome="HOLD")],
)


def broken(**changed: Any) -> list[str]:
    """Give the promises broken when the records differ so."""
    return violations(replace(RECORDS, **changed), PLAY, {})


def test_sound_records_break_no_promise() -> None:
    """The records that the other tests spoil are sound."""
    assert broken() == []
    assert verdict(RECORDS, PLAY, {})["standing_decisions"] == {"HOLD": 1}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"events": [Event(name=(JAIL, "rd-1"), state="accepted")]}, "rd-1 of /jails/CT0009300 is accepted"),
        ({"events": [Event(name=(JAIL, "rd-1"), state="waiting")]}, "nobody was told"),
        ({"events": [Event(name=(JAIL, "rd-1"), state="parked")]}, "not there to be looked at"),
        ({"events": []}, "was sent and is nowhere"),
        ({"standings": []}, "has no standing decision"),
        ({"standings": [replace(A_STANDING, number=0, count=0, top=0, outcome=None)]}, "has no standing decision"),
        ({"standings": [replace(A_STANDING, count=3)]}, "of 3 with numbers up to 2"),
        ({"standings": [replace(A_STANDING, citation="")]}, "no rule or no citation"),
        (
            {"standings": [replace(A_STANDING, has_window=False, told={"release_due_at": "2012-02-24T17:00:00Z"})]},
            "neither window nor other custody",
        ),
        ({"windows": [replace(A_WINDOW, ended_at=None, ended_by=None)]}, "is not closed"),
        ({"windows": [replace(A_WINDOW, told=())]}, "was not told in time"),
        ({"windows": [replace(A_WINDOW, told=((NOON, None),))]}, "was not told in time"),
        ({"windows": [replace(A_WINDOW, told=((NOON, NOON + HOUR),))]}, "was not told in time"),
        ({"late": [Late(notice_id=NOTICE, kind="decision", recipient="ice", due_by=NOON)]}, "was late"),
        (
            {"last_words": [LastWord(case_id=CASE, detainer_id="D-1", recipient="ice", outcome="RELEASE")]},
            "was last told RELEASE",
        ),
        ({"letters": {"notify": 2}}, "2 messages of notify were never published"),
        ({"timers": {"decision": NOON}}, "decision still has a timer"),
    ],
)
def test_each_broken_promise_is_named(changed: dict[str, Any], said: str) -> None:
    """One thing wrong in the records is one line, and says what."""
    (line,) = broken(**changed)
    assert said in line


def test_waiting_with_an_operator_told_is_a_fate() -> None:
    """An event for which there is no booking ends well when somebody knows."""
    name = (JAIL, "rd-1")
    assert broken(events=[Event(name=name, state="waiting")], waiting=[Waiting(name=name, is_told=True)]) == []


def test_a_refused_event_is_not_missed() -> None:
    """What was refused at the door is nowhere else, and that is right."""
    assert violations(replace(RECORDS, events=[]), PLAY, {(JAIL, "rd-1"): "time_ahead"}) == []


def test_an_event_set_aside_counts_once_however_often_it_came() -> None:
    """The same bytes twice are one thing for a person; other bytes under one name are two."""
    poison = Aside(service="intake", name=(JAIL, "bk-1"), code="data", digest=b"1")
    twice = replace(RECORDS, aside=[poison, poison])
    assert len(set_aside(twice)) == 1
    other = replace(RECORDS, aside=[poison, replace(poison, code="id_reused", digest=b"2")])
    assert verdict(other, PLAY, {})["set_aside"] == {"data": 1, "id_reused": 1}


def test_a_window_that_never_ran_is_left_out() -> None:
    """Taken back before it opened it held nobody; a pick-up at its very opening did use it."""
    never = replace(A_WINDOW, ended_at=NOON, ended_by="superseded")
    assert not has_run(never)
    assert has_run(replace(never, ended_by="pick_up"))
    assert has_run(replace(never, ended_at=NOON + HOUR))


def test_the_order_of_the_records_changes_nothing() -> None:
    """A verdict is compared as it is printed, so it must not depend on how rows come."""
    other = replace(A_CASE, id=UUID(int=9), custody="in_custody", gone_how=None, detainers={})
    forth = verdict(replace(RECORDS, cases=[A_CASE, other]), PLAY, {})
    back = verdict(replace(RECORDS, cases=[other, A_CASE]), PLAY, {})
    assert list(forth["cases"].items()) == list(back["cases"].items()) == [("gone", 1), ("in_custody", 1)]


def test_a_pick_up_after_closing_is_counted_and_no_failure() -> None:
    """What the world did wrong is shown; it is no broken promise of ours."""
    window = replace(A_WINDOW, ended_at=CLOSES, ended_by="clock", told=((CLOSES, CLOSES - HOUR),))
    late = replace(RECORDS, windows=[window], cases=[replace(A_CASE, gone_at=CLOSES + HOUR)])
    assert verdict(late, PLAY, {})["picked_up_after_closing"] == 1
    assert violations(late, PLAY, {}) == []


def test_the_share_of_pick_ups_is_told_for_plays_of_whole_days() -> None:
    """By dates: inside on the last open day, over on the day after."""
    play = a_play(*PLAY.lines, precision="day")
    over = replace(A_CASE, id=UUID(int=9), gone_at=CLOSES + 24 * HOUR)
    windows = [A_WINDOW, replace(A_WINDOW, id=UUID(int=8), case_id=over.id)]
    made = verdict(replace(RECORDS, cases=[A_CASE, over], windows=windows), play, {})
    assert made["pick_ups"] == {"inside": 1, "of": 2, "share": 50.0}
    assert "pick_ups" not in verdict(RECORDS, PLAY, {})
