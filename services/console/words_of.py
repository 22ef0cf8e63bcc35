"""What the console calls things: one word for each, on every page."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from services.console.words_of_topics import OF_TOPICS

#: What happens when a deadline of each kind comes: a hold closes, an answer is due, a receipt is wanted.
WORDS_OF: Mapping[str, str] = MappingProxyType(
    {"hold": "hold closes", "answer": "answer due", "review": "review due", "receipt": "receipt wanted"}
)
#: The same in the plural, in the order of the board.
KINDS: Mapping[str, str] = MappingProxyType(
    {"hold": "Holds close", "answer": "Answers due", "review": "Reviews due", "receipt": "Receipts wanted"}
)
#: What each alarm says in a heading.
ALARMS: Mapping[str, str] = MappingProxyType(
    {
        "case_conflict": "Events of a case contradict each other",
        "clock_unconfirmed": "A deadline was counted by one calculator only",
        "clocks_disagree": "Two calculators disagree on a deadline",
        "copy_not_handed_over": "A copy owed to the person was not handed over",
        "event_parked": "A message could not be handled and is set aside",
        "event_waiting": "An event waits for its booking",
        "notice_late": "A notice is late",
        "notice_unacknowledged": "Nobody has acknowledged a notice",
        "promise_broken": "Something was found that must never be",
        "review_waiting": "A review waits, and half of its time is gone",
        "review_overdue": "A review was not answered by when an answer was wanted",
        "review_lapsed": "A review ended in release before anybody answered",
        "release_due_not_reported": "A release was asked about, and not reported since",
    }
)
#: A notice's kind as people say it.
NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "decision": "decision",
        "hold_opened": "hold opened",
        "hold_closing": "warning",
        "hold_ended": "hold ended",
        "correction": "correction",
        "unmatched": "no such booking",
        "person_copy": "person's copy",
    }
)
#: What ended a hold, as one clause.
ENDED_BY: Mapping[str, str] = MappingProxyType(
    {
        "clock": "the time the law allows was over",
        "pick_up": "ICE took the person",
        "release": "the jail released the person",
        "cancelled": "ICE cancelled the detainer",
        "citizenship": "citizenship was verified",
        "superseded": "another decision took its place",
        "retracted": "release was not due after all",
    }
)
#: What an event means in a story: what happened, and a word on it.
EVENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "booking.created": ("Booked.", ""),
        "booking.facts_changed": ("Facts changed.", ""),
        "booking.bond_changed": ("Bond changed.", ""),
        "booking.transferred": ("Transferred.", "Law, clock and recipient are the new facility's from then on."),
        "booking.release_scheduled": ("Release scheduled.", ""),
        "booking.release_due": ("Release due:", "state authority ends."),
        "booking.released": ("Released by the jail.", ""),
        "booking.citizenship_claimed": ("Citizenship claimed.", ""),
        "match.reported": ("Match reported.", "A match is no authority."),
        "match.withdrawn": ("Match withdrawn.", ""),
        "detainer.lodged": ("Detainer lodged.", ""),
        "detainer.served": ("Copy served", "on the person."),
        "detainer.cancelled": ("Detainer cancelled.", ""),
        "custody.assumed": ("ICE took the person.", ""),
    }
)
#: What every template may name.
EVERYWHERE: Mapping[str, Any] = MappingProxyType(
    {"words_of": WORDS_OF, "ended_by": ENDED_BY, "notices_of": NOTICES, "alarms_of": ALARMS, **OF_TOPICS}
)
