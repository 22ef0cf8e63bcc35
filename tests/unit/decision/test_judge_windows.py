"""When a hold window opens, closes and ends, and that nothing stretches it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.case import HeardEvent
from shared.domain.decision import Outcome
from shared.domain.events import HoldEnds
from tests.support.builders import (
    DUE,
    a_cancellation,
    a_claim,
    a_pick_up,
    a_release,
    a_retraction,
    at,
)
from tests.unit.decision.matters import (
    ASKED,
    CLOSES,
    RELEASE_DUE,
    a_hold,
    a_matter,
    answered,
    ruled,
    standing_of,
)


def test_a_hold_has_no_window_before_release_is_known() -> None:
    """The window counts from release due, and without it there is nothing to count from."""
    ruling = ruled(answered(a_matter(*ASKED)), "2012-02-23 09:00")
    assert (ruling.finding.outcome, ruling.window) == (Outcome.HOLD, None)


def test_a_window_counts_working_time_from_release_due() -> None:
    """Friday at five closes on Tuesday at five, and says which hours it skipped and by what law."""
    matter, ruling = a_hold(when="2012-02-24 12:00")
    assert ruling.window is not None
    assert (ruling.window.opens_at, ruling.window.closes_at) == (at(DUE), CLOSES)
    assert ruling.window.clock == "FED_48_BIZ"
    assert ruling.window.evidence["start_event"] == {"source": RELEASE_DUE.source, "id": RELEASE_DUE.id}
    assert ruling.window.evidence["skipped"]
    assert ruled(matter, "2012-02-24 18:00").window == ruling.window


def test_nothing_stretches_a_window() -> None:
    """A window that was given shorter stays so, with the clock that made it."""
    matter, ruling = a_hold()
    assert ruling.window is not None
    short = replace(ruling.window, closes_at=CLOSES - timedelta(hours=3), clock="FLAT_48")
    again = ruled(replace(matter, standing=standing_of(ruling, window=short)), "2012-02-25 09:00")
    assert again.window == short


def test_a_window_may_move_closer() -> None:
    """What is worked out now is earlier than what stands: the earlier instant counts."""
    matter, ruling = a_hold()
    assert ruling.window is not None
    long = replace(ruling.window, closes_at=CLOSES + timedelta(hours=3))
    again = ruled(replace(matter, standing=standing_of(ruling, window=long)), "2012-02-25 09:00")
    assert again.window == ruling.window


def test_a_window_heard_of_too_late_is_never_opened() -> None:
    """At its closing instant it is over: release, with nothing to open and nothing to end."""
    matter = answered(a_matter(*ASKED, RELEASE_DUE))
    for when, outcome in (("2012-02-28 16:59", Outcome.HOLD), ("2012-02-28 17:00", Outcome.RELEASE)):
        ruling = ruled(matter, when)
        assert (ruling.finding.outcome, ruling.window is None) == (outcome, outcome is Outcome.RELEASE)
        assert ruling.ends is None


def test_a_window_that_was_taken_away_is_not_given_again() -> None:
    """Closed by a decision is closed: the same release due opens no second one."""
    matter, ruling = a_hold()
    again = ruled(replace(matter, standing=standing_of(ruling, spent=True)), "2012-02-25 09:00")
    assert (again.finding.outcome, again.window, again.ends) == (Outcome.RELEASE, None, None)


def test_a_window_that_ran_out_stays_as_it_was() -> None:
    """A closed case never moves: days later the same is said of it."""
    matter, ruling = a_hold()
    later = ruled(replace(matter, standing=standing_of(ruling)), "2012-03-20 09:00")
    assert later.says_the_same(standing_of(ruling))
    assert later.as_of < CLOSES


ENDS = [
    pytest.param([a_cancellation("2012-02-27 12:00")], "2012-02-27 12:00", "cancelled", id="cancelled"),
    pytest.param([a_claim("2012-02-25 10:00", claim="verified")], "2012-02-25 10:00", "citizenship", id="citizen"),
    pytest.param([a_retraction(RELEASE_DUE)], "2012-02-27 13:00", "retracted", id="retracted"),
]


@pytest.mark.parametrize(("events", "ended", "by"), ENDS)
def test_a_hold_that_turns_into_something_else_ends_at_once(events: list[HeardEvent], ended: str, by: str) -> None:
    """The ruling says since when and why the window that stood is no longer given."""
    _, before = a_hold()
    matter = answered(a_matter(*ASKED, RELEASE_DUE, *events), when="2012-02-24 09:00")
    ruling = ruled(replace(matter, standing=standing_of(before)), "2012-02-27 13:00")
    assert ruling.window is None
    assert ruling.ends == HoldEnds(at=at(ended), by=by)
    assert not ruling.says_the_same(standing_of(before))


@pytest.mark.parametrize(
    ("event", "by"),
    [(a_pick_up("2012-02-27 11:00"), "pick_up"), (a_release("2012-02-27 11:00"), "release")],
)
def test_who_left_inside_the_window_ended_a_lawful_hold(event: HeardEvent, by: str) -> None:
    """The hold stands as decided; beside what the clock said stands what happened."""
    _, ruling = a_hold(event, when="2012-02-27 12:00")
    assert ruling.finding.outcome is Outcome.HOLD
    assert ruling.window is not None
    assert (ruling.window.ended_at, ruling.window.ended_by) == (at("2012-02-27 11:00"), by)


def test_who_left_before_release_was_due_had_no_window() -> None:
    """A window cannot open on someone who is not there."""
    _, ruling = a_hold(a_release("2012-02-24 12:00"))
    assert ruling.window is None
