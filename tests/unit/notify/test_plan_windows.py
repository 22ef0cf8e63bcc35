"""What a decision makes of hold windows, and which notices a window has."""

from datetime import timedelta
from itertools import product

import pytest

from services.notify.dossier import Dossier, Kind, Notice, Stage, WindowState
from shared.domain.events import HoldEnds
from tests.support.decisions import CLOSES, NOW, OPENS, OTHER_ORI, a_decision, a_hold, a_window
from tests.unit.notify.test_plan_answers import JAIL, QUARTER, heard, sent

HOUR = timedelta(hours=1)
MIDDLE = OPENS + 10 * HOUR


def times(dossier: Dossier, kind: Kind, recipient: str = JAIL, stage: Stage = Stage.PLANNED) -> list[Notice]:
    """Give notices of a kind at a stage."""
    return [n for n in dossier.notices if (n.kind, n.recipient, n.stage) == (kind, recipient, stage)]


def test_a_window_ahead_is_planned_with_all_its_notices() -> None:
    """Opening, three warnings and the end exist before the window opens, each with its own deadline."""
    dossier = heard(a_hold())
    (window,) = dossier.windows
    assert (window.state, window.opens_at, window.closes_at) == (WindowState.PLANNED, OPENS, CLOSES)
    (opened,) = times(dossier, Kind.HOLD_OPENED)
    assert (opened.send_at, opened.due_by) == (OPENS, OPENS + QUARTER)
    closing = [n.send_at for n in times(dossier, Kind.HOLD_CLOSING)]
    assert closing == [CLOSES - 24 * HOUR, CLOSES - 4 * HOUR, CLOSES - HOUR]
    (ended,) = times(dossier, Kind.HOLD_ENDED)
    assert (ended.send_at, ended.due_by) == (CLOSES - QUARTER, CLOSES)


def test_ice_is_told_of_opening_and_end_but_not_warned() -> None:
    """Warnings are for whoever holds the person."""
    kinds = [n.kind for n in heard(a_hold()).notices if n.recipient == "ice"]
    assert sorted(kinds) == [Kind.DECISION, Kind.HOLD_ENDED, Kind.HOLD_OPENED]


def test_a_window_that_has_begun_is_open_and_told_at_once() -> None:
    """Release was due before we heard of it."""
    dossier = heard(a_hold(), now=MIDDLE)
    assert dossier.windows[0].state is WindowState.OPEN
    assert times(dossier, Kind.HOLD_OPENED)[0].send_at == MIDDLE


def test_warnings_that_are_past_are_left_out() -> None:
    """Heard two hours before closing, only the last warning is of use."""
    dossier = heard(a_hold(), now=CLOSES - 2 * HOUR)
    assert [n.send_at for n in times(dossier, Kind.HOLD_CLOSING)] == [CLOSES - HOUR]


def test_a_short_window_is_told_to_end_when_it_opens_and_never_before() -> None:
    """Ten minutes leave no quarter of an hour ahead."""
    dossier = heard(a_hold(window=a_window(closes_at=OPENS + 10 * HOUR / 60)))
    assert times(dossier, Kind.HOLD_ENDED)[0].send_at == OPENS
    assert times(dossier, Kind.HOLD_OPENED)[0].due_by == OPENS + timedelta(minutes=10)


def test_a_window_that_has_ended_is_closed_at_birth_and_its_end_told_at_once() -> None:
    """There is nothing to open or warn of, but its end must exist."""
    told = a_window(ended_at=MIDDLE, ended_by="pick_up")
    dossier = heard(a_hold(window=told), now=MIDDLE + HOUR)
    (window,) = dossier.windows
    assert (window.state, window.ended_at, window.ended_by) == (WindowState.CLOSED, MIDDLE, "pick_up")
    assert {n.kind for n in dossier.notices} == {Kind.DECISION, Kind.HOLD_ENDED}
    (ended,) = times(dossier, Kind.HOLD_ENDED)
    assert (ended.send_at, ended.due_by) == (MIDDLE + HOUR, MIDDLE + HOUR + QUARTER)


def test_a_window_that_is_over_when_heard_of_was_ended_by_the_clock() -> None:
    """A window never opens after its closing instant."""
    (window,) = heard(a_hold(), now=CLOSES).windows
    assert (window.state, window.ended_at, window.ended_by) == (WindowState.CLOSED, CLOSES, "clock")


