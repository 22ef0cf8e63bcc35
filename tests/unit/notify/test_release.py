"""May the jail release? Only live authority says no."""

from datetime import timedelta

import pytest

from services.notify.dossier import Dossier
from services.notify.release import UNKNOWN, check
from shared.domain.events import DecisionRecorded
from tests.support.decisions import CLOSES, NOW, OPENS, a_decision, a_hold, a_window
from tests.unit.notify.test_plan_answers import heard

HOUR = timedelta(hours=1)


def test_an_open_window_is_a_hold_until_it_closes() -> None:
    """The answer names the instant and the law."""
    found = check([heard(a_hold(), now=OPENS)], OPENS + HOUR)
    assert (found.until, found.post_release_due, found.citation) == (
        CLOSES,
        False,
        "Governor's direction of 2012-02-20",
    )


def test_at_the_closing_instant_there_is_no_hold() -> None:
    """A deadline is exclusive, even while the row still says open."""
    assert check([heard(a_hold(), now=OPENS)], CLOSES).until is None


def test_a_standing_hold_counts_from_now_and_asks_for_the_event() -> None:
    """Release at Friday 17:00 would end Tuesday 17:00."""
    found = check([heard(a_decision())], OPENS)
    assert (found.until, found.post_release_due) == (CLOSES, True)


def test_a_release_due_ahead_does_not_stretch_the_hold() -> None:
    """Asked earlier than reported, the hold would end no later than the window that stands."""
    sooner = a_window(closes_at=OPENS + HOUR)
    found = check([heard(a_hold(window=sooner))], OPENS - HOUR)
    assert (found.until, found.post_release_due) == (OPENS + HOUR, True)


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (a_decision(outcome="RELEASE"), "not to be honoured"),
        (a_decision(outcome="NOTIFY_ONLY"), "tell ICE"),
        (a_decision(outcome="REVIEW"), "yet to decide"),
        (a_decision(other_custody=True), "criminal warrant"),
        (a_decision(gone_at=NOW), "has ended"),
        (a_decision(clocks=[]), "no hold window is open"),
        (a_decision(clocks=["NO_SUCH_CLOCK"]), "no hold window is open"),
        (a_decision(clocks=["NC_RECEIPT"]), "no hold window is open"),
        (a_decision(clocks=["NO_HOLD"]), "no hold window is open"),
        (a_decision(release_due_at=OPENS), "no hold window is open"),
        (a_hold(window=a_window(ended_at=OPENS + HOUR, ended_by="cancelled")), "has closed"),
    ],
)
def test_everything_else_is_no_hold(decision: DecisionRecorded, words: str) -> None:
    """Each refusal says why, with the citation of the decision."""
    found = check([heard(decision, now=OPENS)], OPENS + HOUR)
    assert found.until is None
    assert words in found.reason
    assert "no immigration hold" in found.reason


def test_an_unknown_booking_is_no_hold() -> None:
    """Silence is never authority."""
    assert check([], NOW) == UNKNOWN
    assert check([Dossier()], NOW) == UNKNOWN


def test_of_several_detainers_the_longest_hold_counts() -> None:
    """Each detainer has a window of its own."""
    short = heard(a_hold(window=a_window(closes_at=OPENS + HOUR)), now=OPENS)
    found = check([heard(a_decision(outcome="RELEASE")), short, heard(a_hold(), now=OPENS)], OPENS)
    assert found.until == CLOSES
