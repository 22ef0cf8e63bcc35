"""Our own messages on the wire: CloudEvents 1.0, structured mode, typed data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from shared.domain.errors import MalformedMessage

T = TypeVar("T")


class Envelope(msgspec.Struct, kw_only=True):
    """The CloudEvents attributes that our messages carry, with ``data`` left raw."""

    id: UUID
    source: str
    type: str
    time: datetime
    subject: str
    data: msgspec.Raw
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    dataschema: str = ""


@dataclass(frozen=True, slots=True)
class Message(Generic[T]):
    """One of our messages, read: its id (the inbox's key), its type, its data."""

    id: UUID
    type: str
    data: T


_decode = msgspec.json.Decoder(Envelope).decode


def pack(message_id: UUID, source: str, kind: str, time: datetime, subject: str, data: Any) -> bytes:
    """Write one message; ``data`` is a dataclass or plain builtins."""
    return msgspec.json.encode(
        Envelope(
            id=message_id,
            source=f"/countersign/{source}",
            type=kind,
            time=time,
            subject=subject,
            dataschema=f"/schemas/{kind}/1",
            data=msgspec.Raw(msgspec.json.encode(data)),
        )
    )


def unpack(value: bytes | None, types: dict[str, type[Any]]) -> Message[Any]:
    """Read one message; raise MalformedMessage for what is not ours. A type not in ``types`` has data None."""
    try:
        envelope = _decode(value or b"")
        wanted = types.get(envelope.type)
        data = None if wanted is None else msgspec.json.decode(envelope.data, type=wanted)
    except msgspec.MsgspecError as error:
        raise MalformedMessage(
            "not a message of ours",
            where=str(error).rpartition("`")[0].rpartition("`")[2],
            how="discard it",
            code="not_ours",
        ) from error
    return Message(envelope.id, envelope.type, data)
