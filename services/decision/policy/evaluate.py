"""Apply the law in force to the facts of a case: the rulebook, ready to be asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import Any

from services.decision.policy import select
from services.decision.policy.conditions import compile_tree
from services.decision.policy.layout import Reading
from services.decision.policy.model import Duty, Finding, Instrument, Order, Page, Plan, Rule, Step, Tested
from services.decision.policy.settle import (
    completed,
    counterfactual,
    near_misses,
    odd_facts,
    settled,
)
from services.decision.policy.trees import layout_of
from shared.domain.decision import Outcome
from shared.domain.jurisdiction import Agency
from shared.domain.window import ClockRule

#: Readings remembered for each instrument: the same facts give the same finding, so it is worked out once.
_REMEMBERED = 1024
#: A record with more charges and convictions is worked out anew each time: it would fill the memory.
_LONGEST_REMEMBERED = 40
_AGENCIES = frozenset(Agency)


class Rulebook:
    """All pages, compiled; pure from outside: the same question always has the same answer."""

    def __init__(
        self, *, version: int, digest: str, order: Order, pages: Sequence[Page], duties: Sequence[Duty] = ()
    ) -> None:
        self.version = version
        self.digest = digest
        self.order = order
        self._duties = {duty.name: duty for duty in duties}
        self._pages = {page.jurisdiction: page for page in pages}
        self._ready = {
            instrument.policy: _Ready(instrument, order, duties=self.duties(instrument.duties))
            for page in pages
            for instrument in (*page.instruments, *page.baseline)
        }
        self._silent = _Ready(order.silent, order)
        #: Nobody can say which row binds an agency that could not be read.
        self._unreadable = _Ready(replace(order.silent, default=order.not_understood), order, odd=("agency",))

    def evaluate(self, jurisdiction: str, as_of: date, facts: Mapping[str, Any]) -> Finding:
        """Say what the law of ``as_of`` makes of the facts; every doubt is a REVIEW, never an exception."""
        return self._governing(jurisdiction, as_of, facts.get("agency")).apply(facts, as_of)

    def next_date(self, jurisdiction: str, after: date) -> date | None:
        """Give the next day on which the law of a jurisdiction changes; None if none is known."""
        page = self._pages.get(jurisdiction)
        return None if page is None else select.next_date(page, after)

    def jurisdictions(self) -> tuple[str, ...]:
        """Give the codes that have a page, in order."""
        return tuple(sorted(self._pages))

    def title(self, jurisdiction: str) -> str:
        """Give the name of a place with a page; the code itself where there is none."""
        page = self._pages.get(jurisdiction)
        return jurisdiction if page is None else page.title

    def instruments(self, jurisdiction: str) -> tuple[Instrument, ...]:
        """Give a page's instruments in the order they are looked at, the baseline last."""
        page = self._pages.get(jurisdiction)
        return () if page is None else (*page.instruments, *page.baseline)

    def second_person(self, policy: str) -> frozenset[Outcome]:
        """Give the answers that a policy wants a second person to approve; none of one that is not known."""
        ready = self._ready.get(policy)
        return frozenset() if ready is None else ready.plan.instrument.second_person

    @property
    def told_duties(self) -> tuple[str, ...]:
        """Give the names of all duties that the cover tells of."""
        return tuple(self._duties)

    def duties(self, named: Sequence[str]) -> tuple[Duty, ...]:
        """Give what the names of duties stand for, in their order."""
        return tuple(self._duties[name] for name in named if name in self._duties)

    def plans(self) -> Iterator[Plan]:
        """Give every instrument as it is applied."""
        return (ready.plan for ready in self._ready.values())

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Walk every rule with the policy it stands in; what holds everywhere stands in the order of tests."""
        order, everywhere = self.order, self.order.silent.policy
        for rule in (*order.first, *order.turns, order.unknown_facts, order.not_understood, order.silent.default):
            yield everywhere, rule
        for policy, ready in self._ready.items():
            for rule in (*ready.plan.instrument.rules, ready.plan.instrument.default):
                yield policy, rule

    def _governing(self, jurisdiction: str, as_of: date, agency: Any) -> "_Ready":
        """Find the instrument, ready to be applied; where there is none, what stands in for it."""
        page = self._pages.get(jurisdiction)
        if page is None:
            return self._silent
        known = agency.__class__ in (str, Agency) and agency in _AGENCIES
        instrument = select.governing(page, agency if known else "", as_of)
        if instrument is None:
            return self._silent if known else self._unreadable
        return self._ready[instrument.policy]


class _Ready:
    """An instrument compiled, with its memory."""

    def __init__(
        self, instrument: Instrument, order: Order, odd: tuple[str, ...] = (), duties: Sequence[Duty] = ()
    ) -> None:
        self._duties = duties
        #: From this day on every duty of the instrument is owed.
        self._all_owed_from = max((duty.since for duty in duties if duty.since is not None), default=date.min)
        self.plan = _plan(instrument, order)
        self._find = partial(_find, self.plan, odd)
        self._lists = tuple(self.plan.layout.index[name] for name in self.plan.layout.lists)
        self._remembered = lru_cache(_REMEMBERED)(self._find)

    def apply(self, facts: Mapping[str, Any], as_of: date) -> Finding:
        """Read the facts and find; a reading met before is answered from memory."""
        reading = self.plan.layout.read(facts, as_of)
        length = 0
        for at in self._lists:
            if isinstance(elements := reading[at], tuple):
                length += len(elements)
        finding = (self._remembered if length <= _LONGEST_REMEMBERED else self._find)(reading)
        return finding if as_of >= self._all_owed_from else self._not_yet_owing(finding, as_of)

    def _not_yet_owing(self, finding: Finding, as_of: date) -> Finding:
        """Leave out the duties that the law owes only from a later day on."""
        young = {duty.name for duty in self._duties if not duty.is_owed_on(as_of)}
        return replace(finding, duties=tuple(name for name in finding.duties if name not in young))


def _plan(instrument: Instrument, order: Order) -> Plan:
    """Lay out and compile one instrument together with the tests that hold everywhere."""
    turns = tuple(turn for turn in order.turns if not turn.spares & instrument.traits)
    trees = [rule.tree for rule in (*order.first, *instrument.rules, *turns) if rule.tree is not None]
    layout = layout_of([*trees, {"fact": "detainer_form", "in": list(order.forms)}])

    def tested(rules: Sequence[Rule]) -> tuple[Tested, ...]:
        return tuple(Tested(rule=rule, when=compile_tree(rule.tree, layout)) for rule in rules if rule.tree is not None)

    return Plan(
        instrument=instrument,
        order=order,
        layout=layout,
        first=tested(order.first),
        rows=tested(instrument.rules),
        turns=tested(turns),
    )


def _find(plan: Plan, unreadable: tuple[str, ...], reading: Reading) -> Finding:
    """Work one finding out: settled, or settled whatever the unknowns are, or a person's."""
    trace: list[Step] = []
    rule = settled(plan, reading, trace)
    unknown = unreadable if rule is plan.order.not_understood else ()
    if rule is None or (rule.outcome is Outcome.HOLD and not rule.other_custody):
        odd = odd_facts(plan, reading)
        if odd:
            rule, unknown = plan.order.not_understood, odd
        elif rule is None:
            rule, unknown = completed(plan, reading)
    misses = near_misses(plan, reading, rule)
    return _finding(plan, reading, rule, unknown=unknown, trace=tuple(trace), near_misses=misses)


