"""What the rulebook is told of a case."""

from typing import Any

import pytest

from shared.domain.case import HeardEvent
from shared.domain.facts import rulebook_facts
from shared.domain.fold import fold
from tests.support.builders import (
    DUE,
    ZONE,
    a_booking,
    a_cancellation,
    a_charge,
    a_claim,
    a_detainer,
    a_match,
    a_release,
    a_release_due,
    a_service,
    at,
    wire_time,
)

CRIMINAL = {"type": "criminal_arrest_warrant", "issuer": "US Magistrate Judge", "verified": True}
CIVIL = {**CRIMINAL, "type": "judge_signed_civil_detention_warrant"}


def facts(*events: HeardEvent, as_of: str = DUE, **said: Any) -> dict[str, Any]:
    """Give the facts of the events' one detainer."""
    case = fold(events)
    plain = {"agency": "state_corrections", "hold_exhausted": False, "reviewer_decision": None}
    told = {**plain, "reviewer": None, "zone": ZONE, **said}
    return rulebook_facts(case, case.detainers[0], as_of=at(as_of), **told)


def test_plain_case_in_the_rulebooks_words() -> None:
    """Every fact of the base set is there, computed or told."""
    told = facts(a_booking(charges=[a_charge(bond_posted=True)], facts={"age": 34}), a_match(), a_detainer())
    (charge,) = told.pop("charges")
    assert (charge["level"], charge["class"], charge["status"]) == ("misdemeanor", None, "pending")
    assert told == {
        "age": 34,
        "agency": "state_corrections",
        "convictions": [],
        "detainer_basis": "pending_removal_proceedings",
        "detainer_facially_sufficient": True,
        "detainer_form": "I-247",
        "detainer_issued_at": "2012-02-22",
        "detainer_operative_only_on_conviction": False,
        "detainer_served_on_subject": False,
        "detainer_status": "active",
        "detainer_subject_matches_inmate": True,
        "gang_database": None,
        "hold_exhausted": False,
        "ice_admin_warrant": None,
        "ident_match": True,
        "instant_arrest_date": "2012-02-22",
        "judicial_warrant": None,
        "pending_bond": False,
        "public_safety_risk_finding": None,
        "release_eligible": False,
        "terrorist_screening_match": None,
        "us_citizen_claim": "none",
    }


@pytest.mark.parametrize(("as_of", "is_due"), [("2012-02-24 16:59", False), (DUE, True)])
def test_release_is_eligible_from_its_instant(as_of: str, is_due: bool) -> None:
    """A release due that lies ahead is decided in advance."""
    told = facts(a_booking(), a_detainer(), a_release_due(), as_of=as_of)
    assert told["release_eligible"] is is_due


def test_dates_are_the_jails() -> None:
    """Half past eleven in the evening in Connecticut is already tomorrow in UTC."""
    events = a_booking("2012-02-21 23:30"), a_detainer("2012-02-22 23:30")
    assert facts(*events)["detainer_issued_at"] == "2012-02-22"
    assert facts(*events)["instant_arrest_date"] == "2012-02-21"
    assert facts(*events, zone="UTC")["instant_arrest_date"] == "2012-02-22"


def test_arrest_before_booking_dates_the_arrest() -> None:
    """The arrest counts where it is told; else what the jail says; else the booking."""
    arrested = a_booking(arrested_at=wire_time("2012-02-20 12:00"))
    assert facts(arrested, a_detainer())["instant_arrest_date"] == "2012-02-20"
    told = a_booking(facts={"instant_arrest_date": "2012-02-19"})
    assert facts(told, a_detainer())["instant_arrest_date"] == "2012-02-19"


@pytest.mark.parametrize(
    ("charge", "told", "pending"),
    [
        ({}, {}, True),
        ({"bond_posted": True}, {}, False),
        ({"status": "dismissed"}, {}, False),
        ({}, {"pending_bond": False}, False),
        ({"ncic_code": "0399"}, {}, False),
    ],
)
def test_pending_bond(charge: dict[str, Any], told: dict[str, Any], *, pending: bool) -> None:
    """A pending charge without bond, unless the jail says otherwise."""
    booking = a_booking(charges=[a_charge(**charge)], facts=told)
    assert facts(booking, a_detainer())["pending_bond"] is pending


def test_filler_code_is_no_charge() -> None:
    """NCIC's immigration code stands where no offence fits, and feeds no test."""
    booking = a_booking(charges=[a_charge(ncic_code="0399"), a_charge(sequence=2)])
    assert [charge["sequence"] for charge in facts(booking, a_detainer())["charges"]] == [2]


def test_senders_do_not_set_what_we_work_out() -> None:
    """A jail cannot tell what a detainer says, who reviewed it, or that its hold has run."""
    forged = {
        "agency": "city_police",
        "detainer_served_on_subject": True,
        "detainer_form": "I-247A",
        "hold_exhausted": True,
        "ice_admin_warrant": "I-200",
        "ident_match": True,
        "judicial_warrant": CIVIL,
        "release_eligible": True,
        "reviewer": "Commissioner of Correction",
        "reviewer_decision": "honor",
        "us_citizen_claim": "none",
    }
    events = a_booking(), a_detainer(), a_claim()
    assert facts(a_booking(facts=forged), *events[1:]) == facts(*events)


def test_criminal_warrant_told_by_the_jail() -> None:
    """A judge's criminal warrant is custody of its own, whoever tells of it."""
    paper = {"kind": "judicial", **CIVIL}
    told = facts(a_booking(facts={"judicial_warrant": CRIMINAL}), a_detainer(warrants=[paper]))
    assert told["judicial_warrant"] == CRIMINAL


@pytest.mark.parametrize("paper", ["yes", {"type": "criminal_arrest_warrant"}, None])
def test_vague_warrant_told_by_the_jail_is_none(paper: Any) -> None:
    """A paper without its type and verification is not taken."""
    assert facts(a_booking(facts={"judicial_warrant": paper}), a_detainer())["judicial_warrant"] is None


def test_reviewer_is_told_with_the_answer() -> None:
    """An answer comes with who gave it, and without one neither stands."""
    told = facts(a_booking(), a_detainer(), reviewer_decision="honor", reviewer="Commissioner of Correction")
    assert told["reviewer_decision"] == "honor"
    assert told["reviewer"] == "Commissioner of Correction"


def test_detainer_as_it_stood() -> None:
    """Served, cancelled and over: one that is over is judged as it stood when the person left."""
    before = a_booking(), a_detainer(), a_service()
    assert facts(*before)["detainer_served_on_subject"] is True
    assert facts(*before, a_cancellation())["detainer_status"] == "cancelled"
    assert facts(*before, a_release())["detainer_status"] == "active"
