"""Read the condition trees of a page: which forms there are, which facts they ask about, and what does not fit."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.decision.policy.layout import Layout
from services.decision.policy.readers import Least, Years
from services.decision.policy.vocabulary import LISTS, WORDS, Kind, Word

Tree = Mapping[str, Any]

#: Facts that may bear the day from which years are counted back.
REFERENCE_DAYS = ("as_of", "instant_arrest_date")


class PageError(ValueError):
    """A page that cannot be used: ``node`` and ``key`` say where, the text how to mend it."""

    def __init__(self, what: str, node: Any, key: str) -> None:
        super().__init__(what)
        self.node = node
        self.key = key


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
    frozenset({"fact", "at_least"}): "at_least",
    frozenset({"fact", "within_years"}): "within_years",
    frozenset({"fact", "within_years", "of"}): "within_years",
    frozenset({"fact", "within_years", "of", "from_release"}): "within_years",
}
_COMPARISONS = {Kind.FLAG: ("flag",), Kind.DAY: ("before", "from", "within_years"), Kind.NUMBER: ("at_least",)}


def _form(tree: Any) -> str:
    """Tell which of the forms a node has."""
    form = _FORMS.get(frozenset(tree)) if isinstance(tree, Mapping) else None
    if form is None:
        raise PageError(
            "a condition is {any: [..]}, {all: [..]}, {not: ..}, {some: list, where: ..} or {fact: name} "
            "with at most one of is, in, before, from, at_least, within_years (this with of, from_release)",
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
    wanted = _COMPARISONS.get(word.kind, ("is", "in"))
    if form not in wanted:
        raise PageError(f"{tree['fact']} is compared with {' or '.join(wanted)}", tree, form)
    if form == "in" and (not isinstance(tree["in"], list) or not tree["in"]):
        raise PageError("'in' takes a list of values", tree, form)
    values = compared(tree)
    for value in values:
        _check(tree, form, word, value)
    before = into.setdefault(tree["fact"], {})
    before.update(dict.fromkeys(values))
    if len({(each.of, each.from_release) if isinstance(each, Years) else None for each in before}) > 1:
        raise PageError(f"{tree['fact']} is counted from two days here, or compared with a day too", tree, form)


def compared(tree: Tree) -> list[Any]:
    """Give the values that a leaf compares its fact with; none for a flag."""
    match _form(tree):
        case "flag":
            return []
        case "in":
            return list(tree["in"])
        case "within_years":
            return [Years(tree["within_years"], tree.get("of", "as_of"), tree.get("from_release", False))]
        case "at_least":
            return [Least(tree["at_least"])]
        case form:
            return [tree[form]]


def _check(tree: Tree, form: str, word: Word, value: Any) -> None:
    """Refuse a value that the word never has."""
    told = tree["fact"]
    match value:
        case Years(years, of, from_release):
            if years.__class__ is not int or years < 1:
                raise PageError(f"{told} is counted in whole years, not {years!r}", tree, form)
            if of not in REFERENCE_DAYS or from_release.__class__ is not bool:
                raise PageError(f"years are counted back from {' or '.join(REFERENCE_DAYS)}", tree, "of")
        case Least(number):
            if number.__class__ is not int:
                raise PageError(f"{told} is compared with a whole number, not {number!r}", tree, form)
        case _ if word.kind in (Kind.CODE, Kind.PAPER) and value not in word.codes:
            raise PageError(f"{told} is never {value!r}; see vocabulary.py", tree, form)
        case _ if word.kind is Kind.DAY and value.__class__ is not date:
            raise PageError(f"{told} is compared with a day, not {value!r}", tree, form)
