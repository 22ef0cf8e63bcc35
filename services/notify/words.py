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
        "recall": (
            "What was said of detainer {detainer_id} on booking {booking_number} is recalled: do not act on it."
            " Until another answer comes there is no immigration hold."
        ),
        "person_copy": (
            "The answer about an immigration hold on booking {booking_number} (detainer {detainer_id}) is to be printed"
            " and handed to the person; say when that was done."
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

#: What a mail says: never a name, a number of a booking or an outcome; by the kind of notice, what to do.
MAIL: Mapping[str, str] = MappingProxyType(
    {
        "letter": (
            "{name}, for {recipient}:\n\n{what}\n\n"
            "Notice:    {notice_id}\nDetainer:  {detainer_id}\nFacility:  {facility_ori}\nDue by:    {due_by}\n\n"
            "Read it and sign for it with your facility's key:\n{where}\n\n"
            "This mail is no receipt, and it names nobody on purpose. If you cannot read the notice, telephone the"
            " operator.\n"
        ),
        "decision": "There is an answer to a detainer that nobody has fetched. Read it now and sign for it.",
        "correction": "An answer to a detainer was corrected, and nobody has fetched the correction. Read it now.",
        "recall": "A notice was recalled, and nobody has fetched the recall. Read it before you act on the other.",
        "hold_opened": "An immigration hold has opened, and nobody has fetched the notice with its end. Read it now.",
        "hold_closing": "An immigration hold closes soon, and nobody has fetched the warning. Read it now.",
        "hold_ended": (
            "An immigration hold ends, at the latest at the instant below. From then on there is no longer an"
            " immigration hold. Read the notice now, and sign for it."
        ),
        "unmatched": "A detainer could be tied to nobody in custody, and nobody has fetched the notice. Read it now.",
    }
)
MAIL_TEST = (
    "{name}, you stand on the ladder of {recipient}: when a notice of Countersign lies unread for as long as your"
    " facility has set, you have mail from here.\n\nIf you know nothing of this, telephone the operator.\n"
)
