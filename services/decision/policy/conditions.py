"""Turn a page's condition trees into three-valued functions over a reading of the facts.

True, False, or None where an unknown or odd fact stands in the way: true or unknown is true, false and unknown
is false. Nothing is ever guessed from a missing fact. A day that is absent is neither before nor after any other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from services.decision.policy.layout import Layout, Reading, Slot
from services.decision.policy.readers import Least, Years
from services.decision.policy.trees import Tree, compared
from services.decision.policy.vocabulary import Element, Mark

Condition = Callable[[Reading], bool | None]


def compile_tree(tree: Tree, layout: Layout) -> Condition:
    """Turn one condition tree into a function of a reading."""
    return _compile(tree, layout.index, layout.slots, layout)


def _compile(tree: Tree, index: Mapping[str, int], slots: Sequence[Slot], layout: Layout) -> Condition:
    """Compile a node; inside a list, ``index`` and ``slots`` are those of its attributes."""
    if "any" in tree:
        return _any([_compile(each, index, slots, layout) for each in tree["any"]])
    if "all" in tree:
        return _all([_compile(each, index, slots, layout) for each in tree["all"]])
    if "not" in tree:
        return _not(_compile(tree["not"], index, slots, layout))
    if "some" in tree:
        name = tree["some"]
        inside = layout.lists[name]
        attributes = {slot.name: at for at, slot in enumerate(inside)}
        return _some(layout.index[name], _compile(tree["where"], attributes, inside, layout))
    at = index[tree["fact"]]
    return compare(tree, at, slots[at])


def compare(tree: Tree, at: int, slot: Slot) -> Condition:
    """Compile a leaf: one fact, compared or taken as a flag."""
    if "before" in tree:
        return _before(at, tree["before"])
    if "from" in tree:
        return _from(at, tree["from"])
    values = compared(tree)
    if not values:
        return _flag(at)
    match values[0]:
        case Years(years):
            return _in(at, frozenset(each.label for each in slot.compared if each.years <= years))
        case Least(number):
            return _in(at, frozenset(each.label for each in slot.compared if each.number >= number))
    return _in(at, frozenset(values))


def _any(parts: Sequence[Condition]) -> Condition:
    def test(reading: Reading) -> bool | None:
        unknown = False
        for part in parts:
            truth = part(reading)
            if truth:
                return True
            unknown = unknown or truth is None
        return None if unknown else False

    return test


def _all(parts: Sequence[Condition]) -> Condition:
    def test(reading: Reading) -> bool | None:
        unknown = False
        for part in parts:
            truth = part(reading)
            if truth is False:
                return False
            unknown = unknown or truth is None
        return None if unknown else True

    return test


def _not(part: Condition) -> Condition:
    def test(reading: Reading) -> bool | None:
        truth = part(reading)
        return None if truth is None else not truth

    return test


def _some(at: int, where: Callable[[Element], bool | None]) -> Condition:
    def test(reading: Reading) -> bool | None:
        elements = reading[at]
        if not isinstance(elements, tuple):
            return None
        unknown = False
        for element in elements:
            truth = where(element)
            if truth:
                return True
            unknown = unknown or truth is None
        return None if unknown else False

    return test


def _before(at: int, day: date) -> Condition:
    def test(reading: Reading) -> bool | None:
        value = reading[at]
        return None if value.__class__ is Mark else isinstance(value, date) and value < day

    return test


def _from(at: int, day: date) -> Condition:
    def test(reading: Reading) -> bool | None:
        value = reading[at]
        return None if value.__class__ is Mark else isinstance(value, date) and value >= day

    return test


def _in(at: int, values: frozenset[Any]) -> Condition:
    def test(reading: Reading) -> bool | None:
        value = reading[at]
        return None if value.__class__ is Mark else value in values

    return test


def _flag(at: int) -> Condition:
    def test(reading: Reading) -> bool | None:
        value = reading[at]
        return value if isinstance(value, bool) else None

    return test
