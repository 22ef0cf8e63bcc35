"""Tell whether the person a detainer names is the person who was booked.

The rule, in its order (a hold on the wrong person has no authority at all):

1. One strong number (FIN or A-number) of the detainer that the booking or a standing match also bears: yes.
2. Strong numbers of the same kind on both sides, and none of them agrees: no.
3. Birth dates on both sides: yes if they agree, no if they differ. Names are spelt in too many ways to
   overrule a birth date.
4. No birth date to compare: no if both sides give a family name and the two differ.
5. Nothing to compare is no disagreement.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.identifiers import a_number, opaque

#: Numbers that stand for one person at the federal end; the other numbers are not borne by detainers.
STRONG = {"fin": opaque, "a_number": a_number}


def strong_ids(ids: Mapping[str, Any] | None) -> Iterable[tuple[str, str]]:
    """Give the strong numbers among ``ids``, each in its one spelling."""
    for kind, spell in STRONG.items():
        value = ids.get(kind) if ids else None
        spelt = spell(value) if isinstance(value, str) else None
        if spelt:
            yield kind, spelt


def plain_name(person: Mapping[str, Any], part: str) -> str:
    """Give a part of the name without case and outer blanks; empty if not given."""
    value = person.get(part)
    return value.strip().casefold() if isinstance(value, str) else ""


@dataclass(slots=True)
class Booked:
    """What is known of the booked person while a case is folded; never leaves the fold."""

    person: dict[str, Any] = field(default_factory=dict)
    numbers: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, person: Mapping[str, Any] | None, ids: Mapping[str, Any] | None) -> None:
        """Add what an event tells; what it leaves open stays as it was."""
        if person:
            self.person.update((key, value) for key, value in person.items() if value is not None)
        if ids:
            self.numbers.update(strong_ids(ids))

    def is_other_than(self, person: Mapping[str, Any] | None) -> bool:
        """Whether name and birth date both differ: then one number was given to two people."""
        if not person or not self.person:
            return False
        names = ("family_name", "given_names")
        name_differs = any(_differ(self.person, person, part) for part in names)
        return name_differs and _differ(self.person, person, "birth_date")

    def is_person_of(self, form: Mapping[str, Any]) -> bool:
        """Whether a detainer's data speak of this person (the module's rule)."""
        named = set(strong_ids(form.get("ids")))
        if named & self.numbers:
            return True
        kinds = {kind for kind, _ in self.numbers}
        if any(kind in kinds for kind, _ in named):
            return False
        person = form.get("person") or {}
        if self.person.get("birth_date") and person.get("birth_date"):
            return not _differ(self.person, person, "birth_date")
        return not _differ(self.person, person, "family_name")


def _differ(one: Mapping[str, Any], other: Mapping[str, Any], part: str) -> bool:
    """Whether both sides give this part and the two are not the same."""
    mine, theirs = plain_name(one, part), plain_name(other, part)
    return bool(mine and theirs and mine != theirs)
