"""Why the rulebook answers as it does: the instrument that binds, each rule in words, and what would change it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.decision.policy.conditions import Condition
from services.decision.policy.dates import OtherDates, other_dates
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Duty, Finding, Instrument, Plan, Rule, Span
from services.decision.policy.shown import outcome_in_words, when_in_words, whom_in_words

Stage = Literal["before any row", "the row", "what turns the row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One instrument of the page, and why it binds or does not."""

    policy: str
    title: str
    binds: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSeen:
    """One rule of the plan as these facts leave it; ``asked`` only where the answer could depend on it."""

    stage: Stage
    rule: str
    outcome: str
    when: str
    truth: bool | None
    asked: bool
    decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All there is to say of one finding."""

    finding: Finding
    considered: tuple[Considered, ...]
    rules: tuple[RuleSeen, ...]
    dates: OtherDates
    #: What the law owes with the decision.
    owed: tuple[Duty, ...]


def explained(book: Rulebook, jurisdiction: str, as_of: date, facts: Mapping[str, Any]) -> Explanation:
    """Explain the finding on one set of facts; pure, and as doubtful of odd facts as the evaluation is."""
    finding = book.evaluate(jurisdiction, as_of, facts)
    agency = facts.get("agency")
    return Explanation(
        finding=finding,
        considered=tuple(_considered(book, jurisdiction, as_of, agency, finding)),
        rules=tuple(_rules(book, as_of, facts, finding)),
        dates=other_dates(book, jurisdiction, as_of, facts),
        owed=book.duties(finding.duties),
    )


def _considered(book: Rulebook, jurisdiction: str, as_of: date, agency: Any, finding: Finding) -> Iterator[Considered]:
    """Go through the page in the order in which it is looked at."""
    for law in book.instruments(jurisdiction):
        chosen = law.policy == finding.policy
        yield Considered(policy=law.policy, title=law.title, binds=chosen, why=_why(law, as_of, agency, chosen=chosen))


def _why(law: Instrument, as_of: date, agency: Any, *, chosen: bool) -> str:
    """Say why an instrument binds that day, or why it does not."""
    that_day = [span for span in law.binds if span.covers(as_of)]
    if chosen:
        span = next(each for each in that_day if each.agencies is None or _names(each, agency))
        return f"binds {whom_in_words(span)} {_when(span)}"
    if that_day:
        if any(span.agencies is None or _names(span, agency) for span in that_day):
            return "would bind, but another of this page comes before it"
        return f"binds only {'; '.join(whom_in_words(span) for span in that_day)}"
    if all(span.first > as_of for span in law.binds):
        return f"not yet in force: from {min(span.first for span in law.binds)}"
    gone = [span for span in law.binds if span.last is not None and span.last < as_of]
    last = max(gone, key=lambda span: span.last or date.min)
    return f"no longer in force: to {last.last}{_because(last)}"


def _names(span: Span, agency: Any) -> bool:
    """Say whether a span names the agency; an odd one it never names."""
    return isinstance(agency, str) and span.agencies is not None and agency in span.agencies


def _when(span: Span) -> str:
    """Say from when to when a span binds, and which act or court said so."""
    until = "on, with no end found" if span.last is None else f"to {span.last}"
    return f"from {span.first} {until}{_because(span)}"


def _because(span: Span) -> str:
    return f" ({span.because})" if span.because else ""


def _rules(book: Rulebook, as_of: date, facts: Mapping[str, Any], finding: Finding) -> Iterator[RuleSeen]:
    """Test every rule of the plan, also those that the decision no longer asked."""
    plan = next((plan for plan in book.plans() if plan.instrument.policy == finding.policy), None)
    if plan is None:
        return
    reading = plan.layout.read(facts, as_of)
    asked = {step.rule for step in finding.trace}
    for stage, rule, when in _tests(plan):
        yield RuleSeen(
            stage=stage,
            rule=rule.name,
            outcome=outcome_in_words(rule),
            when=when_in_words(rule),
            truth=True if when is None else when(reading),
            asked=rule.name in asked or rule.name == finding.rule,
            decided=rule.name == finding.rule,
        )


def _tests(plan: Plan) -> Iterator[tuple[Stage, Rule, Condition | None]]:
    """Walk the plan in the order of its tests; the default asks nothing."""
    for tested in plan.first:
        yield "before any row", tested.rule, tested.when
    for tested in plan.rows:
        yield "the row", tested.rule, tested.when
    yield "the row", plan.instrument.default, None
    for tested in plan.turns:
        yield "what turns the row", tested.rule, tested.when
