"""What each answer to a review would do, no answer included: the law asked with the answer as a fact. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.console.explain import local_day, said
from services.console.queries.reviews import Review
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Finding
from shared.domain.case import CustodyCase
from shared.domain.decision import Outcome
from shared.domain.errors import CalendarExhausted
from shared.domain.window import Deadline, earliest

#: Answers a person can give, the one that keeps nobody first; the rulebook's word for each.
ANSWERS = {"RELEASE": "decline", "HOLD": "honor"}
#: Which kinds of event can have told a fact.
_TOLD_BY = {
    "detainer_": ("detainer.lodged", "detainer.served", "detainer.cancelled"),
    "ice_admin_warrant": ("detainer.lodged",),
    "judicial_warrant": ("detainer.lodged", "booking.facts_changed"),
    "ident_match": ("match.reported", "match.withdrawn"),
    "us_citizen_claim": ("booking.citizenship_claimed", "booking.created"),
}
_BY_THE_JAIL = ("booking.created", "booking.facts_changed", "booking.bond_changed")
#: What a fact is called where its name alone would be a riddle.
_NAMES = {
    "agency": "Agency that holds the person",
    "ident_match": "Fingerprint match",
    "ice_admin_warrant": "ICE's own warrant",
    "judicial_warrant": "A judge's warrant",
    "us_citizen_claim": "U.S. citizenship claimed",
    "detainer_subject_matches_inmate": "Detainer names the booked person",
    "detainer_served_on_subject": "Copy served on the person",
    "detainer_facially_sufficient": "Form is as it must be",
    "detainer_basis": "Basis on the form",
    "detainer_form": "Form",
    "instant_arrest_date": "Arrested on",
    "gang_database": "In a gang database",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact as the reviewer is shown it."""

    name: str
    value: str
    is_unknown: bool
    #: The answer could turn on it.
    matters: bool
    source: str
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Would:
    """What an answer would do."""

    answer: str
    finding: Finding
    #: Whether the law leaves room for the answer.
    has_room: bool
    #: Of a HOLD: until when, counted from release due, or as if it fell due now.
    until: Deadline | None
    is_due: bool


def facts(review: Review, events: Sequence[Any]) -> list[Fact]:
    """Give the facts of the question, the unknown ones first, each with what told it last."""
    shown = [_fact(name, value, review, events) for name, value in review.facts.items()]
    return sorted(shown, key=lambda fact: (not fact.matters, not fact.is_unknown, fact.name))


def _fact(name: str, value: Any, review: Review, events: Sequence[Any]) -> Fact:
    kinds = next((kinds for start, kinds in _TOLD_BY.items() if name.startswith(start)), _BY_THE_JAIL)
    told = next((row for row in events if row.type in kinds), None)
    return Fact(
        name=_NAMES.get(name) or name.removeprefix("detainer_").replace("_", " ").capitalize(),
        value=_charges(value) if name in ("charges", "convictions") else said(value),
        is_unknown=value is None,
        matters=any(each == name or each.startswith((f"{name}[", f"{name}.")) for each in review.unknown),
        source=f"{told.type} from {told.source}" if told is not None else "nobody has told it",
        told_at=told.time if told is not None else None,
    )


def _charges(value: Any) -> str:
    return "; ".join(_charge(each) for each in value if isinstance(each, Mapping)) or "none"


def _charge(charge: Mapping[str, Any]) -> str:
    parts = [
        str(charge.get("offense") or charge.get("statute") or "offence not told"),
        f"class {charge['class']}" if charge.get("class") else "",
        str(charge.get("level") or "level unknown"),
        str(charge.get("status") or ""),
    ]
    return ", ".join(part for part in parts if part)


def would(review: Review, case: CustodyCase, book: Rulebook, now: datetime, office: str) -> Iterator[Would]:
    """Say what each answer of an office would do as things stand."""
    for answer, word in ANSWERS.items():
        asked = {**review.facts, "reviewer_decision": word, "reviewer": office, "hold_exhausted": False}
        finding = book.evaluate(review.place.jurisdiction, local_day(now, review.place.zone), asked)
        is_due = case.release_due is not None
        yield Would(
            answer=answer,
            finding=finding,
            has_room=finding.outcome.value == answer,
            until=_until(finding, case, review, now),
            is_due=is_due,
        )


def _until(finding: Finding, case: CustodyCase, review: Review, now: datetime) -> Deadline | None:
    if finding.outcome is not Outcome.HOLD or not finding.clocks:
        return None
    detainer = next((each for each in case.detainers if each.detainer_id == review.detainer_id), None)
    start = case.release_due.due_at if case.release_due else case.expected_release_at or now
    receipt = max(detainer.lodged_at, detainer.issued_at) if detainer else None
    try:
        return earliest(finding.clocks, start, review.place.zone, receipt=receipt)
    except (CalendarExhausted, ValueError):
        return None
