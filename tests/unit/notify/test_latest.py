"""A notice that is due leaves only while it still is the latest word."""

from dataclasses import replace

import pytest

from services.notify.dossier import Kind, Stage, WindowState
from services.notify.latest import fate
from tests.support.decisions import CLOSES, OPENS, a_decision, a_hold
from tests.unit.notify.test_compose import WINDOW, a_notice


def test_an_answer_leaves_while_its_decision_stands() -> None:
    """A later decision has answers of its own."""
    assert fate(a_notice(), a_decision(1), None, OPENS) is Stage.SENT
    assert fate(a_notice(), a_decision(2), None, OPENS) is Stage.REPLACED


def test_unmatched_leaves_while_nothing_is_decided() -> None:
    """A decision means that someone was found."""
    assert fate(a_notice(Kind.UNMATCHED, "ice"), None, None, OPENS) is Stage.SENT
    assert fate(a_notice(Kind.UNMATCHED, "ice"), a_decision(), None, OPENS) is Stage.REPLACED


@pytest.mark.parametrize("kind", [Kind.HOLD_OPENED, Kind.HOLD_CLOSING])
def test_opening_and_warnings_need_an_open_window(kind: Kind) -> None:
    """Before it opens they wait; once it has closed they are wrong."""
    notice = a_notice(kind, window_id=WINDOW.id)
    planned = replace(WINDOW, state=WindowState.PLANNED)
    assert fate(notice, a_hold(), WINDOW, OPENS) is Stage.SENT
    assert fate(notice, a_hold(), planned, OPENS) is Stage.PLANNED
    assert fate(notice, a_hold(), WINDOW, CLOSES) is Stage.REPLACED
    assert fate(notice, a_hold(), WINDOW.closed(OPENS, "cancelled"), OPENS) is Stage.REPLACED


@pytest.mark.parametrize("at", [OPENS, CLOSES])
def test_an_end_is_told_whatever_became_of_the_window(at: object) -> None:
    """Nobody may be left to believe in a hold."""
    notice = a_notice(Kind.HOLD_ENDED, window_id=WINDOW.id)
    assert fate(notice, a_hold(), WINDOW, at) is Stage.SENT  # type: ignore[arg-type]
    assert fate(notice, a_decision(2, "RELEASE"), WINDOW.closed(OPENS, "superseded"), at) is Stage.SENT  # type: ignore[arg-type]


def test_ice_is_told_of_windows_only_while_it_may_have_the_full_answer() -> None:
    """The law of today counts, not that of the planning."""
    notice = a_notice(Kind.HOLD_OPENED, "ice", window_id=WINDOW.id)
    assert fate(notice, a_hold(ice_answer="outcome"), WINDOW, OPENS) is Stage.REPLACED
