"""What the Travis County sheriff's words for levels and dispositions mean to us.

A word that is not listed means nothing to us: a charge keeps it as given with status unknown, and the
disposition of a detainer is set aside for a person.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

#: The file's derived level, and where it has none the sheriff's own: level, class, degree.
_LEVELS: dict[str, tuple[str, str | None, int | None]] = {
    "class_a_misd": ("misdemeanor", "A", None),
    "class_b_misd": ("misdemeanor", "B", None),
    "class_c_misd": ("misdemeanor", "C", None),
    "misd_unspecified": ("misdemeanor", None, None),
    "state_jail_felony": ("felony", "state jail", None),
    "felony_1": ("felony", None, 1),
    "felony_2": ("felony", None, 2),
    "felony_3": ("felony", None, 3),
    "felony_unspecified": ("felony", None, None),
}
_SHERIFFS_LEVELS = {
    **dict.fromkeys(("A", "MA"), "class_a_misd"),
    **dict.fromkeys(("B", "MB"), "class_b_misd"),
    **dict.fromkeys(("C", "MC"), "class_c_misd"),
    **dict.fromkeys(("M", "M*"), "misd_unspecified"),
    **dict.fromkeys(("S", "FS"), "state_jail_felony"),
    **dict.fromkeys(("1", "F1"), "felony_1"),
    **dict.fromkeys(("2", "F2"), "felony_2"),
    **dict.fromkeys(("3", "F3"), "felony_3"),
    **dict.fromkeys(("F", "F*"), "felony_unspecified"),
}

_CONVICTED = frozenset(
    {
        "MANUAL LABOR CREDIT RELEASE",
        "NO CONTEST",
        "PAID FINE",
        "RECEIVED PROBATION",
        "SENTENCE COMPLETE",
    }
)
_DISMISSED = frozenset({"DISMISSAL", "GRAND JURY NO BILL", "NO CHARGES FILED", "NOT GUILTY"})
#: Out on bond or on a promise: the case goes on, the custody does not.
_PENDING = frozenset({"CASE RESET", "RELEASED TO APPEAR"})

_CANCELLED = {
    "WARRANT WITHDRAWN": "withdrawn",
    "ERROR IN ENTRY": "entered_in_error",
    "WRONG PERSON IN CUSTODY": "wrong_person",
}
_TO_ANOTHER_AGENCY = frozenset(
    {
        "EXTRADITION",
        "RELEASED TO FEDS",
        "RELEASED TO ISF",
        "RELEASED TO OTHER AGENCY",
        "RELEASED TO TDC",
        "RELEASED TO TDCJ-ID",
        "RELEASED TO TDCJ-STATE JAIL",
    }
)
_TO_THE_STREET = frozenset(
    {
        "DISMISSAL",
        "ESCAPE",
        "MANUAL LABOR CREDIT RELEASE",
        "NO CHARGES FILED",
        "NO EXTRADITION",
        "RELEASED TO APPEAR",
        "RELEASED TO PAY",
        "SENTENCE COMPLETE",
    }
)


@dataclass(frozen=True, slots=True)
class DetainerEnd:
    """How a detainer ended: ICE came, ICE took it back, or the person left another way."""

    how: Literal["picked_up", "cancelled", "other_agency", "street"]
    reason: str


def detainer_end(disposition: str) -> DetainerEnd | None:
    """Read the disposition of a detainer; None where the word is not known."""
    word = disposition.strip().upper()
    reason = word.lower().replace(" ", "_")
    if word == "RELEASED TO ICE":
        return DetainerEnd("picked_up", reason)
    if word in _CANCELLED:
        return DetainerEnd("cancelled", _CANCELLED[word])
    if word in _TO_ANOTHER_AGENCY:
        return DetainerEnd("other_agency", reason)
    if word in _TO_THE_STREET or _is_bond(word):
        return DetainerEnd("street", reason)
    return None


def level_of(derived: str, sheriffs: str) -> dict[str, Any]:
    """Give level, class and degree in the rulebook's vocabulary; null where the sheriff's word says none."""
    name = derived if derived in _LEVELS else _SHERIFFS_LEVELS.get(sheriffs.strip().upper(), "")
    level, klass, degree = _LEVELS.get(name, (None, None, None))
    return {"level": level, "class": klass, "degree": degree}


def status_after(disposition: str) -> dict[str, Any]:
    """Read what a disposition makes of a charge; status null where the word does not say."""
    word = disposition.strip().upper()
    if _is_bond(word):
        return {"status": "pending", "bond_posted": True}
    for status, words in (("convicted", _CONVICTED), ("dismissed", _DISMISSED), ("pending", _PENDING)):
        if word in words:
            return {"status": status}
    return {"status": None}


def _is_bond(word: str) -> bool:
    return word.startswith(("BOND-", "PERSONAL BOND"))


#: Forms that take effect only when a copy has reached the person (they say so on their face).
NEED_SERVICE = frozenset({"I-247D", "I-247A"})


def default_form(day: date) -> tuple[str, list[dict[str, Any]]]:
    """Give the I-247 form in use on a day and the papers it came with.

    ICE's I-247D from 2015-06-12 (the day is approximate); I-247A with an I-200 from 2017-04-02 (ICE
    Policy 10074.2).
    """
    if day < date(2015, 6, 12):
        return "I-247", []
    if day < date(2017, 4, 2):
        return "I-247D", []
    warrant = {"kind": "administrative", "form": "I-200", "issuer": "immigration officer", "verified": True}
    return "I-247A", [warrant]