def test_a_window_that_would_close_before_it_opens_is_no_authority() -> None:
    """Doubt never turns into a hold."""
    assert heard(a_hold(window=a_window(closes_at=OPENS))).windows == ()


def test_the_closing_instant_moves_earlier_and_its_notices_with_it() -> None:
    """Warnings and end keep their distance from the closing."""
    sooner = CLOSES - 5 * HOUR
    dossier = heard(a_hold(), a_hold(2, window=a_window(closes_at=sooner)))
    assert [w.closes_at for w in dossier.windows] == [sooner]
    assert [n.send_at for n in times(dossier, Kind.HOLD_CLOSING)] == [
        sooner - 24 * HOUR,
        sooner - 4 * HOUR,
        sooner - HOUR,
    ]
    assert [(n.send_at, n.due_by) for n in times(dossier, Kind.HOLD_ENDED)] == [(sooner - QUARTER, sooner)]


def test_the_closing_instant_never_moves_later() -> None:
    """Nothing stretches a hold."""
    dossier = heard(a_hold(), a_hold(2, window=a_window(closes_at=CLOSES + HOUR)))
    assert [w.closes_at for w in dossier.windows] == [CLOSES]


def test_warnings_that_a_move_puts_into_the_past_are_dropped() -> None:
    """The correction tells the new instant; an old distance means nothing."""
    open_now = sent(heard(a_hold(), now=OPENS), OPENS)
    dossier = heard(a_hold(2, window=a_window(closes_at=MIDDLE + 2 * HOUR)), now=MIDDLE, dossier=open_now)
    assert [n.send_at for n in times(dossier, Kind.HOLD_CLOSING)] == [MIDDLE + HOUR]


def test_a_closing_instant_moved_into_the_past_closes_at_once() -> None:
    """The hold is over as of that instant."""
    open_now = heard(a_hold(), now=OPENS)
    (window,) = heard(a_hold(2, window=a_window(closes_at=MIDDLE - HOUR)), now=MIDDLE, dossier=open_now).windows
    assert (window.ended_at, window.ended_by) == (MIDDLE - HOUR, "clock")


def test_an_end_closes_the_window_and_is_told_at_once() -> None:
    """What was still to be said of opening and warnings is overtaken."""
    open_now = sent(heard(a_hold(), now=OPENS), OPENS)
    told = a_window(ended_at=MIDDLE - HOUR, ended_by="pick_up")
    dossier = heard(a_hold(2, window=told), now=MIDDLE, dossier=open_now)
    assert (dossier.windows[0].ended_at, dossier.windows[0].ended_by) == (MIDDLE - HOUR, "pick_up")
    assert times(dossier, Kind.HOLD_CLOSING) == []
    assert len(times(dossier, Kind.HOLD_CLOSING, stage=Stage.REPLACED)) == 3
    assert [(n.send_at, n.due_by) for n in times(dossier, Kind.HOLD_ENDED)] == [(MIDDLE, MIDDLE + QUARTER)]


@pytest.mark.parametrize("by", ["cancelled", "citizenship", "retracted", "release"])
def test_a_decision_without_window_says_what_ended_the_hold(by: str) -> None:
    """The instant is that of the event and not of our hearing it."""
    dossier = heard(a_hold(), now=OPENS)
    ends = HoldEnds(at=MIDDLE - HOUR, by=by)
    (window,) = heard(a_decision(2, "RELEASE", ends=ends), now=MIDDLE, dossier=dossier).windows
    assert (window.state, window.ended_at, window.ended_by) == (WindowState.CLOSED, MIDDLE - HOUR, by)


def test_a_decision_that_gives_no_reason_supersedes() -> None:
    """A HOLD that turns into anything else closes at once."""
    (window,) = heard(a_decision(2, "RELEASE"), now=MIDDLE, dossier=heard(a_hold(), now=OPENS)).windows
    assert (window.ended_at, window.ended_by) == (MIDDLE, "superseded")


def test_what_happened_at_closing_or_later_did_not_end_the_hold() -> None:
    """A pick-up after the closing instant found no hold of ours."""
    told = a_window(ended_at=CLOSES, ended_by="pick_up")
    (window,) = heard(a_hold(2, window=told), now=CLOSES, dossier=heard(a_hold(), now=OPENS)).windows
    assert (window.ended_at, window.ended_by) == (CLOSES, "clock")


