"""What notices say, and what they never say."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from services.notify import compose
from services.notify.dossier import HoldWindow, Kind, Notice, Stage, WindowState
from services.notify.words import CAME_LATE, SCOPE, SENTENCES, WHY
from tests.support.decisions import CASE, CLOSES, DETAINER, DUE, NOW, NUMBER, OPENS, ORI, a_decision, a_hold

WINDOW = HoldWindow(
    id=UUID(int=7),
    case_id=CASE,
    detainer_id=DETAINER,
    decision_id=UUID(int=8),
    facility_ori=ORI,
    booking_number=NUMBER,
    opens_at=OPENS,
    closes_at=CLOSES,
    clock="FED_48_BIZ",
    rule="commissioner-hold",
    citation="Governor's direction of 2012-02-20",
    evidence={"calendar": "us-federal@1"},
    state=WindowState.OPEN,
)


def a_notice(kind: Kind = Kind.DECISION, recipient: str = f"jail:{ORI}", **said: object) -> Notice:
    """Give a notice as planned."""
    plain = Notice(
        id=UUID(int=1),
        kind=kind,
        recipient=recipient,
        facility_ori=ORI,
        booking_number=NUMBER,
        detainer_id=DETAINER,
        case_id=CASE,
        number=1,
        stage=Stage.PLANNED,
        send_at=NOW,
        due_by=DUE,
    )
    return replace(plain, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize("recipient", [f"jail:{ORI}", "ice"])
def test_no_words_ever_tell_anyone_to_free_a_person(recipient: str) -> None:
    """Every notice speaks of the immigration hold, and of nothing else that may keep a person."""
    closed = WINDOW.closed(OPENS + timedelta(hours=1), "cancelled")
    outcomes = ("HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW")
    for kind, outcome, window in product(Kind, outcomes, (WINDOW, closed)):
        if kind is Kind.UNMATCHED:
            continue
        decision = a_decision(outcome=outcome)
        text = compose.answer(a_notice(kind, recipient), decision, window, at=OPENS)["text"].lower()
        assert text.endswith(SCOPE.lower())
        assert "immigration hold" in text
        assert not any(words in text for words in ("free the", "free this", "release the", "release this", "let go"))


def test_times_stand_in_the_jails_own_zone() -> None:
    """A jail reads its own clock on the wall."""
    content = compose.answer(a_notice(Kind.HOLD_OPENED), a_hold(), WINDOW, at=OPENS, sent=True)
    assert content["sent_at"] == "2012-02-24T17:00:00-05:00"
    assert content["window"]["closes_at"] == "2012-02-28T17:00:00-05:00"
    assert "2012-02-28T17:00:00-05:00" in content["text"]


def test_a_warning_says_how_much_is_left() -> None:
    """Four hours before closing the jail reads four hours."""
    content = compose.answer(a_notice(Kind.HOLD_CLOSING), a_hold(), WINDOW, at=CLOSES - timedelta(hours=4))
    assert "4 hours from now" in content["text"]


@pytest.mark.parametrize(("by", "why"), WHY.items())
def test_an_end_says_when_and_why(by: str, why: str) -> None:
    """The words follow what had happened by the time of sending."""
    ended = replace(WINDOW, state=WindowState.CLOSED, ended_at=OPENS, ended_by=by)
    content = compose.answer(a_notice(Kind.HOLD_ENDED), a_hold(), ended, at=OPENS)
    assert f"ended at 2012-02-24T17:00:00-05:00: {why}." in content["text"]
    assert content["window"]["ended_by"] == by


def test_a_correction_names_what_it_replaces() -> None:
    """Nobody has to guess which notice no longer counts."""
    content = compose.answer(a_notice(Kind.CORRECTION, replaces=UUID(int=9)), a_decision(), None, at=NOW)
    assert content["replaces"] == str(UUID(int=9))
    assert content["text"].startswith(f"This corrects notice {UUID(int=9)}.")


@pytest.mark.parametrize("outcome", ["RELEASE", "REVIEW"])
@pytest.mark.parametrize("kind", [Kind.CORRECTION, Kind.HOLD_ENDED])
def test_ice_reads_no_release_time_where_there_is_no_hold(outcome: str, kind: Kind) -> None:
    """Window times tell when a person goes free; ICE may know them under HOLD and NOTIFY_ONLY alone."""
    closed = WINDOW.closed(OPENS + timedelta(hours=1), "superseded")
    content = compose.answer(a_notice(kind, "ice"), a_decision(outcome=outcome), closed, at=CLOSES)
    assert content["window"] is None
    assert "2012-02-24T1" not in content["text"]


def test_unmatched_decides_nothing() -> None:
    """ICE learns that nobody was found, and that there is no hold."""
    content = compose.undecided(a_notice(Kind.UNMATCHED, "ice", case_id=None), zone="America/New_York", at=NOW)
    assert (content["outcome"], content["case_id"], content["window"]) == (None, None, None)
    assert "there is no immigration hold" in content["text"]


def test_what_came_late_says_so() -> None:
    """The reader is not left to think that we slept."""
    assert CAME_LATE in compose.answer(a_notice(came_late=True), a_decision(), None, at=NOW)["text"]


def test_every_sentence_can_be_filled() -> None:
    """A sentence with a blank nobody fills would stop a notice at the worst moment."""
    known = {
        "detainer_id",
        "booking_number",
        "facility_ori",
        "opens_at",
        "closes_at",
        "ended_at",
        "clock",
        "left",
        "release_at",
        "why",
    }
    for sentence in SENTENCES.values():
        assert sentence.format_map(dict.fromkeys(known, "x"))
