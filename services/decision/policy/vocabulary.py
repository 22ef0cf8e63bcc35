"""The words in which a case's facts reach the rulebook, and how each is read.

A null means *unknown* only where the word says so; elsewhere it means none, and what is absent is false, none
or, for two words, the good case. What cannot be read is marked odd and never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum


class Mark(Enum):
    """What stands in a reading where no value can."""

    #: The fact is known to be missing: both answers are possible.
    UNKNOWN = "unknown"
    #: The value is of a wrong type, or a code nobody agreed on.
    ODD = "odd"


#: One fact as read: a flag, a code, a day, none, a mark, or the elements of a list.
Value = bool | str | int | date | Mark | tuple["Element", ...] | None
#: One charge or conviction: its attributes in the order of the layout.
Element = tuple[Value, ...]


class Kind(Enum):
    """How the raw value of a word is taken."""

    FLAG = "flag"
    CODE = "code"
    TEXT = "text"
    DAY = "day"
    NUMBER = "number"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One fact: its kind, the codes it may take, what null means and what it is when absent."""

    kind: Kind
    codes: tuple[str | int | None, ...] = ()
    null: Mark | None = None
    absent: bool | str | None = None


def _flag(*, null: Mark | None = None, absent: bool = False) -> Word:
    return Word(kind=Kind.FLAG, null=null, absent=absent)


def _code(*codes: str | int | None, null: Mark | None = None, absent: str | None = None) -> Word:
    return Word(kind=Kind.CODE, codes=codes, null=null, absent=absent)


_UNKNOWN = Mark.UNKNOWN
_MAYBE = _flag(null=_UNKNOWN)
_OFFENCE = {
    "class": _code("A", "B", "C", "D", "E", null=_UNKNOWN),
    "ct_pa25_29_listed": _MAYBE,
    # Degree of a crime in New Jersey; null only means that none applies.
    "degree": _code(1, 2, 3, 4, None),
    "domestic_violence": _MAYBE,
    "indictable": _MAYBE,
    "jurisdiction": Word(kind=Kind.TEXT),
    "level": _code("felony", "misdemeanor", "crime", "disorderly persons", null=_UNKNOWN),
    "listed_7282_5_a3": _MAYBE,
    # Serious or violent, as California has it; ``violent_or_serious`` is New Jersey's and New York City's list.
    "serious_or_violent": _MAYBE,
    "state_prison": _MAYBE,
    "status": _code("pending", "dismissed", "convicted", None),
    "violent": _MAYBE,
    "violent_or_serious": _MAYBE,
}
_CHARGE = _OFFENCE | {
    "magistrate_probable_cause": _MAYBE,
    "offense_date": Word(kind=Kind.DAY, null=_UNKNOWN),
}
_CONVICTION = _OFFENCE | {
    "covered_crime": _MAYBE,
    "date": Word(kind=Kind.DAY, null=_UNKNOWN),
    "disposition": _code("adjudicated_delinquent", "ngri", None),
    "federal_aggravated_felony": _MAYBE,
    "prop47_reclassified": _MAYBE,
    "wobbler": _MAYBE,
    "youthful_offender": _MAYBE,
}

#: The lists a case carries; each word is an attribute of one element.
LISTS: Mapping[str, Mapping[str, Word]] = {"charges": _CHARGE, "convictions": _CONVICTION}

#: Facts of the case itself. ``as_of`` is the date of the decision, put in by the reader.
WORDS: Mapping[str, Word] = {
    "acting_under_287g": _flag(),
    "as_of": Word(kind=Kind.DAY),
    "ca_registrant": _flag(),
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
    "final_order_lodged": _flag(),
    "final_order_of_removal": _flag(),
    "final_order_signed_by_federal_judge": _flag(),
    "gang_database": _flag(null=_UNKNOWN),
    "hold_exhausted": _flag(),
    "hours_since_papers_received": Word(kind=Kind.NUMBER),
    "ice_admin_warrant": _code("I-200", "I-205", None),
    "ice_reimbursement": _code("offered", "written_agreement", None),
    "illegal_reentry": _flag(),
    "in_criminal_custody": _flag(null=Mark.ODD, absent=True),
    "judicial_official_order": _code("hold", "not_same_person", None),
    "judicial_subpoena": _flag(),
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
    "release_date_public": _flag(),
    "reviewer": Word(kind=Kind.TEXT),
    "reviewer_decision": _code("honor", "decline", None),
    "terrorist_screening_match": _flag(null=_UNKNOWN),
    "us_citizen_claim": _code("none", "asserted", "proof_provided", "verified", absent="none"),
}
