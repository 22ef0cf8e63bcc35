"""An instrument in plain words and builtins, for tables, pages and machines."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Duty, Instrument, Rule, Span
from services.decision.policy.words import in_words

#: Where the tests stand that hold in every jurisdiction.
EVERYWHERE = "everywhere"


def all_instruments(book: Rulebook) -> Iterator[tuple[str, Instrument]]:
    """Walk every instrument with its place; what holds everywhere comes last, as an instrument of its own."""
    for place in book.jurisdictions():
        for law in book.instruments(place):
            yield place, law
    yield EVERYWHERE, replace(book.order.silent, rules=(*book.order.first, *book.order.turns))


def instrument_shown(book: Rulebook, place: str, law: Instrument) -> dict[str, Any]:
    """Put an instrument into plain words and builtins."""
    clocks = law.clocks
    named = (clocks.regulation, "the form's own clock" if clocks.form else None, clocks.state)
    return {
        "policy": law.policy,
        "head": {
            "jurisdiction": place,
            "citation": law.citation,
            "confidence": law.confidence,
            "sources": list(law.sources),
            "clocks of a hold, the earliest ends it": [str(each) for each in named if each is not None],
            "who settles a review": law.review_office or "nobody is named",
            "answers that need a second person": sorted(law.second_person),
            "owed with a decision": [duty_in_words(duty) for duty in book.duties(law.duties)],
            "traits": sorted(law.traits),
            "rulebook": f"version {book.version}, {book.digest}",
        },
        "binds": [{**span_shown(span), "because": span.because} for span in law.binds],
        "rules": [_rule(rule, law) for rule in (*law.rules, law.default)],
    }


def span_shown(span: Span) -> dict[str, Any]:
    """Show from when to when, and whom; ``to`` None: no end found."""
    return {
        "from": span.first.isoformat(),
        "to": None if span.last is None else span.last.isoformat(),
        "agencies": whom_in_words(span),
    }


def duty_in_words(duty: Duty) -> str:
    """Say what is owed to whom, by which text."""
    since = f", from {duty.since}" if duty.since else ""
    return f"to the {duty.owed_to}: {duty.what} ({duty.source}{since})"


def duty_shown(duty: Duty) -> dict[str, Any]:
    """Show a duty as data."""
    since = duty.since.isoformat() if duty.since else None
    return {
        "duty": duty.name,
        "owed_to": duty.owed_to,
        "what": duty.what,
        "source": duty.source,
        "since": since,
    }


def whom_in_words(span: Span) -> str:
    """Say whom a span binds."""
    return "every agency" if span.agencies is None else ", ".join(sorted(span.agencies))


def when_in_words(rule: Rule) -> str:
    """Say on what condition a rule fires; the default asks nothing."""
    return "otherwise" if rule.tree is None else in_words(rule.tree)


def outcome_in_words(rule: Rule) -> str:
    """Say what a rule leads to, and from what, where it turns what a row said."""
    turned = f"{' or '.join(sorted(rule.of))} becomes " if rule.of else ""
    return f"{turned}{rule.outcome.value}{f' ({rule.clock} too)' if rule.clock else ''}"


def _rule(rule: Rule, law: Instrument) -> dict[str, Any]:
    """Put a rule into words."""
    return {
        "rule": rule.name,
        "when": when_in_words(rule),
        "outcome": outcome_in_words(rule),
        "citation": rule.citation or law.citation,
        "confidence": rule.confidence or law.confidence,
    }
