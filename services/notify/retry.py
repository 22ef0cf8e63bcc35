"""Pure: when to try again, and when to call a person; all in the time that the notice's deadline lives in."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.dossier import Kind, Margins, Notice

#: Beyond this power every wait is the longest one.
_STEEPEST = 20


def receipt_by(notice: Notice, sent_at: datetime, margins: Margins) -> datetime:
    """Give the instant by which a receipt is awaited, while there still is time to reach the recipient otherwise.

    The end of a hold may be acknowledged until it is due, which is its closing: there is no time left after it.
    """
    due_by = max(notice.due_by, sent_at + margins.grace) if notice.due_by <= sent_at else notice.due_by
    return due_by if notice.kind is Kind.HOLD_ENDED else min(sent_at + margins.receipt, due_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a failed attempt is followed by the next; the numbers are settings."""

    #: The first wait; each is so many times the one before, up to the longest.
    first: timedelta = timedelta(seconds=5)
    factor: float = 3
    longest: timedelta = timedelta(minutes=30)
    #: One more attempt is made so long before the notice is due, however long the wait would have been.
    last_chance: timedelta = timedelta(minutes=1)
    #: The end of a hold is worth telling even when it is too late to be in time.
    end_told: timedelta = timedelta(hours=24)
    #: An endpoint is dead after so many failures in a row over so long.
    dead_failures: int = 10
    dead_after: timedelta = timedelta(hours=4)


def next_attempt(
    notice: Notice, tries: int, at: datetime, patience: Patience, *, seed: str, retry_after: timedelta | None = None
) -> datetime | None:
    """Give when to try again after ``tries`` attempts, the last of them at ``at``; None when it is over.

    Waits are exponential, with a jitter that only ``seed`` decides. What the receiver asks for is granted
    as far as the deadline lets it: manners give way to the last chance before the notice is due.
    """
    wait = min(patience.first * patience.factor ** min(tries - 1, _STEEPEST), patience.longest)
    wait = wait * (0.5 + 0.5 * _fraction(f"{seed}/{tries}"))
    next_at = at + max(wait, retry_after or wait)
    last_chance = notice.due_by - patience.last_chance
    if at < last_chance < next_at:
        return last_chance
    ends_at = notice.due_by + (patience.end_told if notice.kind is Kind.HOLD_ENDED else timedelta(0))
    return next_at if next_at < ends_at else None


def is_dead(failures: int, failing_since: datetime | None, now: datetime, patience: Patience) -> bool:
    """Tell whether an endpoint has failed so often and for so long that it is suspended, and a person told."""
    if failing_since is None or failures < patience.dead_failures:
        return False
    return now - failing_since >= patience.dead_after


def _fraction(seed: str) -> float:
    """Give a number from 0 up to 1 that looks like chance and can be had again."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6]) / 2**48
