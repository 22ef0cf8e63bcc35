"""What was decided: the four outcomes."""

from enum import StrEnum


class Outcome(StrEnum):
    """What the law in force makes of a detainer on a case."""

    #: Custody may go on after release is due, until the window closes. Includes telling ICE.
    HOLD = "HOLD"
    #: No extra custody; ICE may be told the release time.
    NOTIFY_ONLY = "NOTIFY_ONLY"
    #: Neither. Speaks of the immigration request alone, never of other custody.
    RELEASE = "RELEASE"
    #: A named person decides; never itself a reason to keep anyone.
    REVIEW = "REVIEW"
