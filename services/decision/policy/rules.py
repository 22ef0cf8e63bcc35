"""Read the rules of a page: condition, outcome, and what else a rule may carry."""

from collections.abc import Mapping
from typing import Any

from services.decision.policy import fields
from services.decision.policy.fields import Node
from services.decision.policy.model import Rule
from services.decision.policy.trees import PageError, Tree, layout_of
from shared.domain.decision import Outcome

TRAITS = frozenset({"mandate", "civil-by-rules", "own-citations", "notice-limited"})
CONFIDENCE = ("solid", "fair", "shaky")
_NEEDED = {"name", "outcome"}
_MORE = {"citation", "confidence", "clock"}
_EVERYWHERE = {"when", "of", "spares", "other_custody"}


def default(node: Node, office: str | None) -> Rule:
    """Read what an instrument says when none of its rules fires: a rule without a condition."""
    fields.keys(node, _NEEDED, _MORE)
    return rule(node, office)


def turn(node: Node) -> Rule:
    """Read a rule that turns a row's outcome; it must name which."""
    if not node.get("of"):
        raise PageError("says of no outcome that it turns it; add 'of: [HOLD]'", node, "name")
    return rule(node, None, needs="when")


def rule(node: Node, office: str | None, needs: str = "name") -> Rule:
    """Read one rule; ``needs`` is a key that it must have besides."""
    fields.keys(node, _NEEDED | {needs}, _MORE | _EVERYWHERE)
    tree = None
    if "when" in node:
        tree = _with_office(node["when"], office, node)
        _check(tree, node)
    return Rule(
        name=fields.text(node, "name"),
        outcome=fields.code(Outcome, node, "outcome"),
        citation=fields.text(node, "citation") if "citation" in node else None,
        tree=tree,
        of=frozenset(Outcome(each) for each in node.get("of", ())),
        spares=fields.subset(node, "spares", TRAITS),
        other_custody=node.get("other_custody") is True,
        confidence=fields.one_of(node, "confidence", CONFIDENCE) if "confidence" in node else None,
        clock=fields.clock(node, "clock"),
    )


def _with_office(tree: Any, office: str | None, ruled: Node) -> Tree:
    """Write ``answered`` out: the answer counts only from the office that the instrument names."""
    if not isinstance(tree, Mapping):
        raise PageError("a condition is a mapping", ruled, "when")
    if "answered" in tree:
        if office is None:
            raise PageError("'answered' needs the instrument to name its review_office", ruled, "when")
        decision = {"fact": "reviewer_decision", "is": tree["answered"]}
        return {"all": [decision, {"fact": "reviewer", "is": office}]}
    for form in ("any", "all"):
        if isinstance(tree.get(form), list):
            return {**tree, form: [_with_office(each, office, ruled) for each in tree[form]]}
    return {**tree, "not": _with_office(tree["not"], office, ruled)} if "not" in tree else tree


def _check(tree: Tree, ruled: Node) -> None:
    """Refuse a condition that asks for what the vocabulary lacks; name the rule if nothing nearer is known."""
    try:
        layout_of([tree])
    except PageError as wrong:
        known = hasattr(wrong.node, "lines")
        raise PageError(str(wrong), wrong.node if known else ruled, wrong.key if known else "when") from wrong
