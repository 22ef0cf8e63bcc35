"""Build the model from a page's data, and refuse whatever is missing, unknown or contradictory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.decision.policy import fields
from services.decision.policy.fields import Node
from services.decision.policy.model import Clocks, Instrument, Order, Page, Rule, Span
from services.decision.policy.trees import PageError, Tree, layout_of
from shared.domain.decision import Outcome
from shared.domain.jurisdiction import Agency

_TRAITS = frozenset({"mandate", "civil-by-rules", "own-citations", "notice-limited"})
_ANSWERS = ("full", "outcome", "none")
_CONFIDENCE = ("solid", "fair", "shaky")
_RULE_KEYS = {"name", "outcome"}
_RULE_MORE = {"when", "citation", "of", "spares", "other_custody", "confidence", "clock"}
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
        default=_rule(part["no_governing_policy"], None),
        clocks=_NO_CLOCKS,
        review_office=None,
        ice_answer="full",
        duties=(),
        traits=frozenset({"own-citations"}),
    )
    return Order(
        first=tuple(_rule(each, None) for each in part["first"]),
        turns=tuple(_turn(each) for each in part["turns"]),
        unknown_facts=_rule(part["unknown_facts"], None),
        not_understood=_rule(part["not_understood"], None),
        silent=silent,
        forms={form: fields.clock(forms, form) for form in forms},
    )


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
        {"review_office", "ice_answer", "duties", "traits"},
    )
    office = node.get("review_office")
    clocks = node["clocks"]
    fields.refuse_twice([each["name"] for each in (*node["rules"], node["default"])], node, "rules")
    fields.keys(clocks, set(), {"regulation", "form", "state"})
    rules = tuple(_rule(each, office, needs="when") for each in node["rules"])
    # Each rule was read by itself; what they ask must fit together too.
    layout_of([rule.tree for rule in rules if rule.tree is not None])
    return Instrument(
        **_head(node),
        sources=tuple(node["sources"]),
        rules=rules,
        default=_rule(node["default"], office),
        clocks=Clocks(
            regulation=fields.clock(clocks, "regulation"),
            form=clocks.get("form") is True,
            state=fields.clock(clocks, "state"),
        ),
        review_office=office,
        ice_answer=fields.one_of(node, "ice_answer", _ANSWERS) if "ice_answer" in node else "full",
        duties=tuple(node.get("duties", ())),
        traits=fields.subset(node, "traits", _TRAITS),
    )


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
    )


def _head(node: Node) -> dict[str, Any]:
    """Read what every instrument and baseline entry begins with."""
    return {
        "id": fields.text(node, "id"),
        "revision": fields.whole_number(node, "revision"),
        "title": fields.text(node, "title"),
        "citation": fields.text(node, "citation"),
        "confidence": fields.one_of(node, "confidence", _CONFIDENCE),
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


def _turn(node: Node) -> Rule:
    """Read a rule that turns a row's outcome; it must name which."""
    if not node.get("of"):
        raise PageError("says of no outcome that it turns it; add 'of: [HOLD]'", node, "name")
    return _rule(node, None, needs="when")


def _rule(node: Node, office: str | None, needs: str = "name") -> Rule:
    """Read one rule; ``needs`` is a key that it must have besides."""
    fields.keys(node, _RULE_KEYS | {needs}, _RULE_MORE)
    tree = None
    if "when" in node:
        tree = _with_office(node["when"], office, node)
        _check(tree, node)
    return Rule(
        name=fields.text(node, "name"),
        outcome=fields.code(Outcome, node, "outcome"),
        citation=node.get("citation"),
        tree=tree,
        of=frozenset(Outcome(each) for each in node.get("of", ())),
        spares=fields.subset(node, "spares", _TRAITS),
        other_custody=node.get("other_custody") is True,
        confidence=fields.one_of(node, "confidence", _CONFIDENCE) if "confidence" in node else None,
        clock=fields.clock(node, "clock"),
    )


def _with_office(tree: Any, office: str | None, rule: Node) -> Tree:
    """Write ``answered`` out: the answer counts only from the office that the instrument names."""
    if not isinstance(tree, Mapping):
        raise PageError("a condition is a mapping", rule, "when")
    if "answered" in tree:
        if office is None:
            raise PageError("'answered' needs the instrument to name its review_office", rule, "when")
        decision = {"fact": "reviewer_decision", "is": tree["answered"]}
        return {"all": [decision, {"fact": "reviewer", "is": office}]}
    for form in ("any", "all"):
        if isinstance(tree.get(form), list):
            return {**tree, form: [_with_office(each, office, rule) for each in tree[form]]}
    return {**tree, "not": _with_office(tree["not"], office, rule)} if "not" in tree else tree


def _check(tree: Tree, rule: Node) -> None:
    """Refuse a condition that asks for what the vocabulary lacks; name the rule if nothing nearer is known."""
    try:
        layout_of([tree])
    except PageError as wrong:
        known = hasattr(wrong.node, "lines")
        raise PageError(str(wrong), wrong.node if known else rule, wrong.key if known else "when") from wrong
