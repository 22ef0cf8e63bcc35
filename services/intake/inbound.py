"""Check one CloudEvent, attribute by attribute and field by field, into an event we can rely on."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from services.intake.correlate import Identifier
from services.intake.numbers import numbers, stripped
from services.intake.strict import canonical
from services.intake.wire import SHAPES, VERSION
from services.intake.wire_parts import Instant
from shared.domain.case import HeardEvent
from shared.domain.errors import MalformedMessage

MAX_ATTRIBUTE = 256
#: Years outside of which a deadline cannot be reckoned; such an instant is a slip of the pen.
_YEARS = range(1900, 2200)
#: What the way of sending adds or leaves out; two sendings of one event may differ in it.
_OF_TRANSPORT = frozenset(
    {"specversion", "datacontenttype", "data", "traceparent", "tracestate", "partitionkey", "recordedtime"}
)
_SCHEMA = re.compile(r"/(?P<type>[a-z_.]+)/(?P<version>\d{1,4})")
_PATH = re.compile(r" - at `(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.?([^.\[\]]+)")


class InboundEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event, checked for shape; ``data`` is as sent, unknown fields and all."""

    source: str
    id: str
    type: str
    time: datetime
    sequence: str | None
    subject: str | None
    data: dict[str, Any]
    facility_ori: str
    booking_number: str | None
    detainer_id: str | None
    #: Its numbers, from the strongest down, each in its one spelling.
    ties: tuple[Identifier, ...]
    #: Pointers to numbers of an odd shape; they tie nothing.
    warnings: tuple[str, ...]
    #: SHA-256 of what the event says, the same whichever way it was sent.
    digest: bytes
    #: The event in structured mode.
    raw: bytes

    def heard(self, at: datetime) -> HeardEvent:
        """Give the event as the fold takes it; ``at`` is when we first heard of it."""
        return HeardEvent(
            source=self.source,
            id=self.id,
            type=self.type,
            time=self.time,
            heard_at=at,
            data=self.data,
            sequence=self.sequence,
        )


def checked(event: dict[str, Any], raw: bytes) -> InboundEvent:
    """Give the event of these attributes and data; ``raw`` is it in structured mode."""
    if event.get("specversion") != "1.0":
        raise MalformedMessage("not CloudEvents 1.0", where="/specversion", how='say "1.0"', code="specversion")
    source, event_id, kind = (_attribute(event, name) for name in ("source", "id", "type"))
    _check_schema(kind, event.get("dataschema"))
    time = _time(event.get("time"))
    data = event.get("data")
    if not isinstance(data, dict):
        raise MalformedMessage("data is no object", where="/data", how="send a JSON object", code="data")
    shape = _shaped(kind, data)
    ori, number = shape.facility_ori, stripped(shape.booking_number)
    ties, warnings = numbers(kind, shape, ori, number)
    return InboundEvent(
        source=source,
        id=event_id,
        type=kind,
        time=time,
        sequence=_sequence(event.get("sequence")),
        subject=event["subject"] if isinstance(event.get("subject"), str) else None,
        data=data,
        facility_ori=ori,
        booking_number=number,
        detainer_id=stripped(getattr(shape, "detainer_id", None)),
        ties=ties,
        warnings=warnings,
        digest=_digest(event, data),
        raw=raw,
    )


def _attribute(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if isinstance(value, str) and 0 < len(value) <= MAX_ATTRIBUTE and value.isprintable():
        return value
    raise MalformedMessage(
        f"{name} is missing or of a wrong shape",
        where=f"/{name}",
        how=f"send a printable text of 1 to {MAX_ATTRIBUTE} characters",
        code=f"attribute_{name}",
    )


def _check_schema(kind: str, schema: Any) -> None:
    if kind not in SHAPES:
        raise MalformedMessage(
            "an event type that nobody here knows", where="/type", how="see /schemas", code="unknown_type"
        )
    named = _SCHEMA.search(schema) if isinstance(schema, str) else None
    if named and named.end() == len(schema) and named.groups() != (kind, str(VERSION)):
        raise MalformedMessage(
            "dataschema names another type or version",
            where="/dataschema",
            how=f"say /schemas/<type>/{VERSION}",
            code="unknown_schema",
        )


def _time(value: Any) -> datetime:
    try:
        time: datetime = msgspec.convert(value, Instant)
    except msgspec.ValidationError:
        raise MalformedMessage(
            "time is missing or no instant", where="/time", how="send RFC 3339 with offset", code="time"
        ) from None
    return _within_years(time, "/time")


def _within_years(at: datetime, where: str) -> datetime:
    if at.year not in _YEARS:
        raise MalformedMessage(
            "an instant in a year that cannot be meant", where=where, how="check the year", code="year"
        )
    return at


def _sequence(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return _attribute({"sequence": text}, "sequence")


def _shaped(kind: str, data: dict[str, Any]) -> Any:
    """Check the known fields of this type; the decoder's own words name kinds and places, never values."""
    try:
        shape = msgspec.convert(data, SHAPES[kind])
    except msgspec.ValidationError as error:
        what = str(error)
        where = _PATH.search(what)
        raise MalformedMessage(
            what[: where.start()] if where else what,
            where="/data" + _pointer(where["path"] if where else "$"),
            how=f"see /schemas/{kind}/{VERSION}",
            code="data",
        ) from None
    for name in shape.__struct_fields__:
        value = getattr(shape, name)
        if isinstance(value, datetime):
            _within_years(value, f"/data/{name}")
    return shape


def _pointer(path: str) -> str:
    """Turn the decoder's ``$.charges[0].level`` into ``/charges/0/level``."""
    steps = [step for step in _STEP.findall(path.removeprefix("$")) if step]
    return "".join(f"/{step}" for step in steps)


def _digest(event: Mapping[str, Any], data: dict[str, Any]) -> bytes:
    """Digest what the event says: attributes as texts (headers know no others), unset ones left out."""
    said = {
        name: value if isinstance(value, str) else str(value).lower()
        for name, value in event.items()
        if name not in _OF_TRANSPORT and value is not None
    }
    return hashlib.sha256(canonical(said) + b"\n" + canonical(data)).digest()
