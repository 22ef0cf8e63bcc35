"""A notice that is due leaves only while it still is the latest word."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.dossier import ANSWERS, Kind, Span, Stage, WindowState, jail
from services.notify.latest import fate, still_stands
from tests.support.decisions import CLOSES, OPENS, ORI, OTHER_ORI, a_decision, a_hold
from tests.unit.notify.test_compose import WINDOW, a_notice

JAIL = jail(ORI)
STANDS = {"is_replaced": False}


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


@pytest.mark.parametrize(
    ("number", "said", "recipient", "stands"),
    [
        (1, {}, JAIL, True),
        (2, {}, JAIL, True),
        (2, {"facility_ori": OTHER_ORI}, JAIL, False),
        (2, {"facility_ori": OTHER_ORI}, "ice", True),
        (2, {"ice_answer": "outcome"}, "ice", True),
        (2, {"ice_answer": "none"}, "ice", False),
        (2, {"ice_answer": "none"}, JAIL, True),
    ],
)
def test_an_answer_in_the_feed_stands_until_it_is_corrected(
    number: int, said: dict[str, str], recipient: str, *, stands: bool
) -> None:
    """Decided again the same way it still stands; a jail that has handed the person over gets no more of it."""
    notice = a_notice(recipient=recipient)
    assert still_stands(notice, a_decision(number, **said), None, OPENS, **STANDS) is stands
    assert not still_stands(notice, a_decision(number, **said), None, OPENS, is_replaced=True)


def test_unmatched_in_the_feed_stands_until_something_is_decided() -> None:
    """Whatever is decided corrects it."""
    notice = a_notice(Kind.UNMATCHED, "ice")
    assert still_stands(notice, None, None, OPENS, **STANDS)
    assert not still_stands(notice, a_decision(), None, OPENS, **STANDS)


@pytest.mark.parametrize("kind", [Kind.DECISION, Kind.CORRECTION, Kind.HOLD_OPENED, Kind.HOLD_CLOSING, Kind.HOLD_ENDED])
def test_a_closing_instant_that_has_moved_is_not_named_again(kind: Kind) -> None:
    """A window that now ends sooner, or has ended, makes what named the later instant untrue; its end stays true."""
    window_id = None if kind in ANSWERS else WINDOW.id
    notice = a_notice(kind, window_id=window_id, said=Span(OPENS, CLOSES))
    sooner = replace(WINDOW, closes_at=CLOSES - timedelta(hours=1))
    is_end = kind is Kind.HOLD_ENDED
    assert still_stands(notice, a_hold(), WINDOW, OPENS, **STANDS)
    assert still_stands(notice, a_hold(), sooner, OPENS, **STANDS) is is_end
    assert still_stands(notice, a_hold(), WINDOW.closed(OPENS, "release"), OPENS, **STANDS) is is_end


def test_an_answer_that_tells_of_the_end_itself_stands() -> None:
    """What was first heard of when it was over."""
    notice = a_notice(said=Span(OPENS, CLOSES))
    assert still_stands(notice, a_hold(), WINDOW.closed(OPENS, "release"), CLOSES, told_end=True, **STANDS)
