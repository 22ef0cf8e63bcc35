"""Pure: what is known of an event that is set aside, and under which name it is known."""

import hashlib
import re
from uuid import UUID

from services.intake.inbound import InboundEvent
from services.intake.messages import name_of
from services.intake.store import Name
from shared.domain.errors import IdReused, MalformedMessage
from shared.outbox import parked
from shared.outbox.inbox import Unhandled

#: The shape of the contract's keys, ``ORI/booking number``: what has another may be anybody's name.
_ORI = re.compile(r"[A-Z]{2}[A-Z0-9]{7}")
_LONGEST_NUMBER = 64


def named(one: Unhandled) -> tuple[Name | None, bytes]:
    """Give the name under which a parked event is known, with the digest of its bytes."""
    event = one.message
    if isinstance(event, InboundEvent):
        return (event.source, event.id), event.digest
    value = one.record.value or b""
    source, event_id = name_of(value)
    return (source, event_id) if source and event_id else None, hashlib.sha256(value).digest()


def described(parked_id: UUID, one: Unhandled) -> parked.Parked:
    """Make the row of an event set aside; what could not be read is known by its key, if that has the right shape."""
    event, error = one.message, one.error
    key = (one.record.key or b"").decode("utf-8", "replace")
    source, event_id = (event.source, event.id) if event else name_of(one.record.value or b"")
    ori, _, number = key.partition("/")
    known = bool(_ORI.fullmatch(ori)) and number.isprintable() and 0 < len(number) <= _LONGEST_NUMBER
    bad = error if isinstance(error, MalformedMessage) else None
    code = bad.code if bad else "id_reused" if isinstance(error, IdReused) else "unhandled"
    return parked.Parked(
        id=parked_id,
        record=one.record,
        code=code,
        reason=bad.what if bad else str(error) if code == "id_reused" else f"failed with {type(error).__name__}",
        place=bad.where if bad else "",
        mend=bad.how
        if bad
        else "ask the sender which was meant"
        if code == "id_reused"
        else "see the log, then retry it",
        source=source,
        event_id=event_id,
        event_type=event.type if event else None,
        facility_ori=event.facility_ori if event else ori if known else None,
        case_key=key if known else None,
    )
