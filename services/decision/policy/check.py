"""Check the rulebook as a whole: no day without law, none with two, no rule out of reach or never tried."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from services.decision.policy.coverage import Case, RuleCovered, coverage
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import (
    RULEBOOK_DIR,
    Located,
    PageUnsound,
    Problem,
    line_of,
    load_rulebook,
    read_pages,
)
from services.decision.policy.model import Instrument, Span
from services.decision.policy.reach import unreachable
from shared.domain.jurisdiction import Agency


def problems(path: Path = RULEBOOK_DIR, cases: Iterable[Case] | None = None) -> list[Problem]:
    """Give all that is wrong with a rulebook; of what cannot be loaded at all, the first.

    What cannot be loaded is what lacks a citation, a default or a clock, or asks for a fact outside the vocabulary.
    With ``cases``, every rule and every date must have some on both sides, and so every outcome a case.
    """
    try:
        book = load_rulebook(path)
    except PageUnsound as wrong:
        return [wrong.problem]
    found = _Places(read_pages(path))
    tried = [] if cases is None else _untried(book, found, cases)
    return [*_days(book, found), *_rules(book, found), *tried]


class _Places:
    """Where each instrument stands."""

    def __init__(self, nodes: Mapping[Path, Located]) -> None:
        self._at = {
            f"{node['id']}@{node['revision']}": (file, node)
            for file, page in nodes.items()
            for node in (*page.get("instruments", ()), *page.get("baseline", ()), *_order_of(page))
        }

    def problem(self, policy: str, key: str, mend: str) -> Problem:
        """Say what is wrong with an instrument, with its file and line."""
        file, node = self._at[policy]
        return Problem(file=str(file), line=line_of(node, key), key=key, mend=mend)


def _order_of(page: Located) -> tuple[Located, ...]:
    """Give the tests that hold everywhere, which stand on the federal page as an instrument of their own."""
    return (page["order"],) if "order" in page else ()


def _days(book: Rulebook, found: _Places) -> Iterator[Problem]:
    """Walk each agency's time line: each day from the first on under exactly one instrument."""
    for place in book.jurisdictions():
        for agency in Agency:
            line = sorted(_bound(book, place, agency), key=lambda each: each[0].first)
            for (span, law), (later, other) in pairwise(line):
                yield from _between(agency, span, law, later, other, found)
            if not line or line[-1][0].last is not None:
                law = line[-1][1] if line else book.instruments(place)[-1]
                yield found.problem(law.policy, "binds", f"nothing binds {agency} after its last day; add what follows")


def _bound(book: Rulebook, place: str, agency: Agency) -> Iterator[tuple[Span, Instrument]]:
    for law in book.instruments(place):
        for span in law.binds:
            if span.agencies is None or agency in span.agencies:
                yield span, law


def _between(
    agency: Agency, span: Span, law: Instrument, later: Span, other: Instrument, found: _Places
) -> Iterator[Problem]:
    """Compare two neighbours on a time line."""
    following = (span.last or date.max - timedelta(days=1)) + timedelta(days=1)
    if later.first < following:
        yield found.problem(
            other.policy, "binds", f"binds {agency} on {later.first}, as {law.policy} does; end one before"
        )
    elif later.first > following:
        yield found.problem(
            law.policy, "binds", f"nothing binds {agency} from {following} to {later.first}; close the gap"
        )


def _rules(book: Rulebook, found: _Places) -> Iterator[Problem]:
    """Name each rule that no facts can reach."""
    for plan in book.plans():
        for rule in unreachable(plan):
            where = "default" if rule is plan.instrument.default else "rules"
            mend = f"{rule.name} can never decide: those before it take every case; mend its condition or take it out"
            yield found.problem(plan.instrument.policy, where, mend)


def _untried(book: Rulebook, found: _Places, cases: Iterable[Case]) -> Iterator[Problem]:
    """Name each rule and each date that lacks a case on one of its sides."""
    seen = coverage(book, cases)
    for rule in seen.rules:
        if not rule.covered:
            yield found.problem(rule.policy, _part(rule), f"{rule.rule} has no case {_side(rule)}; write one")
    for day in seen.dates:
        if not day.covered:
            law = next(
                law for law in book.instruments(day.jurisdiction) if any(day.day in span.dates() for span in law.binds)
            )
            missing = "on that day" if day.before else "on the day before"
            mend = f"the law of {day.jurisdiction} changes on {day.day}, and no case is written {missing}; write one"
            yield found.problem(law.policy, "binds", mend)


def _part(rule: RuleCovered) -> str:
    return "rules" if rule.asks else "default"


def _side(rule: RuleCovered) -> str:
    return "in which it comes out false" if rule.decides else "that it decides"
