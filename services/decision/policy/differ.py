"""What is different between two instruments, or between two rulebooks: added, removed, changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Instrument, Rule
from services.decision.policy.shown import all_instruments, instrument_shown, outcome_in_words, when_in_words

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that stands on one side only, or otherwise on each."""

    #: The instrument, or for two instruments both: ``nyc-doc-2011@1 / nyc-doc-2013@1``.
    policy: str
    #: ``instrument``, ``dates``, a part of the head such as ``citation``, or ``rule NAME``.
    part: str
    kind: Kind
    before: str | None
    after: str | None


def compare_instruments(
    one: tuple[Rulebook, str, Instrument], other: tuple[Rulebook, str, Instrument]
) -> list[Difference]:
    """Compare two instruments part by part; rules are aligned by their names."""
    before, after = _parts(*one), _parts(*other)
    names = (one[2].policy, other[2].policy)
    policy = names[0] if names[0] == names[1] else " / ".join(names)
    return list(_differences(policy, before, after))


def compare_rulebooks(one: Rulebook, other: Rulebook) -> list[Difference]:
    """Compare two rulebooks instrument by instrument; a new revision is a new instrument."""
    before, after = _by_policy(one), _by_policy(other)
    found: list[Difference] = []
    for policy in [*before, *(each for each in after if each not in before)]:
        if policy in before and policy in after:
            found += compare_instruments(before[policy], after[policy])
        else:
            kind: Kind = "removed" if policy in before else "added"
            law = (before.get(policy) or after[policy])[2]
            sides = (law.title, None) if kind == "removed" else (None, law.title)
            found.append(Difference(policy=policy, part="instrument", kind=kind, before=sides[0], after=sides[1]))
    return found


def _by_policy(book: Rulebook) -> dict[str, tuple[Rulebook, str, Instrument]]:
    """Give every instrument under its name."""
    return {law.policy: (book, place, law) for place, law in all_instruments(book)}


def _differences(policy: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    """Align two instruments by their parts: the order of the first, then what only the second has."""
    for part in [*before, *(each for each in after if each not in before)]:
        was, now = before.get(part), after.get(part)
        if was != now:
            kind: Kind = "added" if was is None else "removed" if now is None else "changed"
            yield Difference(policy=policy, part=part, kind=kind, before=was, after=now)


def _parts(book: Rulebook, place: str, law: Instrument) -> dict[str, str]:
    """Take an instrument apart, each part in words; empty parts are left out."""
    shown = instrument_shown(book, place, law)
    head = {name: said if isinstance(said, str) else "; ".join(said) for name, said in shown["head"].items()}
    # The rulebook's own version differs with every change and says nothing of the law.
    del head["rulebook"]
    rules = [*law.rules, law.default]
    parts = {
        "title": law.title,
        "dates": "\n".join(_span(span) for span in shown["binds"]),
        **head,
        "what ICE may be told": law.ice_answer,
        "order of the rules": ", ".join(rule.name for rule in rules),
        **{f"rule {rule.name}": _rule(rule) for rule in rules},
    }
    return {name: said for name, said in parts.items() if said}


def _span(span: Mapping[str, Any]) -> str:
    """Say from when to when, whom, and why."""
    because = f" ({span['because']})" if span["because"] else ""
    return f"{span['from']} to {span['to'] or 'no end'}: {span['agencies']}{because}"


def _rule(rule: Rule) -> str:
    """Say a rule; a citation or confidence only where it is the rule's own, since the instrument's stands above."""
    own = "; ".join(each for each in (rule.citation, rule.confidence) if each is not None)
    return f"{when_in_words(rule)}: {outcome_in_words(rule)}{f' [{own}]' if own else ''}"
