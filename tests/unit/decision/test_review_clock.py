"""By when a review wants its answer: always before it is due, and never before it was asked."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.decision.review_clock import clock_of
from services.decision.reviewing import REASONS, ReviewRules

ASKED = datetime(2012, 2, 22, 17, tzinfo=UTC)
ROOM = timedelta(hours=6)


def test_an_answer_is_wanted_with_room_to_tell_it() -> None:
    """Two days of time: the answer six hours before the end, the reminder half way."""
    clock = clock_of(ASKED, ASKED + timedelta(hours=48), ROOM)
    assert clock.answer_by == ASKED + timedelta(hours=42)
    assert clock.remind_at == ASKED + timedelta(hours=21)


def test_short_time_is_halved() -> None:
    """Four hours left: two to answer, two to tell."""
    clock = clock_of(ASKED, ASKED + timedelta(hours=4), ROOM)
    assert (clock.answer_by, clock.remind_at) == (ASKED + timedelta(hours=2), ASKED + timedelta(hours=1))


def test_what_is_due_already_is_wanted_at_once() -> None:
    """A question that came late is called for as it is put, and not before."""
    clock = clock_of(ASKED, ASKED - timedelta(hours=9), ROOM)
    assert clock.answer_by == clock.remind_at == ASKED
    assert clock.next_call(ASKED) is None


@given(left=st.timedeltas(timedelta(days=-3), timedelta(days=9)), room=st.timedeltas(timedelta(), timedelta(days=3)))
def test_the_instants_stand_in_order(left: timedelta, room: timedelta) -> None:
    """Asked, reminded, wanted, due: in this order whatever the numbers are, with half the time at least to answer."""
    due_by = ASKED + left
    clock = clock_of(ASKED, due_by, room)
    assert ASKED <= clock.remind_at <= clock.answer_by <= max(ASKED, due_by)
    assert clock.answer_by - ASKED >= max(left, timedelta()) // timedelta(microseconds=2) * timedelta(microseconds=1)


def test_each_call_comes_once() -> None:
    """After the reminder the escalation, after that nothing."""
    clock = clock_of(ASKED, ASKED + timedelta(hours=48), ROOM)
    assert clock.next_call(ASKED) == clock.remind_at
    assert clock.next_call(clock.remind_at) == clock.answer_by
    assert clock.next_call(clock.answer_by) is None


def test_a_claim_runs_out_before_the_answer_is_wanted() -> None:
    """Nobody sits on a review past the instant that others need; after it a claim lasts its time again."""
    rules = ReviewRules(claim=timedelta(hours=4))
    assert rules.claim_until(ASKED, ASKED + timedelta(hours=9)) == ASKED + timedelta(hours=4)
    assert rules.claim_until(ASKED, ASKED + timedelta(hours=1)) == ASKED + timedelta(hours=1)
    assert rules.claim_until(ASKED, ASKED - timedelta(hours=1)) == ASKED + timedelta(hours=4)


def test_every_reason_is_explained() -> None:
    """A named reason says what it means in a sentence, and fits the route's form."""
    assert all(meaning.endswith(".") and code.replace("_", "").isalnum() for code, meaning in REASONS.items())
