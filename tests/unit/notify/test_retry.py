"""When a receipt is awaited, and when what failed is tried again."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from string import ascii_lowercase

import pytest

from services.notify import plan, retry
from services.notify.dossier import Dossier, Kind, Margins, Notice
from services.notify.draft import Moment
from services.notify.retry import Patience
from tests.support.decisions import CLOSES, DUE, NOW, a_hold, ids

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
MARGINS, PATIENCE = Margins(), Patience()


def a_notice(kind: Kind = Kind.DECISION) -> Notice:
    """Give a notice of a hold, as planned."""
    moment = Moment(now=NOW, margins=MARGINS, new_id=ids().__next__)
    return next(n for n in plan.after(Dossier(), a_hold(), moment).notices if n.kind is kind)


@pytest.mark.parametrize(
    ("kind", "due_by", "sent_at", "awaited"),
    [
        (Kind.DECISION, DUE, NOW, NOW + 4 * HOUR),
        (Kind.DECISION, DUE, DUE - HOUR, DUE),
        (Kind.DECISION, DUE, DUE, DUE + 15 * MINUTE),
        (Kind.DECISION, DUE, DUE + HOUR, DUE + 75 * MINUTE),
        (Kind.HOLD_ENDED, CLOSES, CLOSES - 15 * MINUTE, CLOSES),
        (Kind.HOLD_ENDED, CLOSES, CLOSES - 10 * HOUR, CLOSES),
    ],
)
def test_a_receipt_is_awaited_while_there_is_time(
    kind: Kind, due_by: datetime, sent_at: datetime, awaited: datetime
) -> None:
    """Four hours after sending, never beyond the due time; of an end of hold until it closes."""
    notice = replace(a_notice(kind), due_by=due_by)
    assert retry.receipt_by(notice, sent_at, MARGINS) == awaited


def waits(notice: Notice, at: datetime, patience: Patience = PATIENCE, seed: str = "a") -> list[datetime]:
    """Give every attempt of a notice that never gets through."""
    attempts = [at]
    while (next_at := retry.next_attempt(notice, len(attempts), attempts[-1], patience, seed=seed)) is not None:
        assert next_at > attempts[-1]
        attempts.append(next_at)
    return attempts


def test_waits_grow_to_the_longest_and_end_before_the_notice_is_due() -> None:
    """Seconds at first, half an hour at most, a last chance a minute before, and nothing beyond the due time."""
    attempts = waits(a_notice(), NOW)
    assert attempts[1] - NOW <= 5 * SECOND
    assert max(later - earlier for earlier, later in pairwise(attempts)) <= 30 * MINUTE
    assert DUE - MINUTE in attempts
    assert attempts[-1] < DUE


@pytest.mark.parametrize("minutes", [15, 60, 24 * 60])
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_every_schedule_is_fitted_into_the_time_there_is(minutes: int, seed: str) -> None:
    """Whatever time is left and however the dice fall, there is a last chance a minute ahead."""
    notice = replace(a_notice(), due_by=NOW + minutes * MINUTE)
    attempts = waits(notice, NOW, seed=seed)
    assert notice.due_by - MINUTE in attempts
    assert attempts[-1] < notice.due_by
    assert len(attempts) >= 5


def test_jitter_parts_those_that_failed_together() -> None:
    """Two notices to one endpoint do not come back at one instant; the same one always does."""
    notice = a_notice()
    again = sorted(retry.next_attempt(notice, 4, NOW, PATIENCE, seed=seed) or NOW for seed in ascii_lowercase)
    assert again[-1] - again[0] > 30 * SECOND
    assert again == sorted(retry.next_attempt(notice, 4, NOW, PATIENCE, seed=seed) or NOW for seed in ascii_lowercase)
    assert NOW + 67 * SECOND < again[0] < again[-1] <= NOW + 135 * SECOND


@pytest.mark.parametrize(
    ("at", "asked", "next_at"),
    [
        (NOW, 2 * HOUR, NOW + 2 * HOUR),
        (NOW, 100 * HOUR, DUE - MINUTE),
        (DUE - MINUTE, 2 * MINUTE, None),
        (DUE, timedelta(0), None),
    ],
)
def test_a_receivers_wish_is_granted_as_far_as_the_deadline_lets_it(
    at: datetime, asked: timedelta, next_at: datetime | None
) -> None:
    """Later than our own wait, but never later than the last chance."""
    assert retry.next_attempt(a_notice(), 1, at, PATIENCE, seed="a", retry_after=asked) == next_at


def test_the_end_of_a_hold_is_tried_beyond_its_due_time() -> None:
    """A jail that comes back an hour after closing still learns that there is no hold."""
    notice = a_notice(Kind.HOLD_ENDED)
    attempts = waits(notice, CLOSES - 15 * MINUTE)
    assert CLOSES - MINUTE in attempts
    assert CLOSES + 23 * HOUR < attempts[-1] < CLOSES + 24 * HOUR


@pytest.mark.parametrize(
    ("failures", "hours", "dead"), [(10, 4, True), (9, 40, False), (400, 3.9, False), (10, None, False)]
)
def test_an_endpoint_is_dead_by_number_and_by_time(failures: int, hours: float | None, *, dead: bool) -> None:
    """Neither one bad night's single notice nor a burst of a minute's failures suspends anybody."""
    since = None if hours is None else NOW - hours * HOUR
    assert retry.is_dead(failures, since, NOW, PATIENCE) is dead
