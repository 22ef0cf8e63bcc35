"""The rules that reviewers work by, and the reasons they may name: pure, and said once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """What settings say of the desk."""

    #: A claim keeps others away for so long.
    claim: timedelta = timedelta(hours=4)
    #: Answers that need a second person everywhere.
    second_person: frozenset[str] = frozenset()
    #: An office's work may be handed to somebody else for so long at a time.
    longest_delegation: timedelta = timedelta(days=31)

    def claim_until(self, now: datetime, answer_by: datetime) -> datetime:
        """Give when a claim made now runs out: an answer that is wanted must not wait for one who went home."""
        until = now + self.claim
        return min(until, answer_by) if answer_by > now else until


#: Reasons with a name of their own, so that answers can be counted; any other word is taken too, and stands as it is.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "felony_record": "A conviction of the kind that the law or the office's rule names.",
        "final_order": "A final order of removal, seen and verified.",
        "judicial_warrant": "A judge's warrant, seen and verified.",
        "public_safety": "A risk to public safety, for the reasons given.",
        "no_criterion": "None of the criteria of the law or the office's rule is met.",
        "minor_offence": "The offence is too slight for the law or the office's rule.",
        "identity_in_doubt": "The detainer may speak of somebody else.",
        "citizenship_in_doubt": "The person may be a citizen.",
        "paper_insufficient": "The form or its warrant is not as it must be.",
        "facts_missing": "What would have to be known is not known.",
        "other": "For the reasons given in the reviewer's own words.",
    }
)
