"""Walk the tests in their order; where facts are unknown, try every way of filling them in.

The order is that of every jurisdiction: what comes before any row, the row that governs, then what may turn the
row's outcome (a judge's civil warrant, local policy, and the checks of the request itself).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

from services.decision.policy.layout import Place, Reading, replaced
from services.decision.policy.model import NearMiss, Plan, Rule, Step, Tested
from services.decision.policy.vocabulary import Mark, Value
from shared.domain.decision import Outcome

#: More unknowns, or ways of filling them in, are not tried: every unknown is named, and a person decides.
MOST_UNKNOWNS = 48
MOST_COMPLETIONS = 256
#: Changes are looked for in so many facts; a record of thousands of convictions must not hold up others.
MOST_CHANGED = 96

#: A way of filling in the unknowns, as far as it mattered, and the rule it leads to.
Leaf = tuple[dict[Place, Value], Rule]


def settled(plan: Plan, reading: Reading, trace: list[Step] | None = None) -> Rule | None:
    """Give the rule that decides the reading, or None where an unknown or odd fact stands in the way."""
    found = before_turns(plan, reading, trace)
    if found is None or found in plan.order.first:
        return found
    for turn in plan.turns:
        if found.outcome in turn.rule.of:
            truth = _test(turn, reading, trace)
            if truth is None:
                return None
            if truth:
                found = turn.rule
    return found


def before_turns(plan: Plan, reading: Reading, trace: list[Step] | None) -> Rule | None:
    """Give the first rule that fires, else the instrument's default; None for an unknown before that."""
    for tested in (*plan.first, *plan.rows):
        truth = _test(tested, reading, trace)
        if truth is None:
            return None
        if truth:
            return tested.rule
    return plan.instrument.default


def _test(tested: Tested, reading: Reading, trace: list[Step] | None) -> bool | None:
    """Test one rule, and note how it came out."""
    truth = tested.when(reading)
    if trace is not None:
        trace.append(Step(rule=tested.rule.name, truth=truth))
    return truth


def completed(plan: Plan, reading: Reading) -> tuple[Rule, tuple[str, ...]]:
    """Decide a reading with unknowns: the rule all completions agree on, or a review naming what matters.

    What matters is the smallest set that settles it whatever the answers are, the most useful question first.
    Of several rules with one outcome the last in order is named: it needs no unknown to be true.
    """
    rank = {rule: at for at, rule in enumerate(_in_order(plan))}
    rules = _reachable(plan, reading)
    if _agree(rules):
        return max(rules, key=rank.__getitem__), ()
    unknown = _marked(plan, reading, Mark.UNKNOWN)
    leaves: list[Leaf] = []
    if len(unknown) <= MOST_UNKNOWNS:
        leaves = list(islice(_leaves(plan, reading, unknown), MOST_COMPLETIONS + 1))
    if 0 < len(leaves) <= MOST_COMPLETIONS:
        rules = {rule for _, rule in leaves}
        if _agree(rules):
            return max(rules, key=rank.__getitem__), ()
        unknown = _worth_asking(unknown, leaves)
    return plan.order.unknown_facts, tuple(plan.layout.name_of(place) for place in unknown)


def _agree(rules: set[Rule]) -> bool:
    """Say whether all have one outcome."""
    return len({rule.outcome for rule in rules}) == 1


def _reachable(plan: Plan, reading: Reading) -> set[Rule]:
    """Give every rule that could decide, taking each unknown condition both ways on its own.

    Conditions that hang together are not seen here, so this may give too many rules, never too few.
    """
    rules: set[Rule] = set()
    for tested in (*plan.first, *plan.rows):
        truth = tested.when(reading)
        if truth is not False:
            rules.add(tested.rule)
        if truth:
            break
    else:
        rules.add(plan.instrument.default)
    for turn in plan.turns:
        turned = {rule for rule in rules - set(plan.order.first) if rule.outcome in turn.rule.of}
        truth = turn.when(reading) if turned else False
        if truth is not False:
            rules = (rules - turned if truth else rules) | {turn.rule}
    return rules


