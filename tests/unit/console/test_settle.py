"""Nothing counts as settled while anything is in flight, due or being signed."""

from dataclasses import replace
from datetime import timedelta

from services.console.play.settle import Look, unsettled
from tests.unit.console.plays import NOON

CASES = ("custody.cases.v1", 0)
STILL = Look(instant=NOON, letters=frozenset(), due={}, offsets={CASES: 4}, feeds={})


def test_read_to_the_end_with_nothing_due_is_settled() -> None:
    """Offsets at the ends, outboxes empty, the next timer still ahead."""
    look = replace(STILL, due={"notify": NOON + timedelta(seconds=1)})
    assert unsettled(look, {CASES: 4}, NOON) == []
    assert look.next_due == NOON + timedelta(seconds=1)


def test_a_partition_not_read_to_its_end_is_named() -> None:
    """One record in flight is enough; a partition that nobody has begun counts from nought."""
    assert unsettled(STILL, {CASES: 5}, NOON) == ["custody.cases.v1 [0] is read to 4 of 5"]
    assert unsettled(replace(STILL, offsets={}), {CASES: 1}, NOON) == ["custody.cases.v1 [0] is read to 0 of 1"]
    assert unsettled(replace(STILL, offsets={}), {CASES: 0}, NOON) == []


def test_a_letter_or_a_timer_due_now_is_named() -> None:
    """What is due at this very instant has to be done before the clock moves on."""
    look = replace(STILL, letters=frozenset({"decision"}), due={"intake": NOON})
    assert unsettled(look, {CASES: 4}, NOON) == [
        "decision's outbox is not empty",
        f"intake has a timer due since {NOON.isoformat()}",
    ]