def _finding(plan: Plan, reading: Reading, rule: Rule, **why: Any) -> Finding:
    """Put the finding together from the rule that decided."""
    law = plan.instrument
    is_review = rule.outcome is Outcome.REVIEW
    return Finding(
        outcome=rule.outcome,
        policy=law.policy,
        rule=rule.name,
        citation=_citation(plan, rule),
        confidence=rule.confidence or law.confidence,
        clocks=_clocks(plan, reading, rule),
        other_custody=rule.other_custody,
        decider=law.review_office if is_review else None,
        counterfactual=counterfactual(plan, why["near_misses"], rule.outcome),
        ice_answer=law.ice_answer,
        duties=law.duties,
        **why,
    )


def _citation(plan: Plan, rule: Rule) -> str:
    """Give the row's citation; a rule that holds everywhere cites itself only on the federal page."""
    law = plan.instrument
    of_the_row = rule is law.default or rule in law.rules
    own = of_the_row or "own-citations" in law.traits
    return (rule.citation if own else None) or law.citation


def _clocks(plan: Plan, reading: Reading, rule: Rule) -> tuple[ClockRule, ...]:
    """Name the clocks of a hold: regulation, form and state, each once."""
    if rule.outcome is not Outcome.HOLD or rule.other_custody:
        return ()
    clocks = plan.instrument.clocks
    form = reading[plan.layout.index["detainer_form"]]
    of_form = plan.order.forms.get(form) if clocks.form and isinstance(form, str) else None
    named = (clocks.regulation, of_form, clocks.state, rule.clock)
    return tuple(dict.fromkeys(clock for clock in named if clock is not None))
