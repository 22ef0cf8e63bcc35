"""What each type of message may show: the inbound types' schemas, and the fields of what our own services tell."""

from dataclasses import fields
from functools import cache
from typing import Any

import msgspec

from services.intake.wire import SHAPES
from shared.domain.events import CaseChanged, DecisionRecorded

_ABOUT = ("case_id", "detainer_id", "facility_ori", "decision_id")
_NOTICE = (*_ABOUT, "notice_id", "kind", "recipient", "number", "outcome", "due_by", "replaces")
_HOLD = (*_ABOUT, "window_id", "opens_at", "closes_at", "clock", "ended_at", "ended_by")
_REVIEW = (
    *_ABOUT,
    "id",
    "booking_number",
    "office",
    "state",
    "opened_at",
    "due_by",
    "ended_at",
    "answered_at",
    "answer",
)
_PARKED = ("id", "topic", "partition", "offset", "code")
_NOTICES = ("planned", "sent", "delivered", "acknowledged", "failed", "replaced")

#: Our own types carry ids, outcomes and instants. These fields are shown, and no others that somebody may add.
OURS: dict[str, tuple[str, ...]] = {
    "case.changed": tuple(field.name for field in fields(CaseChanged)),
    "decision.recorded": tuple(field.name for field in fields(DecisionRecorded)),
    "review.opened": _REVIEW,
    "review.answered": _REVIEW,
    **{f"notice.{what}": _NOTICE for what in _NOTICES},
    **{f"hold.{what}": _HOLD for what in ("opened", "closing", "closed")},
    "event.parked": _PARKED,
}


@cache
def schema_of(kind: str) -> dict[str, Any] | None:
    """Give the JSON Schema of an inbound type; None for one that nobody here knows."""
    return msgspec.json.schema(SHAPES[kind]) if kind in SHAPES else None


def is_known(kind: str) -> bool:
    """Tell whether a type is one of ours to name."""
    return kind in SHAPES or kind in OURS


def told_fields(kind: str) -> list[tuple[str, str, bool | list[str]]]:
    """List a type's fields for a reader: path, kind of value, and what is shown of it."""
    schema = schema_of(kind)
    if schema is None:
        return [(name, "as our services tell it", True) for name in OURS.get(kind, ())]
    return list(_fields(schema, schema, "", 0))


def _fields(schema: dict[str, Any], whole: dict[str, Any], path: str, depth: int) -> Any:
    node = resolve(schema, whole)
    for name, child in node.get("properties", {}).items():
        branches = branches_of(child, whole)
        inner = next((one for one in branches if "properties" in one or "items" in one), None)
        if inner is None or depth > 3:  # noqa: PLR2004 - deeper than any of our types
            yield f"{path}{name}", _word(branches), shown_in(branches)
        elif "items" in inner:
            items = branches_of(inner["items"], whole)
            if any("properties" in one for one in items):
                yield from _fields(inner["items"], whole, f"{path}{name}[].", depth + 1)
            else:
                yield f"{path}{name}[]", _word(items), shown_in(items)
        else:
            yield from _fields(inner, whole, f"{path}{name}.", depth + 1)


def _word(branches: list[dict[str, Any]]) -> str:
    kinds = [one.get("format") or one.get("type") for one in branches if one.get("type") != "null"]
    words = {"string": "text", "date-time": "instant with offset", "boolean": "yes or no", "integer": "number"}
    return " or ".join(dict.fromkeys(words.get(str(kind), str(kind)) for kind in kinds if kind))


def resolve(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference inside a schema."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: dict[str, Any] = whole["$defs"][reference.rpartition("/")[2]]
    return found


def branches_of(schema: dict[str, Any], whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what a value may be, each resolved."""
    return [resolve(one, whole) for one in schema.get("anyOf", [schema])]


def shown_in(branches: list[dict[str, Any]]) -> bool | list[str]:
    """Give what the schema lets be shown: all, a list of values, or nothing."""
    for one in branches:
        if "x-shown" in one:
            shown: bool | list[str] = one["x-shown"]
            return shown
    return False
