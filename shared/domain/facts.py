"""Put a case's facts into the rulebook's vocabulary, for one detainer at one instant.

An absent fact is false or none, ``None`` is unknown where the law knows unknowns (law/scenarios.md). What
we work out ourselves cannot be set by a sender.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.case import CustodyCase, Detainer, DetainerStatus, Json
from shared.domain.detainer_fold import as_judicial, strength

#: Facts that are worked out here; a sender's word on them is not taken.
COMPUTED = frozenset(
    {
        "agency",
        "charges",
        "convictions",
        "hold_exhausted",
        "ice_admin_warrant",
        "ident_match",
        "judicial_warrant",
        "release_eligible",
        "reviewer",
        "reviewer_decision",
        "us_citizen_claim",
    }
)
#: NCIC's immigration code, used as a filler where no offence fits: it is no criminal charge.
_FILLER_OFFENSE = "0399"


def rulebook_facts(
    case: CustodyCase,
    detainer: Detainer,
    *,
    agency: str,
    as_of: datetime,
    hold_exhausted: bool,
    reviewer_decision: str | None,
    reviewer: str | None,
    zone: str,
) -> dict[str, Any]:
    """Give the facts the policy is applied to; dates are local in the facility's ``zone``."""
    told = {key: value for key, value in case.facts.items() if _may_be_told(key)}
    charges = [dict(charge) for charge in case.charges if charge.get("ncic_code") != _FILLER_OFFENSE]
    facts = {
        "pending_bond": any(_awaits_bond(charge) for charge in charges),
        **told,
        "agency": agency,
        "charges": charges,
        "convictions": [dict(conviction) for conviction in case.convictions],
        "hold_exhausted": hold_exhausted,
        "ident_match": case.matched,
        "release_eligible": case.release_due is not None and case.release_due.due_at <= as_of,
        "us_citizen_claim": case.citizenship.claim if case.citizenship else "none",
        "judicial_warrant": _judicial_warrant(case, detainer),
        **_detainer_facts(detainer, zone),
    }
    if reviewer_decision is not None:
        facts |= {"reviewer_decision": reviewer_decision, "reviewer": reviewer}
    arrested_at = case.arrested_at or (None if "instant_arrest_date" in told else case.booked_at)
    if arrested_at:
        facts["instant_arrest_date"] = _local_date(arrested_at, zone)
    return facts


def _may_be_told(key: str) -> bool:
    return key not in COMPUTED and not key.startswith("detainer_")


def _awaits_bond(charge: Json) -> bool:
    return charge.get("status") == "pending" and charge.get("bond_posted") is not True


def _detainer_facts(detainer: Detainer, zone: str) -> dict[str, Any]:
    return {
        "detainer_form": detainer.form,
        "detainer_issued_at": _local_date(detainer.issued_at, zone),
        # A detainer that is over was active when the person left, and is judged as it stood then.
        "detainer_status": "cancelled" if detainer.status is DetainerStatus.CANCELLED else "active",
        "detainer_basis": detainer.basis,
        "detainer_operative_only_on_conviction": detainer.operative_only_on_conviction,
        "detainer_served_on_subject": detainer.served,
        "detainer_subject_matches_inmate": detainer.matches_inmate,
        "detainer_facially_sufficient": detainer.facially_sufficient,
        "ice_admin_warrant": detainer.ice_admin_warrant,
    }


def _local_date(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


def _judicial_warrant(case: CustodyCase, detainer: Detainer) -> Json | None:
    """Give the detainer's paper, or a criminal warrant that the jail tells of, if that carries more."""
    papers = [detainer.judicial_warrant] if detainer.judicial_warrant else []
    told = case.facts.get("judicial_warrant")
    if isinstance(told, dict) and told.get("type") == "criminal_arrest_warrant" and "verified" in told:
        papers.append(as_judicial(told))
    return max(papers, key=strength, default=None)
