"""Build the model from a page's data, and refuse whatever is missing, unknown or contradictory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.decision.policy import fields
from services.decision.policy.fields import Node
from services.decision.policy.model import Clocks, Duty, Instrument, Order, Page, Rule, Span
from services.decision.policy.rules import CONFIDENCE, TRAITS, default, rule, turn
from services.decision.policy.trees import PageError, layout_of
from shared.domain.decision import Outcome
from shared.domain.jurisdiction import Agency

_ANSWERS = ("full", "outcome", "none")
#: What a reviewer can answer, and a second person approve.
_ANSWERABLE = frozenset({Outcome.HOLD.value, Outcome.RELEASE.value})
_NO_CLOCKS = Clocks(regulation=None, form=False, state=None)
_REVIEWS = {"unknown_facts", "not_understood", "no_governing_policy"}


def order(node: Node) -> Order:
    """Build what holds everywhere from the federal page."""
    part, forms = node["order"], node["forms"]
    fields.keys(part, {"id", "revision", "title", "citation", "first", "turns"} | _REVIEWS)
    silent = Instrument(
        id=part["id"],
        revision=fields.whole_number(part, "revision"),
        title=part["title"],
        citation=part["citation"],
        sources=(),
        confidence="solid",
        binds=(),
        rules=(),
        default=rule(part["no_governing_policy"], None),
        clocks=_NO_CLOCKS,
        review_office=None,
        ice_answer="full",
        duties=(),
        traits=frozenset({"own-citations"}),
    )
    return Order(
        first=tuple(rule(each, None) for each in part["first"]),
        turns=tuple(turn(each) for each in part["turns"]),
        unknown_facts=rule(part["unknown_facts"], None),
        not_understood=rule(part["not_understood"], None),
        silent=silent,
        forms={form: fields.clock(forms, form) for form in forms},
    )


def duties(cover: Node) -> tuple[Duty, ...]:
    """Build what the cover says is owed with decisions."""
    fields.keys(cover, {"version", "duties"})
    told = cover["duties"]
    fields.keys(told, set(), set(told) if isinstance(told, Mapping) else set())
    return tuple(_duty(name, told[name]) for name in told)


def _duty(name: str, node: Node) -> Duty:
    """Read one duty."""
    fields.keys(node, {"owed_to", "what", "source"}, {"since"})
    return Duty(
        name=name,
        owed_to=fields.text(node, "owed_to"),
        what=fields.text(node, "what"),
        source=fields.text(node, "source"),
        since=fields.day(node, "since") if "since" in node else None,
    )


def refuse_unknown_duties(node: Node, known: frozenset[str]) -> None:
    """Refuse an instrument that owes what the cover does not tell of."""
    for each in node["instruments"]:
        fields.subset(each, "duties", known)


def page(node: Node, federal: Instrument) -> Page:
    """Build one jurisdiction's page; its baseline entries apply the federal rules under their own citation."""
    fields.keys(node, {"jurisdiction", "title", "instruments"}, {"baseline", "order", "forms"})
    built = Page(
        jurisdiction=fields.text(node, "jurisdiction"),
        title=fields.text(node, "title"),
        instruments=tuple(instrument(each) for each in node["instruments"]),
        baseline=tuple(_baseline(each, federal) for each in node.get("baseline", ())),
    )
    for instruments in (built.instruments, built.baseline):
        _refuse_overlaps(instruments, node)
    return built


def instrument(node: Node) -> Instrument:
    """Build one instrument; its default is never left to be understood."""
    fields.keys(
        node,
        {"id", "revision", "title", "citation", "confidence", "binds", "rules", "default", "clocks", "sources"},
        {"review_office", "ice_answer", "duties", "traits", "second_person"},
    )
    office = node.get("review_office")
    clocks = node["clocks"]
    fields.refuse_twice([each["name"] for each in (*node["rules"], node["default"])], node, "rules")
    fields.keys(clocks, set(), {"regulation", "form", "state"})
    rules = tuple(rule(each, office, needs="when") for each in node["rules"])
    # Each was read by itself; what they ask must fit together too.
    layout_of([rule.tree for rule in rules if rule.tree is not None])
    _refuse_endless(node, clocks)
    return Instrument(
        **_head(node),
        sources=fields.texts(node, "sources", needed=True),
        rules=rules,
        default=default(node["default"], office),
        clocks=Clocks(
            regulation=fields.clock(clocks, "regulation"),
            form=clocks.get("form") is True,
            state=fields.clock(clocks, "state"),
        ),
        review_office=office,
        ice_answer=fields.one_of(node, "ice_answer", _ANSWERS) if "ice_answer" in node else "full",
        duties=fields.texts(node, "duties"),
        traits=fields.subset(node, "traits", TRAITS),
        second_person=frozenset(Outcome(each) for each in fields.subset(node, "second_person", _ANSWERABLE)),
    )


