"""Pure: how near a waiting event comes to a booking, in words that give nothing away.

An operator who links by hand reads "birth date the same, family name one letter apart" and never the data. Nothing
is ever linked because of this: a name alone is no tie.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What is compared, with the word for it, and how much an agreement says: numbers more than names.
_NUMBERS = {
    "fin": "FIN",
    "ucn": "UCN",
    "sid": "SID",
    "a_number": "A-number",
    "tcn": "TCN",
    "inmate_number": "inmate number",
}
_SAME_NUMBER, _NEAR_NUMBER, _SAME, _NEAR = 10, 6, 3, 2
_NAMES = {"family_name": "family name", "given_names": "given names"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How near two descriptions come."""

    score: int
    words: tuple[str, ...]


def likeness(one: Mapping[str, Any], other: Mapping[str, Any]) -> Likeness:
    """Compare two descriptions: each with ``person`` and ``ids`` as the senders have them."""
    score, words = 0, []
    for name, word in _NUMBERS.items():
        apart = _apart(_of(one, "ids", name), _of(other, "ids", name))
        if apart is not None and apart <= 1:
            score += _NEAR_NUMBER if apart else _SAME_NUMBER
            words.append(f"{word} one digit apart" if apart else f"{word} the same")
    for name, word in _NAMES.items():
        apart = _apart(_of(one, "person", name), _of(other, "person", name))
        if apart is not None and apart <= 1:
            score += _NEAR if apart else _SAME
            words.append(f"{word} one letter apart" if apart else f"{word} the same")
    apart = _apart(_of(one, "person", "birth_date"), _of(other, "person", "birth_date"))
    if apart is not None and apart <= 1:
        score += _NEAR if apart else _SAME
        words.append("birth date one digit apart" if apart else "birth date the same")
    return Likeness(score=score, words=tuple(words))


def _of(described: Mapping[str, Any], part: str, name: str) -> str | None:
    value = (described.get(part) or {}).get(name)
    return "".join(value.split()).casefold() or None if isinstance(value, str) else None


def _apart(one: str | None, other: str | None) -> int | None:
    """Give 0 for the same, 1 for one sign more, less, other or swapped, else 2; None where one is not told."""
    if one is None or other is None:
        return None
    if one == other:
        return 0
    if abs(len(one) - len(other)) > 1:
        return 2
    short, long = sorted((one, other), key=len)
    at = next((place for place, sign in enumerate(short) if sign != long[place]), len(short))
    if len(short) < len(long):
        return 1 if short[at:] == long[at + 1 :] else 2
    if short[at + 1 :] == long[at + 1 :]:
        return 1
    is_swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return 1 if is_swapped else 2
