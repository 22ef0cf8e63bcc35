"""Pure: mask a message by its schema. What the schema does not let be shown never leaves the server.

A value is shown if its field bears ``x-shown`` and it has the shape that the schema asks for; everything else, and
the name of a field that the schema does not know, is a mask that says what kind of thing it covers.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.console.messages.schemas import OURS, branches_of, resolve, schema_of, shown_in

#: What a mask covers, by the field's name; a field that is not listed is said to be personal.
_WORDS: Mapping[str, str] = {
    "family_name": "name",
    "given_names": "name",
    "birth_date": "birth date",
    "a_number": "A-number",
    "fin": "fingerprint id",
    "ucn": "fingerprint id",
    "sid": "state id",
    "inmate_number": "inmate number",
    "subject_id": "subject id",
    "reason": "free text",
    "document": "free text",
    "officer": "name",
    "served_by": "name",
    "verified_by": "name",
    "reported_by": "name",
    "issuer": "name",
    "issuing_office": "free text",
    "offense": "charge",
    "statute": "charge",
}
_DEEPEST = 12
_LONGEST_LIST = 100
_LONGEST_TEXT = 200
#: An id or a source as machines make them; one with blanks or letters of other kinds may be anybody's name.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}")
_SOURCE = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")


@dataclass(frozen=True, slots=True)
class Mask:
    """Something that is there and not shown."""

    what: str


#: A value as a page shows it: a text, a mask, a list, or fields in their order (a field's name may be masked too).
Shown = str | Mask | list[Any] | dict[Any, Any]


def masked(kind: str, data: Any) -> Shown:
    """Give a message's data as it may be shown; of a type that nobody knows, nothing."""
    schema = schema_of(kind)
    if schema is not None:
        return _by_schema(data, schema, schema, "data", 0)
    allowed = OURS.get(kind)
    if allowed is None or not isinstance(data, dict):
        return Mask("a type without a schema")
    return {
        (name if name in allowed else Mask("field")): (
            _whole(value, 0) if name in allowed else Mask("not in the schema")
        )
        for name, value in data.items()
    }


def revealed(data: Any) -> Shown:
    """Give a message's data as it is, for somebody who was let to see it."""
    return _whole(data, 0)


def count_masks(shown: Shown) -> int:
    """Count the masks in what is shown."""
    if isinstance(shown, Mask):
        return 1
    if isinstance(shown, list):
        return sum(count_masks(one) for one in shown)
    if isinstance(shown, dict):
        return sum(count_masks(one) for one in shown.values())
    return 0


def plain_id(text: str | None) -> str | Mask:
    """Give an id or a source that looks as machines make them; anything else is masked."""
    if text is not None and (_PLAIN.fullmatch(text) or _SOURCE.fullmatch(text)):
        return text
    return Mask("an id of an odd shape") if text else Mask("no id")


def hexdump(raw: bytes, most: int = 4096) -> list[tuple[str, str, str]]:
    """Give bytes as rows of offset, hexadecimal and printable characters; safe to show whatever they are."""
    rows = []
    for begin in range(0, min(len(raw), most), 16):
        part = raw[begin : begin + 16]
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)  # noqa: PLR2004 - ASCII
        rows.append((f"{begin:06x}", part.hex(" "), letters))
    return rows


def _by_schema(value: Any, schema: dict[str, Any], whole: dict[str, Any], name: str, depth: int) -> Shown:
    branches = branches_of(resolve(schema, whole), whole)
    if value is None:
        return "null"
    if depth > _DEEPEST:
        return Mask("too deep")
    if isinstance(value, dict):
        node = next((one for one in branches if "properties" in one), None)
        return Mask(_WORDS.get(name, "personal")) if node is None else _object(value, node, whole, depth)
    if isinstance(value, list):
        node = next((one for one in branches if "items" in one), None)
        if node is None:
            return Mask(_WORDS.get(name, "personal"))
        return [_by_schema(one, node["items"], whole, name, depth + 1) for one in value[:_LONGEST_LIST]]
    return _text(value) if _may_show(value, branches) else Mask(_WORDS.get(name, "personal"))


def _object(value: dict[str, Any], node: dict[str, Any], whole: dict[str, Any], depth: int) -> Shown:
    known = node["properties"]
    fields: dict[Any, Any] = {
        name: _by_schema(one, known[name], whole, name, depth + 1) for name, one in value.items() if name in known
    }
    strange = len(value.keys() - known.keys())
    if strange:
        fields[Mask(f"{strange} more")] = Mask("not in the schema")
    return fields


def _may_show(value: Any, branches: list[dict[str, Any]]) -> bool:
    shown = shown_in(branches)
    if isinstance(shown, list):
        return value in shown
    return bool(shown) and any(_fits(value, one) for one in branches)


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """Check a value against the little that our shown fields ask for: one that does not fit is not what it says."""
    if schema.get("type") == "boolean":
        return isinstance(value, bool)
    if schema.get("type") != "string" or not isinstance(value, str) or len(value) > schema.get("maxLength", 64):
        return False
    if schema.get("format") == "date-time":
        return _is_instant(value)
    return re.search(schema.get("pattern", "$^"), value) is not None


def _is_instant(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _whole(value: Any, depth: int) -> Shown:
    if depth > _DEEPEST:
        return Mask("too deep")
    if isinstance(value, dict):
        return {name: _whole(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_whole(one, depth + 1) for one in value[:_LONGEST_LIST]]
    return _text(value)


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
