"""Which rules and which dates of the rulebook have cases, on both sides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from services.decision.policy.dates import change_dates
from services.decision.policy.evaluate import Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One set of facts with its name, to be asked about on a date."""

    name: str
    jurisdiction: str
    day: date
    facts: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class RuleCovered:
    """The cases that a rule decides, and those whose asking it came out false in."""

    policy: str
    rule: str
    #: Whether the rule asks anything: a default has no other side.
    asks: bool
    decides: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)

    @property
    def covered(self) -> bool:
        """Whether both sides have a case."""
        return bool(self.decides) and (bool(self.denied) or not self.asks)


@dataclass(slots=True, kw_only=True)
class DateCovered:
    """The cases on a day on which the law of a page changes, and on the day before."""

    jurisdiction: str
    day: date
    before: list[str] = field(default_factory=list)
    on: list[str] = field(default_factory=list)

    @property
    def covered(self) -> bool:
        """Whether both days have a case."""
        return bool(self.before) and bool(self.on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Every rule and every date, with its cases."""

    cases: int
    rules: tuple[RuleCovered, ...]
    dates: tuple[DateCovered, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is without a case."""
        return all(each.covered for each in self.rules) and all(each.covered for each in self.dates)


def coverage(book: Rulebook, cases: Iterable[Case]) -> Coverage:
    """Ask the rulebook about every case; a rule that holds everywhere counts wherever it decides."""
    everywhere = book.order.silent.policy
    rules = {
        (policy, rule.name): RuleCovered(policy=policy, rule=rule.name, asks=rule.tree is not None)
        for policy, rule in book.rules()
    }
    dates = [
        DateCovered(jurisdiction=place, day=day)
        for place in book.jurisdictions()
        # On the first day a page begins: there is no law before it to tell apart.
        for day in change_dates(book, place)[1:]
    ]
    asked = list(cases)
    for case in asked:
        finding = book.evaluate(case.jurisdiction, case.day, case.facts)
        for policy in {finding.policy, everywhere}:
            if (decided := rules.get((policy, finding.rule))) is not None:
                decided.decides.append(case.name)
            untrue = [rules.get((policy, step.rule)) for step in finding.trace if step.truth is False]
            for each in untrue:
                if each is not None:
                    each.denied.append(case.name)
        _note(dates, case)
    return Coverage(cases=len(asked), rules=tuple(rules.values()), dates=tuple(dates))


def _note(dates: Iterable[DateCovered], case: Case) -> None:
    """Note a case at the dates on whose one or other side it stands."""
    for each in dates:
        if each.jurisdiction == case.jurisdiction:
            if case.day == each.day:
                each.on.append(case.name)
            elif case.day == each.day - timedelta(days=1):
                each.before.append(case.name)
