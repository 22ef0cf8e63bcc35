"""How the rulebook is shown: its instruments, and what it makes of facts."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.decision.api.case_forms import NearMiss, OutcomeName


class RulebookNamed(BaseModel):
    """Which rulebook has spoken."""

    version: int
    digest: str


class DutyShown(BaseModel):
    """What a law owes with a decision, to whom, and since when."""

    duty: str
    owed_to: str
    what: str
    source: str
    since: date | None


class Binding(BaseModel):
    """From when to when an instrument binds, and whom; no ``to``: no end found; no ``agencies``: every one."""

    model_config = ConfigDict(populate_by_name=True)

    first: date = Field(alias="from")
    to: date | None
    agencies: list[str] | None


class RuleShown(BaseModel):
    """One rule of an instrument, in the order in which they are looked at."""

    name: str
    outcome: OutcomeName
    citation: str
    #: The condition as the rulebook has it, or ``otherwise``.
    when: Any


class InstrumentShown(BaseModel):
    """One dated instrument of the rulebook."""

    id: str
    policy: str
    title: str
    jurisdiction: str
    binds: list[Binding]
    citation: str
    confidence: str
    sources: list[str]
    review_office: str | None
    second_person: list[str]
    ice_answer: str
    duties: list[str]
    owed: list[DutyShown]
    rules: list[RuleShown]


class PolicyShown(InstrumentShown):
    """An instrument, and of which rulebook."""

    rulebook: RulebookNamed


class Policies(BaseModel):
    """Every instrument of the rulebook, place by place."""

    items: list[InstrumentShown]
    next: None
    rulebook: RulebookNamed


class Evaluated(BaseModel):
    """What the law of a place and date makes of facts, and why; nothing was recorded."""

    outcome: OutcomeName
    policy: str
    rule: str
    citation: str
    confidence: str
    #: Facts that matter and are unknown.
    unknown: list[str]
    near_misses: list[NearMiss]
    counterfactual: NearMiss | None
    #: Clocks a hold would run on; the earliest ends it.
    clock: list[str]
    decider: str | None
    duties: list[str]
    owed: list[DutyShown]
    rulebook: RulebookNamed
