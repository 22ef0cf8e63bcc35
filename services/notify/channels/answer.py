"""Pure: what a receiver's answer means. Only an answer that names the notice proves that it has arrived."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

_OK, _REDIRECTS, _GONE = range(200, 300), range(300, 400), 410
_WAIT = frozenset({429, 503})
#: Longer waits than this are not believed.
_LONGEST = timedelta(days=7)


class Result(StrEnum):
    """How an attempt ended."""

    #: The answer echoes the id.
    CONFIRMED = "confirmed"
    #: A success that names nothing: a login page, a proxy, a queue that may lose it.
    UNCONFIRMED = "unconfirmed"
    #: Any other status.
    REFUSED = "refused"
    #: 410: the receiver wants no more.
    GONE = "gone"
    REDIRECTED = "redirected"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    #: The name leads to where nothing is sent.
    FORBIDDEN = "forbidden_address"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, or why nothing did."""

    result: Result
    status: int | None = None
    #: What the receiver asked for, if it did.
    retry_after: timedelta | None = None
    took_ms: int = 0


def read(status: int, body: bytes, retry_after: str | None, message_id: str, now: datetime) -> Answer:
    """Read an answer to the message of this id; ``now`` is the machine's time, by which dates are meant."""
    if status in _OK:
        return Answer(Result.CONFIRMED if _echoes(body, message_id) else Result.UNCONFIRMED, status)
    if status in _REDIRECTS:
        return Answer(Result.REDIRECTED, status)
    if status == _GONE:
        return Answer(Result.GONE, status)
    return Answer(Result.REFUSED, status, _wait(retry_after, now) if status in _WAIT else None)


def _echoes(body: bytes, message_id: str) -> bool:
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("id") == message_id


def _wait(text: str | None, now: datetime) -> timedelta | None:
    """Read Retry-After, seconds or a date; None where it says nothing sensible."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), _LONGEST)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), _LONGEST)
