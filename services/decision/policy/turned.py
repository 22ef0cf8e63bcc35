"""Each rule taken out, and turned around: which cases would notice. A rule that nobody would miss was never tested."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from services.decision.policy.coverage import Case
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Finding, Instrument, Order, Page, Rule

TAKEN_OUT, TURNED_AROUND = "taken out", "turned around"
#: Pages whose cases show all that holds everywhere: a request that may be held on, and one that never is.
ORDERLY = ("US-FED", "MA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One rule of a rulebook taken out or turned around, and the rulebook that is left, of the pages named."""

    policy: str
    rule: str
    how: str
    pages: tuple[str, ...]
    book: Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """The names of the cases that come out otherwise once the rule is taken out, or turned around."""

    policy: str
    rule: str
    taken_out: tuple[str, ...]
    turned_around: tuple[str, ...]

    @property
    def both(self) -> bool:
        """Whether some case notices either."""
        return bool(self.taken_out) and bool(self.turned_around)


def matrix(book: Rulebook, cases: Iterable[Case]) -> Iterator[Noticed]:
    """Give one row for each rule that asks anything: the cases that would miss it."""
    told = [(case, _said(book, case)) for case in cases]
    changed = changes(book)
    for without, around in zip(changed, changed, strict=True):
        yield Noticed(
            policy=without.policy,
            rule=without.rule,
            taken_out=_noticing(without, told),
            turned_around=_noticing(around, told),
        )


def changes(book: Rulebook) -> Iterator[Change]:
    """Give each rule taken out, then turned around: page by page, and at last what holds everywhere."""
    for place in book.jurisdictions():
        laws = book.instruments(place)
        for law in laws:
            for rule, how, rules in _changed(law.rules):
                new = [replace(law, rules=rules) if each is law else each for each in laws]
                yield _change(book, book.order, {place: new}, law.policy, rule, how)
    pages = {place: list(book.instruments(place)) for place in ORDERLY}
    everywhere = book.order.silent.policy
    for rule, how, rules in _changed(book.order.first):
        yield _change(book, replace(book.order, first=rules), pages, everywhere, rule, how)
    for rule, how, rules in _changed(book.order.turns):
        yield _change(book, replace(book.order, turns=rules), pages, everywhere, rule, how)


def _changed(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, str, tuple[Rule, ...]]]:
    """Give the rules with one of them taken out, and with it turned around."""
    for at, rule in enumerate(rules):
        yield rule, TAKEN_OUT, (*rules[:at], *rules[at + 1 :])
        yield rule, TURNED_AROUND, (*rules[:at], replace(rule, tree={"not": rule.tree}), *rules[at + 1 :])


def _change(
    book: Rulebook, order: Order, laws: dict[str, list[Instrument]], policy: str, rule: Rule, how: str
) -> Change:
    """Make a rulebook of the changed pages alone."""
    pages = [
        Page(jurisdiction=place, title=place, instruments=tuple(each), baseline=()) for place, each in laws.items()
    ]
    left = Rulebook(version=book.version, digest=book.digest, order=order, pages=pages)
    return Change(policy=policy, rule=rule.name, how=how, pages=tuple(laws), book=left)


def _noticing(change: Change, told: Iterable[tuple[Case, Any]]) -> tuple[str, ...]:
    """Name the cases that come out otherwise."""
    return tuple(
        case.name for case, said in told if case.jurisdiction in change.pages and _said(change.book, case) != said
    )


def _said(book: Rulebook, case: Case) -> tuple[Any, ...]:
    """Give what a reader of a decision sees of it."""
    finding: Finding = book.evaluate(case.jurisdiction, case.day, case.facts)
    return finding.outcome, finding.citation, finding.clocks, finding.confidence, finding.unknown
