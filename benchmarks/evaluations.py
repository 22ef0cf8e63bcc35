"""How many evaluations one core does in a second, and how long the worst one takes.

    python -m benchmarks.evaluations [--seconds S]

Four figures: *met before* (the common case: a service sees the same few thousand readings again and again),
*new* (each set of facts worked out from nothing), *new and in doubt* (an unknown among the facts, so that
completions are tried), and *worst* (records of two to two thousand charges and convictions of which nothing is
known, so that completions are tried up to their bound). Seconds are those of the processor, so that a busy
machine does not spoil them.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from time import process_time
from typing import Any

from services.console.rulebook.cases import OWN_CASES, read_cases
from services.decision.policy.coverage import Case
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from services.decision.policy.vocabulary import LISTS, WORDS, Mark


def rate(book: Rulebook, cases: Sequence[Case], seconds: float) -> float:
    """Give evaluations a second over the cases, again and again."""
    done, began = 0, process_time()
    while (spent := process_time() - began) < seconds:
        for case in cases:
            book.evaluate(case.jurisdiction, case.day, case.facts)
        done += len(cases)
    return done / spent


def new_rate(cases: Sequence[Case], make: Callable[[], Rulebook]) -> float:
    """Give evaluations a second when nothing was met before: one round over a rulebook just loaded."""
    book, seen, new = make(), set[str](), list[Case]()
    for case in cases:
        told = f"{case.jurisdiction} {case.day} {sorted(case.facts.items(), key=str)}"
        if told not in seen:
            seen.add(told)
            new.append(case)
    began = process_time()
    for case in new:
        book.evaluate(case.jurisdiction, case.day, case.facts)
    return len(new) / (process_time() - began)


def worst(book: Rulebook, elements: int) -> tuple[float, str]:
    """Give the longest single evaluation of a record of so many charges and convictions, all unknown, and where."""
    found = (0.0, "")
    for place in book.jurisdictions():
        facts = _nothing_known(elements)
        for law in book.instruments(place):
            for day in {span.first for span in law.binds}:
                began = process_time()
                book.evaluate(place, day, facts)
                found = max(found, (process_time() - began, f"{place} on {day}"))
    return found


def _nothing_known(elements: int) -> dict[str, Any]:
    """Give a sound request with everything unknown that can be."""
    facts: dict[str, Any] = {name: None for name, word in WORDS.items() if word.null is Mark.UNKNOWN}
    facts |= {"agency": "county_sheriff", "detainer_form": "I-247", "detainer_status": "active"}
    facts |= {
        "detainer_basis": "final_order",
        "detainer_subject_matches_inmate": True,
        "detainer_issued_at": date(2014, 6, 1),
    }
    facts |= {"detainer_served_on_subject": True, "ice_admin_warrant": "I-200"}
    for name, words in LISTS.items():
        unknown = {attribute: None for attribute, word in words.items() if word.null is Mark.UNKNOWN}
        facts[name] = [{"status": "pending", **unknown} for _ in range(elements)]
    return facts


def figures(seconds: float) -> Iterator[tuple[str, str]]:
    """Measure one figure after the other."""
    cases = read_cases(OWN_CASES)
    book = load_rulebook()
    doubtful = [case for case in cases if book.evaluate(case.jurisdiction, case.day, case.facts).unknown]
    yield "met before", f"{rate(book, cases, seconds):,.0f} a second"
    yield "new", f"{new_rate(cases, load_rulebook):,.0f} a second"
    yield "new and in doubt", f"{new_rate(doubtful, load_rulebook):,.0f} a second"
    for elements in (1, 2, 5, 20, 1000):
        took, where = worst(load_rulebook(), elements)
        yield f"worst, {2 * elements} charges and convictions", f"{took * 1000:,.1f} ms ({where})"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Evaluations a second on one core.")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long the first figure is measured")
    for what, figure in figures(parser.parse_args().seconds):
        sys.stdout.write(f"{what:40} {figure}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
