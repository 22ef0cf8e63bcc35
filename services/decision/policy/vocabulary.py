"""The words in which a case's facts reach the rulebook, and how each is read.

A null means *unknown* only where the word says so; elsewhere it means none, and what is absent is false, none
or, for two words, the good case. What cannot be read is marked odd and never guessed.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any


class Mark(Enum):
    """What stands in a reading where no value can."""

    #: The fact is known to be missing: both answers are possible.
    UNKNOWN = "unknown"
    #: The value is of a wrong type, or a code nobody agreed on.
    ODD = "odd"


#: One fact as read: a flag, a code, a day, none, a mark, or the elements of a list.
Value = bool | str | date | Mark | tuple["Element", ...] | None
#: One charge or conviction: its attributes in the order of the layout.
Element = tuple[Value, ...]


class Kind(Enum):
    """How the raw value of a word is taken."""

    FLAG = "flag"
    CODE = "code"
    TEXT = "text"
    DAY = "day"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One fact: its kind, the codes it may take, what null means and what it is when absent."""

    kind: Kind
    codes: tuple[str | None, ...] = ()
    null: Mark | None = None
    absent: bool | str | None = None


def _flag(*, null: Mark | None = None, absent: bool = False) -> Word:
    return Word(kind=Kind.FLAG, null=null, absent=absent)


def _code(*codes: str | None, null: Mark | None = None, absent: str | None = None) -> Word:
    return Word(kind=Kind.CODE, codes=codes, null=null, absent=absent)


_UNKNOWN = Mark.UNKNOWN
_OFFENCE = {
    "class": _code("A", "B", "C", "D", "E", null=_UNKNOWN),
    "ct_pa25_29_listed": _flag(null=_UNKNOWN),
    "jurisdiction": Word(kind=Kind.TEXT),
    "level": _code("felony", "misdemeanor", "crime", "disorderly persons", null=_UNKNOWN),
    "status": _code("pending", "dismissed", "convicted", None),
    "violent": _flag(null=_UNKNOWN),
}

#: The lists a case carries; each word is an attribute of one element.
LISTS: Mapping[str, Mapping[str, Word]] = {"charges": _OFFENCE, "convictions": _OFFENCE}

#: Facts of the case itself. ``as_of`` is the date of the decision, put in by the reader.
WORDS: Mapping[str, Word] = {
    "as_of": Word(kind=Kind.DAY),
    "detainer_basis": _code(
        "final_order",
        "pending_removal_proceedings",
        "biometric_and_records_check",
        "investigation_initiated_only",
        None,
    ),
    "detainer_facially_sufficient": _flag(null=Mark.ODD, absent=True),
    "detainer_form": _code("I-247", "I-247A", "I-247D", "I-247G", "I-247N", "I-247X", None),
    "detainer_issued_at": Word(kind=Kind.DAY),
    "detainer_operative_only_on_conviction": _flag(),
    "detainer_served_on_subject": _flag(),
    "detainer_status": _code("active", "cancelled", None),
    "detainer_subject_matches_inmate": _flag(),
    "final_order_of_removal": _flag(),
    "gang_database": _flag(null=_UNKNOWN),
    "hold_exhausted": _flag(),
    "ice_admin_warrant": _code("I-200", "I-205", None),
    "in_criminal_custody": _flag(null=Mark.ODD, absent=True),
    # Read as ``criminal`` or ``civil`` when a judge's paper was verified, else ``unverified`` or none.
    "judicial_warrant": Word(kind=Kind.PAPER, codes=(None, "criminal", "civil", "unverified")),
    "lawful_status_claim": _code("none", "asserted", "proof_provided", absent="none"),
    "local_policy": _code(
        "no_cooperation_without_judicial_warrant",
        "no_hold_without_judicial_warrant_no_notice",
        "no_hold_but_notify",
        None,
    ),
    "outstanding_warrant": _flag(),
    "pending_bond": _flag(),
    "prior_removal": _flag(),
    "public_safety_risk_finding": _flag(null=_UNKNOWN),
    "reviewer": Word(kind=Kind.TEXT),
    "reviewer_decision": _code("honor", "decline", None),
    "terrorist_screening_match": _flag(null=_UNKNOWN),
    "us_citizen_claim": _code("none", "asserted", "proof_provided", "verified", absent="none"),
}

_MISSING = object()
_PAPERS = {
    "criminal_arrest_warrant": "criminal",
    "judge_signed_civil_detention_warrant": "civil",
    "claimed": "unverified",
}

Reader = Callable[[Mapping[str, Any]], Value]


def reader(name: str, word: Word, compared: Sequence[Any]) -> Reader:
    """Make the function that reads one word; ``compared`` are the values that the rules ask about.

    Free text and days are read only as finely as the rules can tell them apart.
    """
    take = _taker(word, compared)

    def read(facts: Mapping[str, Any]) -> Value:
        raw = facts.get(name, _MISSING)
        if raw is _MISSING:
            return word.absent
        if raw is None:
            return word.absent if word.null is None else word.null
        return take(raw)

    return read


def _taker(word: Word, compared: Sequence[Any]) -> Callable[[Any], Value]:
    """Pick how the raw value of this kind of word is taken."""
    match word.kind:
        case Kind.FLAG:
            return lambda raw: raw if raw.__class__ is bool else Mark.ODD
        case Kind.CODE:
            codes = frozenset(word.codes)
            return lambda raw: raw if raw.__class__ is str and raw in codes else Mark.ODD
        case Kind.TEXT:
            asked = frozenset(compared)
            return lambda raw: (raw if raw in asked else "") if raw.__class__ is str else Mark.ODD
        case Kind.DAY:
            return _days(bands(compared))
        case Kind.PAPER:
            return _paper


def bands(boundaries: Sequence[date]) -> tuple[date, ...]:
    """Give one day for each stretch of time that the rules can tell apart, the earliest first."""
    edges = sorted(set(boundaries))
    return (edges[0] - timedelta(days=1), *edges) if edges else (date.min,)


def _days(stretches: tuple[date, ...]) -> Callable[[Any], Value]:
    """Read a day, given as a date or in ISO 8601, as the stretch it falls in."""

    def take(raw: Any) -> Value:
        day = _day(raw)
        return Mark.ODD if day is None else stretches[max(0, bisect_right(stretches, day) - 1)]

    return take


def _day(raw: Any) -> date | None:
    """Take a calendar day; None if it is none."""
    if raw.__class__ is date:
        return raw
    if not isinstance(raw, str):
        return None
    try:
        return datetime.fromisoformat(raw).date()
    except ValueError:
        return None


def _paper(raw: Any) -> Value:
    """Tell what a paper called a warrant is worth: nothing counts that nobody verified."""
    if not isinstance(raw, Mapping):
        return Mark.ODD
    kind, verified = raw.get("type"), raw.get("verified")
    if kind.__class__ is not str or kind not in _PAPERS or verified not in (None, False, True):
        return Mark.ODD
    return _PAPERS[kind] if verified is True else "unverified"
