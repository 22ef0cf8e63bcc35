"""Find facts under which a rule decides; where there are none, the rule can never be reached."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from services.decision.policy.conditions import compare
from services.decision.policy.layout import Layout, Reading, Slot
from services.decision.policy.model import Plan, Rule
from services.decision.policy.settle import before_turns
from services.decision.policy.trees import Tree

#: Ways of meeting a condition that are tried before a rule is called out of reach.
MOST_TRIED = 2_000

#: Facts of a request with nothing wrong about it, so that only what a rule asks for has to be found.
_SOUND = {
    "detainer_form": "I-247",
    "detainer_status": "active",
    "detainer_basis": "final_order",
    "detainer_subject_matches_inmate": True,
    "detainer_served_on_subject": True,
}
#: A way of meeting a condition: facts by name; for a list, the elements that it must have.
_Way = dict[str, Any]


def unreachable(plan: Plan) -> tuple[Rule, ...]:
    """Give the rules of an instrument, its default too, that no facts were found for."""
    sound = plan.layout.read(_SOUND, plan.instrument.binds[0].first)
    trees = [tested.rule.tree for tested in plan.rows if tested.rule.tree is not None]
    rules = (*(tested.rule for tested in plan.rows), plan.instrument.default)
    return tuple(rule for at, rule in enumerate(rules) if not _reached(plan, sound, rule, trees[:at]))


def _reached(plan: Plan, sound: Reading, rule: Rule, earlier: Sequence[Tree]) -> bool:
    """Look for a reading that the rule decides: its own condition met, and none of those before it."""
    wanted: list[Tree] = [{"not": tree} for tree in earlier]
    if rule.tree is not None:
        wanted.insert(0, rule.tree)
    slots = {slot.name: slot for slot in plan.layout.slots}
    ways = _both(wanted, True, slots, plan.layout) if wanted else iter([{}])
    return any(before_turns(plan, _reading(plan.layout, sound, way), None) is rule for way in islice(ways, MOST_TRIED))


def _ways(tree: Tree, want: bool, slots: Mapping[str, Slot], layout: Layout) -> Iterator[_Way]:
    """Give ways of making a condition come out as wanted."""
    if "not" in tree:
        yield from _ways(tree["not"], not want, slots, layout)
    elif "any" in tree or "all" in tree:
        parts = tree["any"] if "any" in tree else tree["all"]
        if ("all" in tree) is want:
            yield from _both(parts, want, slots, layout)
        else:
            for part in parts:
                yield from _ways(part, want, slots, layout)
    elif "some" in tree:
        yield from _some(tree, want, layout)
    else:
        slot = slots[tree["fact"]]
        test = compare(tree, 0, slot)
        yield from ({slot.name: value} for value in slot.domain() if test((value,)) is want)


def _some(tree: Tree, want: bool, layout: Layout) -> Iterator[_Way]:
    """Give one element that does, or none at all."""
    if not want:
        yield {}
        return
    inside = {slot.name: slot for slot in layout.lists[tree["some"]]}
    yield from ({tree["some"]: (element,)} for element in _ways(tree["where"], True, inside, layout))


def _both(parts: Sequence[Tree], want: bool, slots: Mapping[str, Slot], layout: Layout) -> Iterator[_Way]:
    """Give ways in which all parts come out as wanted at once."""
    if not parts:
        yield {}
        return
    for way in _ways(parts[0], want, slots, layout):
        for more in _both(parts[1:], want, slots, layout):
            merged = _merged(way, more)
            if merged is not None:
                yield merged


def _merged(one: _Way, other: _Way) -> _Way | None:
    """Put two ways together; None if they contradict each other."""
    made = dict(one)
    for name, value in other.items():
        if name in made and isinstance(value, tuple):
            made[name] = (*made[name], *value)
        elif made.setdefault(name, value) != value:
            return None
    return made


def _reading(layout: Layout, sound: Reading, way: _Way) -> Reading:
    """Lay a way over the sound request; what a charge or conviction is not asked for is absent."""
    made = list(sound)
    for name, value in way.items():
        made[layout.index[name]] = (
            value
            if name not in layout.lists
            else tuple(
                tuple(element.get(slot.name, slot.word.absent) for slot in layout.lists[name]) for element in value
            )
        )
    return tuple(made)
