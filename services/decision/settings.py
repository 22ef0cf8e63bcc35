"""What decision must know at start."""

from datetime import timedelta
from typing import Literal

from services.decision.review_clock import ROOM_HOURS
from services.decision.reviewing import ReviewRules
from shared.runtime.settings import SharedSettings


class Settings(SharedSettings):
    """Decision's own settings, beside those that every service shares."""

    port: int = 8102
    #: An answer is wanted so many hours before jail and ICE must be told; notify tells of a REVIEW 4 hours before.
    review_room_hours: float = ROOM_HOURS
    #: A claim keeps others away for so many hours, and never beyond the instant by which the answer is wanted.
    review_claim_hours: float = 4
    #: Answers that need a second person everywhere, beside those for which the rulebook says so.
    second_person_for: tuple[Literal["HOLD", "RELEASE"], ...] = ()
    #: An office's work may be handed to somebody else for so many days at a time.
    delegation_days: float = 31

    @property
    def review_room(self) -> timedelta:
        """Give how long before it is due an answer is wanted."""
        return timedelta(hours=self.review_room_hours)

    @property
    def review_rules(self) -> ReviewRules:
        """Give the rules that reviewers work by."""
        return ReviewRules(
            claim=timedelta(hours=self.review_claim_hours),
            second_person=frozenset(self.second_person_for),
            longest_delegation=timedelta(days=self.delegation_days),
        )
