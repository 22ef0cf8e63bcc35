"""Check the rulebook as a whole: no day without law, none with two, and no rule that can never decide."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

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


def problems(path: Path = RULEBOOK_DIR) -> list[Problem]:
    """Give all that is wrong with a rulebook; of what cannot be loaded at all, the first."""
    try:
        book = load_rulebook(path)
    except PageUnsound as wrong:
        return [wrong.problem]
    found = _Places(read_pages(path))
    return [*_days(book, found), *_rules(book, found)]


class _Places:
    """Where each instrument stands."""

    def __init__(self, nodes: Mapping[Path, Located]) -> None:
        self._at = {
            f"{node['id']}@{node['revision']}": (file, node)
            for file, page in nodes.items()
            for node in (*page.get("instruments", ()), *page.get("baseline", ()))
        }

    def problem(self, law: Instrument, key: str, mend: str) -> Problem:
        """Say what is wrong with an instrument, with its file and line."""
        file, node = self._at[law.policy]
        return Problem(file=str(file), line=line_of(node, key), key=key, mend=mend)


def _days(book: Rulebook, found: _Places) -> Iterator[Problem]:
    """Walk each agency's time line: each day from the first on under exactly one instrument."""
    for place in book.jurisdictions():
        for agency in Agency:
            line = sorted(_bound(book, place, agency), key=lambda each: each[0].first)
            for (span, law), (later, other) in pairwise(line):
                yield from _between(agency, span, law, later, other, found)
            if not line or line[-1][0].last is not None:
                law = line[-1][1] if line else book.instruments(place)[-1]
                yield found.problem(law, "binds", f"nothing binds {agency} after its last day; add what follows")


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
        yield found.problem(other, "binds", f"binds {agency} on {later.first}, as {law.policy} does; end one before")
    elif later.first > following:
        yield found.problem(law, "binds", f"nothing binds {agency} from {following} to {later.first}; close the gap")


def _rules(book: Rulebook, found: _Places) -> Iterator[Problem]:
    """Name each rule that no facts can reach."""
    for plan in book.plans():
        for rule in unreachable(plan):
            where = "default" if rule is plan.instrument.default else "rules"
            mend = f"{rule.name} can never decide: those before it take every case; mend its condition or take it out"
            yield found.problem(plan.instrument, where, mend)