def test_a_closed_window_learns_that_it_had_ended_sooner() -> None:
    """News of a pick-up before closing may come after the clock has run out."""
    closed = heard(a_hold(), now=CLOSES)
    told = a_window(ended_at=MIDDLE, ended_by="pick_up")
    dossier = heard(a_hold(2, window=told), now=CLOSES + HOUR, dossier=closed)
    assert [(w.ended_at, w.ended_by) for w in dossier.windows] == [(MIDDLE, "pick_up")]


def test_a_closed_window_never_learns_that_it_ended_later() -> None:
    """The first end stands."""
    closed = heard(a_hold(), a_decision(2, "RELEASE"), now=MIDDLE)
    told = a_window(ended_at=MIDDLE + HOUR, ended_by="pick_up")
    dossier = heard(a_hold(3, window=told), now=MIDDLE + 2 * HOUR, dossier=closed)
    assert [(w.ended_at, w.ended_by) for w in dossier.windows] == [(MIDDLE, "superseded")]


def test_a_closed_window_does_not_open_again() -> None:
    """The jail was told that the hold had ended, and may have acted on it."""
    dossier = heard(a_hold(), a_decision(2, "RELEASE"), a_hold(3), now=MIDDLE)
    assert [w.state for w in dossier.windows] == [WindowState.CLOSED]


def test_another_release_due_opens_another_window() -> None:
    """The first was taken back, so state custody never ended then."""
    later = a_window(opens_at=OPENS + 3 * HOUR)
    dossier = heard(a_hold(), a_hold(2, window=later), now=NOW)
    assert [w.state for w in dossier.windows] == [WindowState.CLOSED, WindowState.PLANNED]
    assert len(times(dossier, Kind.HOLD_ENDED)) == 2


def test_a_transfer_carries_the_hold_along_and_stretches_nothing() -> None:
    """The old jail's window ends, the new jail's closes no later than the old one would have."""
    moved = a_hold(2, facility_ori=OTHER_ORI, window=a_window(closes_at=CLOSES + HOUR))
    dossier = heard(moved, now=MIDDLE, dossier=heard(a_hold(), now=OPENS))
    assert [(w.facility_ori, w.closes_at, w.state) for w in dossier.windows][1] == (
        OTHER_ORI,
        CLOSES,
        WindowState.OPEN,
    )
    assert dossier.windows[0].ended_by == "superseded"


def test_the_order_of_batches_changes_nothing() -> None:
    """Decisions heard one by one or all at once, with repeats and stragglers, leave the same windows."""
    story = [
        a_decision(1, "REVIEW"),
        a_hold(2),
        a_hold(3, window=a_window(closes_at=CLOSES - HOUR)),
        a_decision(4, "RELEASE", ends=HoldEnds(at=MIDDLE, by="cancelled")),
    ]
    expected = heard(*story, now=MIDDLE + HOUR)
    for cut, again in product(range(len(story)), repeat=2):
        dossier = heard(*story[:cut], now=MIDDLE + HOUR)
        dossier = (
            heard(*story[again:], now=MIDDLE + HOUR, dossier=dossier)
            if again <= cut
            else heard(*story[cut:], *story[:again], now=MIDDLE + HOUR, dossier=dossier)
        )
        assert [(w.closes_at, w.ended_at, w.ended_by) for w in dossier.windows] == [
            (w.closes_at, w.ended_at, w.ended_by) for w in expected.windows
        ]
        assert [(n.kind, n.recipient, n.stage, n.send_at) for n in dossier.notices] == [
            (n.kind, n.recipient, n.stage, n.send_at) for n in expected.notices
        ]


def test_every_window_has_its_end_and_every_notice_names_it() -> None:
    """A hold without its end cannot exist, and a jail cut off from us can end it alone."""
    dossier = heard(a_hold())
    for notice in (n for n in dossier.notices if n.window_id):
        assert notice.body is not None
        assert notice.body["window"]["closes_at"] == "2012-02-28T17:00:00-05:00"
        assert notice.body["rule"] == "commissioner-hold"
        assert notice.body["citation"] == "Governor's direction of 2012-02-20"
        assert "immigration request alone" in notice.body["text"]


@pytest.mark.parametrize("recipient", [JAIL, "ice"])
def test_the_end_takes_the_place_of_the_opening(recipient: str) -> None:
    """Whoever was told of a hold can tell which notice no longer counts."""
    dossier = heard(a_hold())
    (opened,), (ended,) = (times(dossier, kind, recipient) for kind in (Kind.HOLD_OPENED, Kind.HOLD_ENDED))
    assert ended.replaces == opened.id
