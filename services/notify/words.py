"""The sentences of every notice, by version: what is read by a jail at night must be plain and complete.

No sentence tells anyone to free a person: it says that there is, is not, or is no longer an immigration
hold, and that this is all it speaks of.
"""

from collections.abc import Mapping
from types import MappingProxyType

#: Stands in every notice, so that a sentence can be traced to the words in force when it was sent.
VERSION = "en-2"

SCOPE = "This speaks of the immigration request alone, and says nothing of any other ground for custody."
CAME_LATE = "It comes late: what it answers was heard when its time had already passed."
CORRECTS = "This corrects notice {replaces}."
ENDS = "This takes the place of notice {replaces}."
BASIS = "Basis: {citation}."

#: By kind, and by outcome or by what has become of the window.
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "HOLD": (
            "Detainer {detainer_id} on booking {booking_number}: an immigration hold is allowed once release is due,"
            " and only until its window closes."
        ),
        "HOLD.window": "The window is from {opens_at} until {closes_at} at the latest ({clock}).",
        "release": "By what the jail has told, release is due or expected at {release_at}.",
        "NOTIFY_ONLY": (
            "Detainer {detainer_id} on booking {booking_number}: there is no immigration hold, or no longer one;"
            " ICE may be told when release is due."
        ),
        "RELEASE": (
            "Detainer {detainer_id} on booking {booking_number}: there is no immigration hold, or no longer one."
        ),
        "REVIEW": (
            "Detainer {detainer_id} on booking {booking_number}: a person has yet to decide;"
            " until then there is no immigration hold."
        ),
        "hold_opened": (
            "The immigration hold on booking {booking_number} (detainer {detainer_id}) opened at {opens_at} and ends at"
            " {closes_at} at the latest ({clock}). From that instant there is no immigration hold, whether or not ICE"
            " has come."
        ),
        "hold_closing": (
            "The immigration hold on booking {booking_number} (detainer {detainer_id}) ends at {closes_at}, {left} from"
            " now ({clock}). From that instant there is no immigration hold, whether or not ICE has come."
        ),
        "hold_ended": (
            "The immigration hold on booking {booking_number} (detainer {detainer_id}) ends at {closes_at} ({clock})."
            " From that instant there is no longer an immigration hold, whether or not ICE has come."
        ),
        "hold_ended.closed": (
            "The immigration hold on booking {booking_number} (detainer {detainer_id}) ended at {ended_at}: {why}."
            " There is no longer an immigration hold."
        ),
        "hold_ended.untimed": (
            "The immigration hold on booking {booking_number} (detainer {detainer_id}) has ended."
            " There is no longer an immigration hold."
        ),
        "unmatched": (
            "Detainer {detainer_id} could not be tied to anyone in custody at {facility_ori} so far. Nothing has been"
            " decided on it, and there is no immigration hold."
        ),
    }
)

#: Why a window ended, as part of a sentence.
WHY: Mapping[str, str] = MappingProxyType(
    {
        "clock": "its time had run out",
        "pick_up": "ICE took custody",
        "release": "custody at the jail ended",
        "cancelled": "the detainer was cancelled",
        "citizenship": "citizenship was verified",
        "superseded": "a later decision took its place",
        "retracted": "release was not due after all",
    }
)
