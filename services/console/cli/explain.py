"""``countersign policy explain``: why the law of a date makes of the facts what it makes of them."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.cli.options import AsJson
from services.console.cli.say import as_json, printer, table
from services.console.rulebook.facts import read_day, read_facts
from services.decision.policy.dates import OtherDate
from services.decision.policy.explain import Explanation, explained
from services.decision.policy.load import load_rulebook
from services.decision.policy.model import NearMiss, finding_as_json
from services.decision.policy.shown import duty_in_words, duty_shown

_TRUTHS = {True: "true", False: "false", None: "unknown"}


def explain(
    jurisdiction: Annotated[str, typer.Option(help="Code of the page, such as CT or US-FED.")],
    as_of: Annotated[str, typer.Option(help="Date of the decision, such as 2012-03-05.")],
    facts: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSON file of facts.")],
    json: AsJson = False,
) -> None:
    """Explain one finding: the instrument and why, every rule, what nearly decided, and the nearest other date."""
    try:
        told = explained(load_rulebook(), jurisdiction, read_day(as_of), read_facts(facts.read_text(encoding="utf-8")))
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    if json:
        as_json(as_plain(told))
    else:
        _show(told, f"{jurisdiction} on {as_of}")


def as_plain(told: Explanation) -> dict[str, Any]:
    """Give the whole explanation for machines; dates are written YYYY-MM-DD."""
    dates = {"before": told.dates.before, "after": told.dates.after, "nearest": told.dates.nearest}
    return {
        "finding": finding_as_json(told.finding),
        "considered": [asdict(each) for each in told.considered],
        "rules": [asdict(each) for each in told.rules],
        "owed": [duty_shown(duty) for duty in told.owed],
        "other_dates": {name: None if each is None else asdict(each) for name, each in dates.items()},
    }


def _show(told: Explanation, question: str) -> None:
    """Print one table for each question that a reader has."""
    out = printer()
    out.print(table(question, ("what", "is"), _head(told)))
    laws = [("binds" if each.binds else "", each.policy, each.title, each.why) for each in told.considered]
    out.print(table("Instruments of the page, in the order of looking", ("", "policy", "title", "why"), laws))
    rules = [
        (each.stage, each.rule, each.when, _TRUTHS[each.truth], _part(each.asked, each.decided), each.outcome)
        for each in told.rules
    ]
    out.print(table("Rules, in order", ("stage", "rule", "when", "is", "", "outcome"), rules))
    misses = [(each.rule, each.outcome.value, _change(each)) for each in told.finding.near_misses]
    out.print(table("Nearest misses", ("rule", "outcome", "if"), misses))
    sides = (("before", told.dates.before), ("after", told.dates.after))
    out.print(table("Nearest dates with another outcome", ("side", "what comes"), [_other(*each) for each in sides]))


def _head(told: Explanation) -> list[tuple[str, str]]:
    """Say what was found."""
    found = told.finding
    change = found.counterfactual
    return [
        ("outcome", found.outcome.value),
        ("rule", f"{found.rule} of {found.policy}"),
        ("citation", found.citation),
        ("confidence", found.confidence),
        ("clocks", ", ".join(found.clocks) or "none"),
        ("decider", found.decider or "nobody is named"),
        ("unknown", ", ".join(found.unknown) or "nothing that matters"),
        (
            "otherwise",
            "no single fact would change it" if change is None else f"{change.outcome.value} if {_change(change)}",
        ),
        ("owed", "\n".join(duty_in_words(duty) for duty in told.owed) or "nothing"),
    ]


def _part(asked: bool, decided: bool) -> str:
    """Say what part a rule had in the answer."""
    return "decided" if decided else "asked" if asked else "not asked"


def _change(miss: NearMiss) -> str:
    """Say which fact would have to be what."""
    return f"{miss.fact} were {_TRUTHS[miss.then] if isinstance(miss.then, bool) else miss.then or 'none'}"


def _other(side: str, other: OtherDate | None) -> tuple[str, str]:
    """Say what would come on another date."""
    if other is None:
        return side, "no date with another outcome"
    days = f"{abs(other.days_away):,} days {'later' if other.days_away > 0 else 'earlier'}"
    return side, f"{other.outcome.value} on {other.day}, {days}: {other.rule} of {other.policy} ({other.citation})"
