"""Turn a page's condition trees into three-valued functions over a reading of the facts.

True, False, or None where an unknown or odd fact stands in the way: true or unknown is true, false and unknown
is false. Nothing is ever guessed from a missing fact.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from services.decision.policy.layout import Layout, Reading
from services.decision.policy.vocabulary import LISTS, WORDS, Element, Kind, Mark, Word

Tree = Mapping[str, Any]
Condition = Callable[[Reading], bool | None]


class PageError(ValueError):
    """A page that cannot be used: ``node`` and ``key`` say where, the text how to mend it."""

    def __init__(self, what: str, node: Any, key: str) -> None:
        super().__init__(what)
        self.node = node
        self.key = key


def compile_tree(tree: Tree, layout: Layout) -> Condition:
    """Turn one condition tree into a function of a reading."""
    return _compile(tree, layout.index, layout)


def _compile(tree: Tree, index: Mapping[str, int], layout: Layout) -> Condition:
    """Compile a node; inside a list, ``index`` is that of its attributes."""
    if "any" in tree:
        return _any([_compile(each, index, layout) for each in tree["any"]])
    if "all" in tree:
        return _all([_compile(each, index, layout) for each in tree["all"]])
    if "not" in tree:
        return _not(_compile(tree["not"], index, layout))
    if "some" in tree:
        name = tree["some"]
        attributes = {slot.name: at for at, slot in enumerate(layout.lists[name])}
        return _some(layout.index[name], _compile(tree["where"], attributes, layout))
    return _compare(tree, index[tree["fact"]])


def _compare(tree: Tree, at: int) -> Condition:
    """Compile a leaf: one fact, compared or taken as a flag."""
    if "before" in tree:
        return _before(at, tree["before"])
    if "from" in tree:
        return _not(_before(at, tree["from"]))
    if "in" in tree or "is" in tree:
        return _in(at, frozenset(tree["in"] if "in" in tree else [tree["is"]]))
    return _flag(at)


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
        return value < day if isinstance(value, date) else None

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


def layout_of(trees: Sequence[Tree]) -> Layout:
    """Lay out the facts that the trees ask about; ``PageError`` for what the vocabulary lacks."""
    asked: dict[str, dict[str, Any]] = {}
    for tree in trees:
        _collect(tree, WORDS, asked)
    return Layout(asked)


def _collect(tree: Any, words: Mapping[str, Word], into: dict[str, dict[str, Any]]) -> None:
    """Collect from one node, and refuse what the vocabulary does not know."""
    form = _form(tree)
    if form in ("any", "all"):
        if not isinstance(tree[form], list) or not tree[form]:
            raise PageError(f"'{form}' takes a list of conditions", tree, form)
        for each in tree[form]:
            _collect(each, words, into)
    elif form == "not":
        _collect(tree["not"], words, into)
    elif form == "some":
        if words is not WORDS or tree["some"] not in LISTS:
            raise PageError(f"'some' takes one of {', '.join(LISTS)}", tree, "some")
        _collect(tree["where"], LISTS[tree["some"]], into.setdefault(tree["some"], {}))
    else:
        _collect_fact(tree, words, into)


_FORMS = {
    frozenset({"any"}): "any",
    frozenset({"all"}): "all",
    frozenset({"not"}): "not",
    frozenset({"some", "where"}): "some",
    frozenset({"fact"}): "flag",
    frozenset({"fact", "is"}): "is",
    frozenset({"fact", "in"}): "in",
    frozenset({"fact", "before"}): "before",
    frozenset({"fact", "from"}): "from",
}


def _form(tree: Any) -> str:
    """Tell which of the forms a node has."""
    form = _FORMS.get(frozenset(tree)) if isinstance(tree, Mapping) else None
    if form is None:
        raise PageError(
            "a condition is {any: [..]}, {all: [..]}, {not: ..}, {some: list, where: ..} or {fact: name} "
            "with at most one of is, in, before, from",
            tree,
            "when",
        )
    return form


def _collect_fact(tree: Tree, words: Mapping[str, Word], into: dict[str, dict[str, Any]]) -> None:
    """Collect a leaf: the word must exist, and the comparison must fit it."""
    word = words.get(tree["fact"])
    if word is None:
        raise PageError(f"no fact is called {tree['fact']!r}; see vocabulary.py", tree, "fact")
    form = _form(tree)
    wanted = {Kind.FLAG: ("flag",), Kind.DAY: ("before", "from")}.get(word.kind, ("is", "in"))
    if form not in wanted:
        raise PageError(f"{tree['fact']} is compared with {' or '.join(wanted)}", tree, form)
    values = tree[form] if form == "in" else [tree[form]] if form != "flag" else []
    for value in values:
        if word.kind in (Kind.CODE, Kind.PAPER) and value not in word.codes:
            raise PageError(f"{tree['fact']} is never {value!r}; see vocabulary.py", tree, form)
        if word.kind is Kind.DAY and value.__class__ is not date:
            raise PageError(f"{tree['fact']} is compared with a day, not {value!r}", tree, form)
    into.setdefault(tree["fact"], {}).update(dict.fromkeys(values))
