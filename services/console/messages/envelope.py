"""Pure: a record as a CloudEvent, whichever form it came in; what cannot be read is no error here."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.console.messages.masking import Mask, plain_id
from services.console.messages.schemas import is_known
from shared.kafka.source import Record

_BOOKING = re.compile(r"[A-Z]{2}[A-Z0-9]{7}/[!-~]{1,64}")
_NUMBERS = ("detainer_id", "tcn", "tcr", "booking_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What could be read of a record."""

    #: binary, structured, or unreadable.
    form: str
    attributes: Mapping[str, str]
    data: Any

    @property
    def name(self) -> tuple[str, str] | None:
        """Give source and id, which make an event the same event; None where one of them is missing."""
        source, event_id = self.attributes.get("source"), self.attributes.get("id")
        return (source, event_id) if source and event_id else None

    @property
    def kind(self) -> str | Mask:
        """Give the type, if it is one that we know: a name may stand in one that we do not."""
        kind = self.attributes.get("type", "")
        return kind if is_known(kind) else Mask("a type nobody here knows" if kind else "no type")

    @property
    def shown_id(self) -> str | Mask:
        """Give the event's id, where it looks like one."""
        return plain_id(self.attributes.get("id"))

    @property
    def shown_source(self) -> str | Mask:
        """Give the event's source, where it looks like one."""
        return plain_id(self.attributes.get("source"))


def read(record: Record) -> Read:
    """Read a record as far as it can be read."""
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers if value is not None}
    value = _json(record.value)
    if "ce_specversion" in headers:
        attributes = {name[3:]: text for name, text in headers.items() if name.startswith("ce_")}
        return Read(form="binary" if value is not None else "unreadable", attributes=attributes, data=value)
    if not isinstance(value, dict):
        return Read(form="unreadable", attributes={}, data=None)
    attributes = {name: one for name, one in value.items() if name != "data" and isinstance(one, str)}
    return Read(form="structured", attributes=attributes, data=value.get("data"))


def shown_key(record: Record, it: Read) -> str | Mask:
    """Give a record's key, if it has one of the contract's shapes; any other may be anybody's name."""
    key = (record.key or b"").decode("utf-8", "replace")
    if not key:
        return Mask("no key")
    if _BOOKING.fullmatch(key) or _is_uuid(key):
        return key
    numbers = [it.data.get(name) for name in _NUMBERS] if isinstance(it.data, dict) else []
    return key if key in numbers and plain_id(key) == key else Mask("a key of another shape")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _json(value: bytes | None) -> Any:
    try:
        return json.loads(value or b"")
    except (ValueError, RecursionError):
        return None
