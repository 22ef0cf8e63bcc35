"""Read single values out of an event's data, and put events into the one order that counts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.domain.case import EventRef, HeardEvent, Json

#: Types (and the claim that makes one) after which no hold can stand.
_ENDS = {"booking.released", "custody.assumed", "detainer.cancelled"}

#: Sorts after every number of the bounded CloudEvents attribute.
_NOT_A_NUMBER = 1_000


def ref(event: HeardEvent) -> EventRef:
    """Give the event's name."""
    return EventRef(source=event.source, id=event.id)


def text(data: Json, key: str) -> str | None:
    """Give a text without its outer blanks; None if absent, empty or of another kind."""
    value = data.get(key)
    return value.strip() or None if isinstance(value, str) else None


def instant(data: Json, key: str, default: datetime) -> datetime:
    """Give an instant with offset as the wire spells it; ``default`` where none is told."""
    value = data.get(key)
    return datetime.fromisoformat(value.upper()) if isinstance(value, str) else default


def ends_hold(event: HeardEvent) -> bool:
    """Whether the event can do nothing but end a hold."""
    if event.type in _ENDS:
        return True
    if event.type == "booking.citizenship_claimed":
        return event.data.get("claim") == "verified"
    return event.type == "detainer.lodged" and bool(event.data.get("cancels"))


def in_order(events: Iterable[HeardEvent]) -> list[HeardEvent]:
    """Each event once, as time and sender order them; of a repeated one the hearing that came first."""
    once: dict[tuple[str, str], HeardEvent] = {}
    for event in events:
        known = once.get((event.source, event.id))
        if known is None or event.heard_at < known.heard_at:
            once[event.source, event.id] = event
    return sorted(once.values(), key=_place)


def _place(event: HeardEvent) -> tuple[Any, ...]:
    return (event.time, _rank(event.sequence), ends_hold(event), event.source, event.id)


def _rank(sequence: str | None) -> tuple[int, str]:
    """CloudEvents ``sequence``: numbers by size, other texts as texts after them, none before all."""
    if sequence is None:
        return 0, ""
    if sequence.isascii() and sequence.isdigit():
        digits = sequence.lstrip("0")
        return 1 + len(digits), digits
    return _NOT_A_NUMBER, sequence