def _leaves(plan: Plan, reading: Reading, open_places: Sequence[Place]) -> Iterator[Leaf]:
    """Fill in one unknown after the other, only until the outcome is settled."""
    rule = settled(plan, reading)
    if rule is not None:
        yield {}, rule
        return
    place, rest = open_places[0], open_places[1:]
    slot = next(slot for at, slot, _ in plan.layout.places(reading) if at == place)
    for value in slot.domain():
        for filled, leaf in _leaves(plan, replaced(reading, place, value), rest):
            yield {place: value, **filled}, leaf


def _worth_asking(unknown: Sequence[Place], leaves: Sequence[Leaf]) -> list[Place]:
    """Give the facts without which some answer stays open, those whose own answer most often ends the matter first."""
    mattering = [place for place in unknown if _matters(place, leaves)]
    return sorted(mattering, key=lambda place: _ends_it(place, leaves), reverse=True)


def _ends_it(place: Place, leaves: Sequence[Leaf]) -> float:
    """Give the share of a fact's values after which nothing else need be asked."""
    values = {leaf[place] for leaf, _ in leaves if place in leaf}
    left = ({rule for leaf, rule in leaves if leaf.get(place, value) == value} for value in values)
    return sum(_agree(rules) for rules in left) / len(values)


def _matters(place: Place, leaves: Sequence[Leaf]) -> bool:
    """Say whether some two completions that differ in this fact alone have different outcomes."""
    having = [leaf for leaf in leaves if place in leaf[0]]
    return any(
        one.outcome is not other.outcome
        and left[place] != right[place]
        and all(right.get(at, value) == value for at, value in left.items() if at != place)
        for left, one in having
        for right, other in having
    )


def odd_facts(plan: Plan, reading: Reading) -> tuple[str, ...]:
    """Name the facts that the instrument asks about and that could not be read."""
    lists = tuple(name for name in plan.layout.lists if reading[plan.layout.index[name]] is Mark.ODD)
    return (*(plan.layout.name_of(place) for place in _marked(plan, reading, Mark.ODD)), *lists)


def _marked(plan: Plan, reading: Reading, mark: Mark) -> list[Place]:
    """Find the facts of a reading that bear a mark."""
    return [place for place, _, value in plan.layout.places(reading) if value is mark]


def near_misses(plan: Plan, reading: Reading, rule: Rule) -> tuple[NearMiss, ...]:
    """Give, for each other rule that one changed fact would make decisive, the first such change."""
    found: dict[Rule, NearMiss] = {}
    for place, now, value in islice(_changes(plan, reading), MOST_CHANGED):
        then = settled(plan, replaced(reading, place, value))
        if then is not None and then is not rule and then not in found:
            found[then] = NearMiss(
                rule=then.name, outcome=then.outcome, fact=plan.layout.name_of(place), now=now, then=value
            )
    rank = {each: at for at, each in enumerate(_in_order(plan))}
    return tuple(found[then] for then in sorted(found, key=rank.__getitem__))


def _changes(plan: Plan, reading: Reading) -> Iterator[tuple[Place, Any, Value]]:
    """Give every change of one fact that the rules can notice: where, from what, to what."""
    for place, slot, now in plan.layout.places(reading):
        if slot.name == "as_of":
            continue
        # Days are read only as finely as the rules need, so the stretch is no day to show.
        shown = now.value if isinstance(now, Mark) else None if isinstance(now, date) else now
        yield from ((place, shown, value) for value in slot.domain() if value != now)


def counterfactual(plan: Plan, misses: Sequence[NearMiss], outcome: Outcome) -> NearMiss | None:
    """Pick the one changed fact that would give another outcome.

    What the row itself asks comes before what is asked everywhere, and the person before the form.
    """
    common = {rule.name for rule in plan.order.first}
    others = [miss for miss in misses if miss.outcome is not outcome]
    return min(others, key=lambda miss: (miss.rule in common, miss.fact.startswith("detainer_")), default=None)


def _in_order(plan: Plan) -> tuple[Rule, ...]:
    """Give every rule of the plan in the order of the tests."""
    rows = (*(tested.rule for tested in plan.rows), plan.instrument.default)
    return (*plan.order.first, *rows, *plan.order.turns)
