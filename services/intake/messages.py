"""Turn what jails, bureaus and ICE send into checked events: structured, batched or binary CloudEvents.

Nothing that a sender wrote is repeated in an error: it says where, and how to mend it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from services.intake.correlate import Identifier
from services.intake.inbound import MAX_ATTRIBUTE, InboundEvent, checked
from services.intake.numbers import stripped
from services.intake.strict import MAX_BATCH_BYTES, MAX_EVENT_BYTES, check_size, decode, split_array
from shared.domain.errors import MalformedMessage

__all__ = [
    "BATCH",
    "NDJSON",
    "STRUCTURED",
    "InboundEvent",
    "Rejected",
    "from_kafka",
    "identifiers",
    "name_of",
    "read_batch",
    "read_event",
    "read_lines",
    "topic_key",
]

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
#: One event in structured mode a line: the same as a batch, and cheaper to cut.
NDJSON = "application/x-ndjson"


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a batch that could not be read; its neighbours are none the worse."""

    id: str | None
    source: str | None
    error: MalformedMessage
    raw: bytes


def read_event(
    raw: bytes, *, content_type: str | None = None, headers: Mapping[str, str] | None = None
) -> InboundEvent:
    """Read one event as HTTP brings it: structured, or binary with its attributes in ``ce-`` headers."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind == BATCH:
        raise MalformedMessage("a batch where one event was expected", how=f"send {STRUCTURED}", code="batch")
    given = {} if headers is None else {name.lower(): value for name, value in headers.items()}
    if kind != STRUCTURED and "ce-specversion" in given:
        attributes = {name[3:]: unquote(value) for name, value in given.items() if name.startswith("ce-")}
        return _from_binary(raw, attributes, kind)
    return _from_structured(raw)


def from_kafka(value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()) -> InboundEvent:
    """Read one record: binary where it bears ``ce_`` headers, else structured."""
    if not value:
        raise MalformedMessage("a record without a value", how="write the event's JSON", code="empty")
    try:
        given = {name.lower(): text.decode() for name, text in headers}
    except (UnicodeDecodeError, AttributeError):
        raise MalformedMessage("a header is not UTF-8", how="write headers in UTF-8", code="header") from None
    kind = given.get("content-type", "").partition(";")[0].strip().lower()
    if kind != STRUCTURED and "ce_specversion" in given:
        attributes = {name[3:]: text for name, text in given.items() if name.startswith("ce_")}
        return _from_binary(value, attributes, kind)
    return _from_structured(value)


def read_batch(raw: bytes) -> list[InboundEvent | Rejected]:
    """Read a JSON array of events; raise only where it is no such array."""
    check_size(raw, MAX_BATCH_BYTES)
    return [_read_or_reject(part) for part in split_array(raw)]


def read_lines(raw: bytes) -> list[InboundEvent | Rejected]:
    """Read one event a line (NDJSON); empty lines are nothing."""
    check_size(raw, MAX_BATCH_BYTES)
    return [_read_or_reject(line) for line in raw.split(b"\n") if line.strip()]


def _read_or_reject(raw: bytes) -> InboundEvent | Rejected:
    try:
        return _from_structured(raw)
    except MalformedMessage as error:
        source, event_id = name_of(raw)
        return Rejected(id=event_id, source=source, error=error, raw=raw)


def name_of(raw: bytes) -> tuple[str | None, str | None]:
    """Give ``source`` and ``id`` of an event that could not be read, as far as they can be made out."""
    try:
        value = msgspec.json.decode(raw[: MAX_EVENT_BYTES + 1])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, None
    if not isinstance(value, dict):
        return None, None
    names = [value.get(key) for key in ("source", "id")]
    source, event_id = (
        name if isinstance(name, str) and 0 < len(name) <= MAX_ATTRIBUTE and name.isprintable() else None
        for name in names
    )
    return source, event_id


def _from_structured(raw: bytes) -> InboundEvent:
    event = decode(raw)
    if not isinstance(event, dict):
        raise MalformedMessage("the message is no JSON object", how="send a CloudEvent", code="not_cloudevent")
    return checked(event, raw)


def _from_binary(raw: bytes, attributes: Mapping[str, str], kind: str) -> InboundEvent:
    """Put a binary event's parts together: what it says is the same as in structured mode."""
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise MalformedMessage("data is not JSON", how="send application/json", code="content_type")
    event: dict[str, Any] = {**attributes, "datacontenttype": "application/json", "data": decode(raw)}
    return checked(event, msgspec.json.encode(event))


def identifiers(event: InboundEvent) -> tuple[Identifier, ...]:
    """Give the numbers by which this event may meet a case, from the strongest down."""
    return event.ties


def topic_key(event: InboundEvent) -> str:
    """Give the Kafka key: ``ORI/booking number`` when known, else the TCN answered, or the detainer's id.

    No name, birth date, A-number, FIN, UCN or SID ever stands in a key; without any of these it is the
    facility's ORI.
    """
    if event.booking_number:
        return f"{event.facility_ori}/{event.booking_number}"
    if event.type.startswith("match."):
        tcn = next((tie.value for tie in event.ties if tie.kind == "tcn"), None)
        return tcn or stripped(event.data.get("tcn")) or event.facility_ori
    return event.detainer_id or event.facility_ori