def _refuse_endless(node: Node, clocks: Node) -> None:
    """Refuse a hold without a clock: custody without an end cannot be found."""
    if clocks.get("regulation") is None and clocks.get("state") is None:
        for each in (*node["rules"], node["default"]):
            if each["outcome"] == Outcome.HOLD and each.get("clock") is None:
                raise PageError(f"{each['name']} holds without a clock; name one under 'clocks'", node, "clocks")


def _baseline(node: Node, federal: Instrument) -> Instrument:
    """Let the federal baseline in, under the page's own name and citation."""
    fields.keys(node, {"id", "revision", "title", "citation", "confidence", "binds"})
    return Instrument(
        **_head(node),
        sources=federal.sources,
        # Federal rules that only cite another paper for the same outcome would say nothing here.
        rules=tuple(_uncited(rule) for rule in federal.rules if rule.outcome is not federal.default.outcome),
        default=_uncited(federal.default),
        clocks=federal.clocks,
        review_office=federal.review_office,
        ice_answer=federal.ice_answer,
        duties=federal.duties,
        traits=federal.traits - {"own-citations"},
        second_person=federal.second_person,
    )


def _head(node: Node) -> dict[str, Any]:
    """Read what every instrument and baseline entry begins with."""
    return {
        "id": fields.text(node, "id"),
        "revision": fields.whole_number(node, "revision"),
        "title": fields.text(node, "title"),
        "citation": fields.text(node, "citation"),
        "confidence": fields.one_of(node, "confidence", CONFIDENCE),
        "binds": tuple(_span(each) for each in node["binds"]),
    }


def _uncited(rule: Rule) -> Rule:
    """Give a federal rule that cites the entry of the page instead."""
    return replace(rule, citation=None)


def _span(node: Node) -> Span:
    """Read whom an instrument binds, and from when to when."""
    fields.keys(node, {"from"}, {"to", "agencies", "because"})
    first, last = fields.day(node, "from"), fields.day(node, "to") if "to" in node else None
    if last is not None and last < first:
        raise PageError(f"ends on {last} before it begins on {first}; swap or mend the dates", node, "to")
    agencies = None
    if "agencies" in node:
        agencies = frozenset(fields.subset(node, "agencies", frozenset(Agency)))
    because = fields.text(node, "because") if "because" in node else None
    return Span(first=first, last=last, agencies=agencies, because=because)


def _refuse_overlaps(instruments: Sequence[Instrument], node: Node) -> None:
    """Refuse two instruments that bind the same agency on the same day."""
    spans = [(each.policy, span) for each in instruments for span in each.binds]
    for at, (policy, span) in enumerate(spans):
        for other, later in spans[at + 1 :]:
            both = span.agencies is None or later.agencies is None or span.agencies & later.agencies
            if both and (span.covers(later.first) or later.covers(span.first)):
                what = f"{policy} and {other} bind the same agency on the same day; end one before the other"
                raise PageError(what, node, "instruments")


def refuse_twins(common: Order, pages: Sequence[Page]) -> None:
    """Refuse two pages of one jurisdiction, two instruments of one name, and rules named like a common one."""
    everywhere = [common.unknown_facts, common.not_understood, common.silent.default]
    names = [rule.name for rule in (*common.first, *common.turns, *everywhere)]
    instruments = [each for page in pages for each in (*page.instruments, *page.baseline)]
    fields.refuse_twice([page.jurisdiction for page in pages], None, "jurisdiction")
    fields.refuse_twice([each.policy for each in (common.silent, *instruments)], None, "id")
    for each in instruments:
        fields.refuse_twice([*names, *(rule.name for rule in (*each.rules, each.default))], None, each.policy)
