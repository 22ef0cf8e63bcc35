"""Pure: whom mail goes to when a notice is not with its recipient, and when; the facility sets the ladder."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.dossier import Kind, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A named person, and how long a notice may lie before that person has mail."""

    number: int
    name: str
    address: str
    after: timedelta


def climbed_at(notice: Notice, rung: Rung, sent_at: datetime, last_call: timedelta) -> datetime:
    """Give when a rung has its turn: in time for somebody to act, whatever the ladder says.

    The end of a hold goes out on every way at once, so the first rung has it as it is sent. Where the
    minutes reach beyond ``last_call`` before the notice is due, they are cut to that.
    """
    if notice.kind is Kind.HOLD_ENDED and rung.number == 1:
        return sent_at
    at = sent_at + rung.after
    if notice.due_by <= sent_at:
        return at
    return min(at, max(sent_at, notice.due_by - last_call))


def goes_whatever(notice: Notice, rung: int) -> bool:
    """Tell whether mail goes even if the notice has arrived by another way: the end of a hold, to the first rung."""
    return notice.kind is Kind.HOLD_ENDED and rung == 1
