"""Collect the numbers by which an event may meet its case, each in its one spelling."""

from collections.abc import Iterable
from typing import Any

from services.intake.correlate import Identifier
from services.intake.wire_parts import Ids
from shared.domain import identifiers as spell


def stripped(value: str | None) -> str | None:
    """Take the outer blanks off; nothing left is nothing said."""
    return value.strip() or None if value else None


def numbers(kind: str, shape: Any, ori: str, number: str | None) -> tuple[tuple[Identifier, ...], tuple[str, ...]]:
    """Collect the event's numbers from the strongest down, and pointers to the misshapen ones."""
    found: list[Identifier] = []
    warnings: list[str] = []
    if number:
        found.append(Identifier("booking", f"{ori}/{number}"))
    if kind == "booking.transferred":
        found.append(Identifier("booking", f"{shape.to_facility_ori}/{shape.to_booking_number.strip()}"))
    named = (getattr(shape, "cancels", None), getattr(shape, "detainer_id", None))
    found.extend(Identifier("detainer", value.strip()) for value in named if value and value.strip())
    if answered := stripped(getattr(shape, "tcr", None)):
        found.append(Identifier("tcn", answered))
    ids: Ids | None = getattr(shape, "ids", None)
    if ids is not None:
        for name, value, spelt in _spelt(ids, ori):
            if spelt:
                found.append(Identifier(name, spelt))
            elif value:
                warnings.append(f"/data/ids/{name}")
    return tuple(dict.fromkeys(found)), tuple(warnings)


def _spelt(ids: Ids, ori: str) -> Iterable[tuple[str, str | None, str | None]]:
    """Give each kind with its value as sent and in its one spelling, from the strongest down."""
    yield "tcn", ids.tcn, spell.opaque(ids.tcn) if ids.tcn else None
    yield "fin", ids.fin, spell.opaque(ids.fin) if ids.fin else None
    yield "ucn", ids.ucn, spell.ucn(ids.ucn) if ids.ucn else None
    yield "sid", ids.sid, spell.sid(ids.sid, state=ori[:2]) if ids.sid else None
    yield "a_number", ids.a_number, spell.a_number(ids.a_number) if ids.a_number else None
