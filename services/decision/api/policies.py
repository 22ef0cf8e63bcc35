"""The rulebook over HTTP: its dated instruments, and what it makes of facts that anyone may try on it."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.decision.api.policy_forms import Evaluated, Policies, PolicyShown
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Finding, Instrument, Rule, finding_as_json
from services.decision.policy.shown import duty_shown
from shared.http.access import Caller, allowing
from shared.http.body import read_model, takes
from shared.http.paging import page
from shared.http.problems import not_found

router = APIRouter(prefix="/v1/policies", tags=["policies"])

SignedIn = Annotated[Caller, Depends(allowing())]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _date(value: Any) -> date:
    """Read a date in the one form there is; what was sent is not repeated."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("write a date that exists, such as 2012-02-22")


class Asked(BaseModel):
    """A question to the rulebook."""

    model_config = ConfigDict(extra="forbid", strict=True)

    jurisdiction: str = Field(min_length=1, max_length=64)
    as_of: Annotated[date, BeforeValidator(_date)]
    facts: dict[str, Any]


@router.get("", response_model=Policies)
async def policies(request: Request, _: SignedIn) -> dict[str, Any]:
    """List every instrument of the rulebook, place by place, in the order in which they are looked at."""
    rulebook: Rulebook = request.app.state.rulebook
    return page([_shown(rulebook, place, law) for place, law in _instruments(rulebook)], None) | _named(rulebook)


@router.get("/{policy_id}", response_model=PolicyShown)
async def policy(request: Request, policy_id: str, _: SignedIn) -> dict[str, Any]:
    """Give one instrument, by its id or as decisions name it (``id@revision``); of several, the newest revision."""
    rulebook: Rulebook = request.app.state.rulebook
    found = [(place, law) for place, law in _instruments(rulebook) if policy_id in (law.id, law.policy)]
    if not found:
        raise not_found()
    place, law = max(found, key=lambda each: each[1].revision)
    return _shown(rulebook, place, law) | _named(rulebook)


@router.post("/evaluate", openapi_extra=takes(Asked), response_model=Evaluated)
async def evaluate(request: Request, _: SignedIn) -> dict[str, Any]:
    """Apply the law of a place and date to facts; nothing is recorded."""
    asked = await read_model(request, Asked)
    rulebook: Rulebook = request.app.state.rulebook
    found = rulebook.evaluate(asked.jurisdiction, asked.as_of, asked.facts)
    return _found(rulebook, found) | _named(rulebook)


def _instruments(rulebook: Rulebook) -> Iterator[tuple[str, Instrument]]:
    for place in rulebook.jurisdictions():
        for law in rulebook.instruments(place):
            yield place, law


def _named(rulebook: Rulebook) -> dict[str, Any]:
    return {"rulebook": {"version": rulebook.version, "digest": rulebook.digest}}


def _shown(rulebook: Rulebook, place: str, law: Instrument) -> dict[str, Any]:
    """Show an instrument; each span says whom it binds and when (no ``to``: no end found)."""
    return {
        "id": law.id,
        "policy": law.policy,
        "title": law.title,
        "jurisdiction": place,
        "binds": [
            {
                "from": span.first,
                "to": span.last,
                "agencies": sorted(span.agencies) if span.agencies is not None else None,
            }
            for span in law.binds
        ],
        "citation": law.citation,
        "confidence": law.confidence,
        "sources": law.sources,
        "review_office": law.review_office,
        "second_person": sorted(law.second_person),
        "ice_answer": law.ice_answer,
        "duties": law.duties,
        "owed": _owed(rulebook, law.duties),
        "rules": [_rule(rule, law) for rule in (*law.rules, law.default)],
    }


def _rule(rule: Rule, law: Instrument) -> dict[str, Any]:
    return {
        "name": rule.name,
        "outcome": rule.outcome.value,
        "citation": rule.citation or law.citation,
        "when": rule.tree if rule.tree is not None else "otherwise",
    }


def _owed(rulebook: Rulebook, duties: Sequence[str]) -> list[dict[str, Any]]:
    """Say what the names of duties stand for."""
    return [duty_shown(duty) for duty in rulebook.duties(duties)]


def _found(rulebook: Rulebook, finding: Finding) -> dict[str, Any]:
    plain = finding_as_json(finding)
    names = ("outcome", "policy", "rule", "citation", "confidence", "unknown", "near_misses", "counterfactual")
    return {name: plain[name] for name in names} | {
        "clock": plain["clocks"],
        "decider": plain["decider"],
        "duties": plain["duties"],
        "owed": _owed(rulebook, finding.duties),
    }
