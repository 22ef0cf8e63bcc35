"""Pure: by when a review wants its answer, and when a person is called if it has none."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: An answer is wanted so long before it is due, unless settings say otherwise.
ROOM_HOURS = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewClock:
    """The instants of one review; what it is due by leaves room after them to tell jail and ICE."""

    #: When whoever answers is reminded.
    remind_at: datetime
    #: By when the answer is wanted; then others are called.
    answer_by: datetime

    def next_call(self, now: datetime) -> datetime | None:
        """Give when a person is called next; None once both calls are over."""
        return next((at for at in (self.remind_at, self.answer_by) if at > now), None)


def clock_of(asked_at: datetime, due_by: datetime, room: timedelta) -> ReviewClock:
    """Give the clock of a question put at ``asked_at``.

    The answer is wanted ``room`` before it is due, since a REVIEW that still stands is told as such. Where so
    little time is left that the room would take half of it or more, the half is left; the reminder halves the rest.
    """
    left = max(due_by - asked_at, timedelta())
    answer_by = asked_at + left - min(room, left / 2)
    return ReviewClock(remind_at=asked_at + (answer_by - asked_at) / 2, answer_by=answer_by)
