"""Each rule taken out, or turned around: some case notices, in the outcome or in the law it cites."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from services.decision.policy.model import Finding, Instrument, Order, Page, Rule
from tests.policy.test_pages import Case, cases, found

BOOK = load_rulebook()
CASES = list(cases())


#: Pages whose cases show all that holds everywhere: a request that may be held on, and one that never is.
ORDERLY = ("US-FED", "MA")


def page(place: str, *, old: Instrument | None = None, new: Instrument | None = None) -> Page:
    """Give the page of a place, with one instrument put in for another."""
    laws = tuple(new if new is not None and each is old else each for each in BOOK.instruments(place))
    return Page(jurisdiction=place, title=place, instruments=laws, baseline=())


def turned(rule: Rule) -> Rule:
    """Give a rule whose condition is turned around."""
    return replace(rule, tree={"not": rule.tree})


def changed() -> Iterator[tuple[str, str, Instrument, Instrument]]:
    """Give each instrument with one rule taken out, and with one turned around."""
    for place in BOOK.jurisdictions():
        for law in BOOK.instruments(place):
            for at, rule in enumerate(law.rules):
                without = (*law.rules[:at], *law.rules[at + 1 :])
                around = (*law.rules[:at], turned(rule), *law.rules[at + 1 :])
                yield place, f"{law.policy} without {rule.name}", law, replace(law, rules=without)
                yield place, f"{law.policy} with {rule.name} turned around", law, replace(law, rules=around)


def said(finding: Finding) -> tuple[Any, ...]:
    """Give what a reader of a decision sees of it."""
    return finding.outcome, finding.citation, finding.clocks, finding.confidence, finding.unknown


def order(part: str, rules: tuple[Rule, ...]) -> Order:
    """Give the order of the tests with other rules before the row, or after it."""
    return replace(BOOK.order, first=rules) if part == "first" else replace(BOOK.order, turns=rules)


def changed_orders() -> Iterator[tuple[str, Order]]:
    """Give the order of the tests with one rule taken out, and with one turned around."""
    for part in ("first", "turns"):
        rules = getattr(BOOK.order, part)
        for at, rule in enumerate(rules):
            without = (*rules[:at], *rules[at + 1 :])
            around = (*rules[:at], turned(rule), *rules[at + 1 :])
            yield f"without {rule.name}", order(part, without)
            yield f"with {rule.name} turned around", order(part, around)


@pytest.mark.parametrize("change", list(changed()), ids=lambda change: change[1])
def test_some_case_notices(change: tuple[str, str, Instrument, Instrument]) -> None:
    """A rule that could be lost or turned around unnoticed is a rule nobody tested."""
    place, _, law, other = change
    pages = [page(place, old=law, new=other)]
    book = Rulebook(version=1, digest="sha256:0", order=BOOK.order, pages=pages)
    of_the_page: list[Case] = [case for case in CASES if case["jurisdiction"] == place]
    assert any(said(found(book, case)) != said(found(BOOK, case)) for case in of_the_page)


@pytest.mark.parametrize("change", list(changed_orders()), ids=lambda change: change[0])
def test_some_case_notices_what_holds_everywhere(change: tuple[str, Order]) -> None:
    """The tests before a row and after it are tested as the rows are."""
    book = Rulebook(version=1, digest="sha256:0", order=change[1], pages=[page(place) for place in ORDERLY])
    of_the_pages = [case for case in CASES if case["jurisdiction"] in ORDERLY]
    assert any(said(found(book, case)) != said(found(BOOK, case)) for case in of_the_pages)
