"""Why a decision came out as it did, worked out once more from the facts stored with it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.console.queries.case import Decided
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.explain import Explanation, explained

#: Explanations kept at hand; a decision never changes, so neither does its explanation.
_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """A decision with its reasons."""

    decision: Decided
    #: None where the facts were erased, or where this rulebook is not the one it was decided by.
    why: Explanation | None
    trouble: str | None


@dataclass(slots=True)
class Explainer:
    """Explains decisions with the rulebook at hand."""

    book: Rulebook
    _kept: dict[UUID, Reasons] = field(default_factory=dict)

    def reasons(self, decision: Decided, zone: str) -> Reasons:
        """Give the reasons of a decision."""
        if decision.id not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[decision.id] = self._reasons(decision, zone)
        return self._kept[decision.id]

    def _reasons(self, decision: Decided, zone: str) -> Reasons:
        if decision.facts is None:
            return Reasons(decision=decision, why=None, trouble="The facts of this decision were erased.")
        why = explained(self.book, decision.jurisdiction, local_day(decision.as_of, zone), decision.facts)
        if decision.rulebook_digest != self.book.digest and why.finding.rule != decision.rule:
            return Reasons(
                decision=decision,
                why=None,
                trouble=f"It was decided by the rulebook's version {decision.rulebook_version}; this page has another.",
            )
        return Reasons(decision=decision, why=why, trouble=None)


def local_day(at: datetime, zone: str) -> date:
    """Give the day whose law counts: the jail's own."""
    return at.astimezone(ZoneInfo(zone)).date()


def said(value: Any) -> str:
    """Say a fact's value: unknown is never said as no."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "; ".join(said(each) for each in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {said(each)}" for name, each in value.items() if each is not None)
    return str(value).replace("_", " ")
