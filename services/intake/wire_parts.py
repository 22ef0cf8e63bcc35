"""The pieces that inbound events are made of: numbers, persons, charges, convictions, facts.

What an operator may see of a message is said here, in its schema: a field is shown where it bears ``x-shown``, either
whole or where its value is one of those listed, since a free text may hold anybody's name. All else is masked.
"""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

_SHOWN = {"x-shown": True}
#: An instant with its offset; local time without one is no instant.
Instant = Annotated[datetime, Meta(tz=True, extra_json_schema=_SHOWN)]
#: NCIC Originating Agency Identifier: state, county, agency; nine characters (law/messages.md, 6).
Ori = Annotated[str, Meta(pattern="^[A-Z]{2}[A-Z0-9]{7}$", max_length=9, extra_json_schema=_SHOWN)]
#: A number given out by a jail or by ICE; printable, at least one sign that is no blank.
Number = Annotated[str, Meta(pattern=r"^(?!.*\n)[ -~]*[!-~][ -~]*$", max_length=64, extra_json_schema=_SHOWN)]
#: The same where it may be left out; empty is left out too.
MaybeNumber = Annotated[str, Meta(pattern=r"^(?!.*\n)[ -~]*$", max_length=64, extra_json_schema=_SHOWN)] | None
Text = Annotated[str, Meta(max_length=4096)] | None
Flag = bool | None
#: What an office says of its own paper, and not of a person.
OfPaper = Annotated[bool, Meta(extra_json_schema=_SHOWN)] | None

_FORMS = {"x-shown": ["I-247", "I-247A", "I-247D", "I-247G", "I-247N", "I-247X"]}
_WARRANTS = {"x-shown": ["I-200", "I-205", "administrative", "judicial"]}
_REQUESTS = {"x-shown": ["hold", "notify"]}
_BASES = {
    "x-shown": [
        "final_order",
        "pending_removal_proceedings",
        "biometric_match",
        "statements",
        "investigation_initiated_only",
    ]
}
_RESULTS = {"x-shown": ["match", "no_match", "error", "pending"]}
_CHANGES = {"x-shown": ["set", "tendered", "refused", "posted"]}
_CLAIMS = {"x-shown": ["asserted", "proof_provided", "verified"]}
_WHITHER = {"x-shown": ["street", "ice", "other_agency"]}
_LIFTS = {"x-shown": list("BCDFLNSTU")}
Form = Annotated[str, Meta(max_length=4096, extra_json_schema=_FORMS)] | None
PaperKind = Annotated[str, Meta(max_length=4096, extra_json_schema=_WARRANTS)] | None
Request = Annotated[str, Meta(extra_json_schema=_REQUESTS)]
Basis = Annotated[str, Meta(max_length=4096, extra_json_schema=_BASES)] | None
Result = Annotated[str, Meta(extra_json_schema=_RESULTS)]
Change = Annotated[str, Meta(extra_json_schema=_CHANGES)]
Claim = Annotated[str, Meta(extra_json_schema=_CLAIMS)]
Whither = Annotated[str, Meta(max_length=4096, extra_json_schema=_WHITHER)] | None
LiftCode = Annotated[str, Meta(max_length=4096, extra_json_schema=_LIFTS)] | None
#: A calendar day, as 2012-02-24.
Day = date


class Person(Struct, frozen=True):
    """Who it is, as the sender has it; birth dates are texts since registers hold incomplete ones."""

    family_name: Text = None
    given_names: Text = None
    birth_date: Text = None
    sex: Text = None
    birth_place: Text = None
    stated_citizenship: Text = None


class Ids(Struct, frozen=True):
    """Numbers that tie events together; a wrong shape is a warning, not an error."""

    inmate_number: Text = None
    sid: Text = None
    ucn: Text = None
    fin: Text = None
    a_number: Text = None
    tcn: MaybeNumber = None
    event_number: Text = None
    subject_id: Text = None


class Charge(Struct, frozen=True, rename={"class_": "class"}):
    """One charge; merged by ``sequence``, field by field."""

    sequence: int | str | None = None
    statute: Text = None
    offense: Text = None
    ncic_code: Text = None
    level: Text = None
    class_: Text = None
    degree: int | str | None = None
    offense_date: Day | None = None
    status: Text = None
    bond_posted: Flag = None
    magistrate_probable_cause: Flag = None
    indictable: Flag = None
    violent_or_serious: Flag = None
    serious_or_violent: Flag = None
    domestic_violence: Flag = None
    state_prison: Flag = None
    ct_pa25_29_listed: Flag = None
    jurisdiction: Text = None


class Conviction(Struct, frozen=True, rename={"class_": "class"}):
    """One conviction; a list of them, where sent, is the whole list."""

    offense: Text = None
    level: Text = None
    class_: Text = None
    degree: int | str | None = None
    date: Day | None = None
    jurisdiction: Text = None
    violent: Flag = None
    serious_or_violent: Flag = None
    violent_or_serious: Flag = None
    state_prison: Flag = None
    wobbler: Flag = None
    listed_7282_5_a3: Flag = None
    prop47_reclassified: Flag = None
    covered_crime: Flag = None
    indictable: Flag = None
    incarcerated: Flag = None
    incarceration_end: Day | None = None
    youthful_offender: Flag = None
    disposition: Text = None
    ct_pa25_29_listed: Flag = None
    appeal_pending: Flag = None
    federal_aggravated_felony: Flag = None


class JudgesPaper(Struct, frozen=True):
    """A judge's warrant as the jail tells of it."""

    type: str
    verified: bool
    issuer: Text = None


class Facts(Struct, frozen=True):
    """Policy facts with their kinds; ``null`` says that it is not known."""

    acting_under_287g: Flag = None
    administrative_subpoena: Flag = None
    age: int | None = None
    ca_registrant: Flag = None
    ca_registrant_formerly: Flag = None
    final_order_lodged: Flag = None
    final_order_of_removal: Flag = None
    final_order_signed_by_federal_judge: Flag = None
    gang_database: Flag = None
    hours_since_papers_received: float | None = None
    ice_en_route: Flag = None
    ice_reimbursement: Text = None
    illegal_reentry: Flag = None
    in_criminal_custody: Flag = None
    instant_arrest_date: Day | None = None
    judicial_official_order: Text = None
    judicial_subpoena: Flag = None
    judicial_warrant: JudgesPaper | None = None
    lawful_status_claim: Text = None
    local_policy: Text = None
    ncic_ivf_hit: Flag = None
    outstanding_warrant: Flag = None
    pending_bond: Flag = None
    prior_removal: Flag = None
    public_safety_risk_finding: Flag = None
    release_date_public: Flag = None
    terrorist_screening_match: Flag = None


class Warrant(Struct, frozen=True):
    """A paper that came with a detainer."""

    kind: PaperKind = None
    form: PaperKind = None
    type: Text = None
    issuer: Text = None
    issued_at: Instant | None = None
    verified: OfPaper = None
