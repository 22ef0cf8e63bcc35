"""The hostile, the garbled and the merely odd: each message with the answer at the door and its fate on a topic."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.intake.messages import BATCH, STRUCTURED
from shared.domain.case import HeardEvent
from tests.support.builders import (
    ICE,
    ORI,
    OTHER_ORI,
    a_booking,
    a_charge,
    a_detainer,
    a_person,
    a_release_due,
    a_transfer,
    an_event_json,
    facts_told,
)
from tests.support.line import renamed

#: Stands for whatever is personal. Nobody may ever repeat it: no answer, log line, key, alarm or metric.
CANARY = "Canarinho"

#: What becomes of a message on a topic, where it is not set aside under a code.
APPLIED, WAITING, NEVER = "applied", "waiting", None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One message, sent both ways."""

    name: str
    raw: bytes
    #: What the door answers: status, and the code of its first error (empty where it is taken).
    status: int
    code: str = ""
    #: On a topic: the code it is set aside under, applied or waiting; None where it makes sense over HTTP alone.
    fate: str | None = NEVER
    who: str = "jail"
    kind: str = STRUCTURED
    headers: Mapping[str, str] = field(default_factory=dict)


def booking(**said: Any) -> HeardEvent:
    """Give a booking of somebody who must never be named."""
    person = a_person(family_name=CANARY, given_names=CANARY)
    return a_booking(**{"person": person, "charges": [a_charge(offense=CANARY)], **said})


def text(**attributes: Any) -> str:
    """Give the booking as JSON text, with attributes set over; None leaves one out."""
    return an_event_json(booking(), **attributes).decode()


def said(**data: Any) -> bytes:
    """Give the booking with other data; ``...`` leaves a field out."""
    event = renamed(booking(), **data)
    kept = {name: value for name, value in event.data.items() if value is not ...}
    return an_event_json(event, data=kept)


def bent(name: str, raw: bytes | str, code: str, **more: Any) -> Hostile:
    """Give a message that is refused at the door, and set aside under the same code on a topic."""
    spoilt = raw if isinstance(raw, bytes) else raw.encode()
    return Hostile(**{"name": name, "raw": spoilt, "status": 422, "code": code, "fate": code, **more})


def odd(name: str, raw: bytes, fate: str = APPLIED, **more: Any) -> Hostile:
    """Give a message that looks odd and is taken."""
    return Hostile(**{"name": name, "raw": raw, "status": 202, "fate": fate, **more})


_WHOLE = text()
_HALF = _WHOLE[: len(_WHOLE) // 2]
_DEEP = '{"a":' * 17 + f'"{CANARY}"' + "}" * 17

NO_JSON = (
    bent("nothing at all", b"", "not_json", fate="empty"),
    bent("blanks", b"  \r\n", "not_json"),
    bent("half an event", _HALF, "not_json"),
    bent("two events in a row", _WHOLE + _WHOLE, "not_json"),
    bent("garbage behind the event", _WHOLE + CANARY, "not_json"),
    bent("single quotes", _WHOLE.replace('"', "'"), "not_json"),
    bent("a comment", f"/* {CANARY} */" + _WHOLE, "not_json"),
    bent("a comma too many", _WHOLE[:-1] + ",}", "not_json"),
    bent("NaN", _WHOLE.replace('"sequence": 1', '"sequence": NaN'), "not_json"),
    bent("Infinity", _WHOLE.replace('"sequence": 1', '"sequence": Infinity'), "not_json"),
    bent("a byte order mark", b"\xef\xbb\xbf" + _WHOLE.encode(), "not_json"),
    bent("UTF-16", _WHOLE.encode("utf-16"), "not_json"),
    bent("Latin-1", _WHOLE.replace(CANARY, f"{CANARY}é").encode("latin-1"), "not_json"),
    bent("an overlong zero", _WHOLE.encode().replace(b"Canar", b"\xc0\x80Canar"), "not_json"),
    bent("half a surrogate pair", _WHOLE.replace(CANARY, CANARY + "\\ud800"), "not_json"),
    bent("a bare control character", _WHOLE.replace(CANARY, CANARY + "\x01"), "not_json"),
    bent("a bare NUL", _WHOLE.replace(CANARY, CANARY + "\x00"), "not_json"),
    bent("an escaped NUL", _WHOLE.replace(CANARY, CANARY + "\\u0000"), "nul_character"),
    bent("an escaped NUL in a key", _WHOLE.replace('"offense"', '"off\\u0000ense"'), "nul_character"),
    bent("a form from a web page", f"family_name={CANARY}&id=1", "not_json"),
    bent("XML", f"<event><name>{CANARY}</name></event>", "not_json"),
)
TWO_READINGS = (
    bent("a key twice", _WHOLE[:-1] + ', "id": "another"}', "duplicate_key"),
    bent("a key twice in data", _WHOLE.replace('"offense"', '"sequence": 2, "offense"'), "duplicate_key"),
    bent("a key twice, once in disguise", _WHOLE[:-1] + ', "\\u0069d": "x"}', "duplicate_key"),
    bent("too deep", text(extension=json.loads(_DEEP)), "too_deep"),
    bent("thousands of brackets", "[" * 30_000 + "]" * 30_000, "too_deep"),
    bent("a number without end", _WHOLE.replace('"sequence": 1', f'"sequence": {"9" * 5_000}'), "not_json"),
    bent("a number beyond all", _WHOLE.replace('"sequence": 1', '"sequence": 1e999'), "not_json"),
    bent("too large", text(extension=CANARY * 8_000), "too_large", status=413),
)
NO_EVENT = (
    bent("null", "null", "not_cloudevent"),
    bent("a list", f'["{CANARY}"]', "not_cloudevent"),
    bent("a text", f'"{CANARY}"', "not_cloudevent"),
    bent("a number", "42", "not_cloudevent"),
    bent("an empty object", "{}", "specversion"),
    bent("no specversion", text(specversion=None), "specversion"),
    bent("an old specversion", text(specversion="0.3"), "specversion"),
    bent("specversion as a number", text(specversion=1.0), "specversion"),
    bent("no id", text(id=None), "attribute_id"),
    bent("an empty id", text(id=""), "attribute_id"),
    bent("an endless id", text(id=CANARY * 40), "attribute_id"),
    bent("an id with a line break", text(id=f"a\n{CANARY}"), "attribute_id"),
    bent("an id that is a number", text(id=42), "attribute_id"),
    bent("no source", text(source=None), "attribute_source"),
    bent("a source that turns the line round", text(source=f"/jails/{ORI}\u202e"), "attribute_source"),
    bent("no type", text(type=None), "attribute_type"),
    bent("an unknown type", text(type="booking.vanished"), "unknown_type"),
    bent("a type of our own", text(type="case.changed"), "unknown_type"),
    bent("no time", text(time=None), "time"),
    bent("a time without offset", text(time="2012-02-22T03:14:00"), "time"),
    bent("a day that does not exist", text(time="2012-02-30T03:14:00-05:00"), "time"),
    bent("a time as a number", text(time=1_329_898_440), "time"),
    bent("the year one", text(time="0001-01-01T00:00:00+14:00"), "year"),
    bent("the year 9999", text(time="9999-12-31T23:59:59-12:00"), "year"),
    bent("tomorrow", text(time="2012-02-27T12:00:00-05:00"), "time_ahead"),
    bent("a schema of another type", text(dataschema="/schemas/booking.released/1"), "unknown_schema"),
    bent("a schema of another version", text(dataschema="/schemas/booking.created/2"), "unknown_schema"),
    bent("a sequence that is an object", text(sequence={"n": CANARY}), "attribute_sequence"),
    bent("no data", text(data=None), "data"),
    bent("data as a text", text(data=json.dumps({"family_name": CANARY})), "data"),
    bent("data as a list", text(data=[CANARY]), "data"),
    bent("data in base64", text(data=None, data_base64="Q2FuYXJpbmhv"), "data"),
)
NO_SUCH_DATA = (
    bent("no facility", said(facility_ori=...), "data"),
    bent("an ORI in small letters", said(facility_ori=ORI.lower()), "data"),
    bent("an ORI too short", said(facility_ori=ORI[:8]), "data"),
    bent("an ORI too long", said(facility_ori=ORI + "0"), "data"),
    bent("an ORI with a line break", said(facility_ori=ORI + "\n"), "data"),
    bent("an ORI with a Cyrillic letter", said(facility_ori="\u0421T0009300"), "data"),
    bent("an ORI that is a list", said(facility_ori=[ORI]), "data"),
    bent("no booking number", said(booking_number=...), "data"),
    bent("a blank booking number", said(booking_number="   "), "data"),
    bent("an endless booking number", said(booking_number="1" * 65), "data"),
    bent("a booking number with a line break", said(booking_number="12\n1"), "data"),
    bent("a booking number that is a number", said(booking_number=12_004_711), "data"),
    bent("a booking number in emoji", said(booking_number="\U0001f600"), "data"),
    bent("booked at a local time", said(booked_at="2012-02-22T03:14:00"), "data"),
    bent("booked on a name", said(booked_at=CANARY), "data"),
    bent("booked in the year 1", said(booked_at="0001-01-01T00:00:00Z"), "year"),
    bent("a person that is a list", said(person=[CANARY]), "data"),
    bent("charges that are an object", said(charges={"offense": CANARY}), "data"),
    bent("a charge that is a text", said(charges=[CANARY]), "data"),
    bent("a conviction on 30 February", said(convictions=[{"date": "2009-02-30"}]), "data"),
    bent("a fact that is a text", said(facts={"gang_database": CANARY}), "data"),
    bent("a name without end", said(person={"family_name": CANARY * 500}), "data"),
    bent("a release due that says nothing", an_event_json(renamed(a_release_due(), due_at=None)), "data"),
    bent("a transfer to nowhere", an_event_json(a_transfer(to_facility_ori="nowhere")), "data"),
    bent("a detainer without an id", an_event_json(a_detainer(detainer_id=" ")), "data", who="ice"),
)
#: The door knows who is calling; who writes to a topic is trusted for all of it.
NOT_YOURS = (
    bent("another jail's source", text(source=f"/jails/{OTHER_ORI}"), "not_yours", fate=APPLIED),
    bent("a source that only begins like ours", text(source=f"/jails/{ORI}0"), "not_yours", fate=APPLIED),
    bent("another jail's booking", said(facility_ori=OTHER_ORI), "not_yours", fate=APPLIED),
    bent("ICE's business from a jail", an_event_json(a_detainer(source=f"/jails/{ORI}")), "not_yours", fate=APPLIED),
    bent("a jail's business from ICE", text(source=ICE), "not_yours", who="ice", fate=APPLIED),
    bent("a facility nobody registered", said(facility_ori="CT0009999"), "not_yours", fate="unknown_facility"),
    odd(
        "a detainer at a facility nobody registered",
        an_event_json(a_detainer(facility_ori="CT0009999")),
        fate="unknown_facility",
        who="ice",
    ),
    odd(
        "a transfer to a facility nobody registered",
        an_event_json(a_transfer(to_facility_ori="CT0009999")),
        fate="unknown_facility",
    ),
)
#: Odd is not wrong: nothing here may be refused, dropped or taken for more than it is.
ODD = (
    odd("fields nobody knows", said(mugshot=CANARY, facts={"shoe_size": 43})),
    odd("attributes nobody knows", text(vendor="jms", traceparent="00-x").encode()),
    odd("SQL in a name", said(person=a_person(family_name=f"{CANARY}'); DROP TABLE intake.cases; --"))),
    odd("HTML in a name", said(person=a_person(family_name=f"<script>{CANARY}</script>"))),
    odd("a format in a name", said(person=a_person(family_name=f"%s%n{{0}}{CANARY}"))),
    odd("a name in another script", said(person=a_person(family_name=f"{CANARY}\u202e\u05d0\U0001f600"))),
    odd("a blank around the booking number", said(booking_number=" 12-004711 ")),
    odd("an A-number too short", said(ids={"a_number": "A12"})),
    odd("an FBI number with a check digit that may be wrong", said(ids={"ucn": "400007AB9"})),
    odd("an FBI number of an impossible shape", said(ids={"ucn": "????????????"})),
    odd("a SID of another State", said(ids={"sid": "ZZ00000001"})),
    odd("an NCIC filler for a charge", said(charges=[{"sequence": 1, "ncic_code": "0399"}])),
    odd("a form nobody knows", an_event_json(a_detainer(form="I-9999", basis="because")), who="ice"),
    odd("a reason nobody knows", an_event_json(a_release_due(reason="alakazam"))),
    odd("a fact that is not known", an_event_json(facts_told(facts={"gang_database": None}))),
    odd(
        "a detainer for nobody we know",
        an_event_json(a_detainer(booking_number=None, detainer_id="HAR-2012-000999", ids={"fin": "999"})),
        fate=WAITING,
        who="ice",
    ),
)
#: What only HTTP knows.
AT_THE_DOOR = (
    Hostile(name="no key", raw=_WHOLE.encode(), who="nobody", status=401, code="unauthenticated"),
    Hostile(name="an operator's key", raw=_WHOLE.encode(), who="operator", status=403, code="not_allowed"),
    Hostile(
        name="a compressed body",
        raw=b"\x1f\x8b\x08",
        headers={"content-encoding": "gzip"},
        status=415,
        code="encoded_body",
    ),
    Hostile(name="a batch that is none", raw=_WHOLE.encode(), kind=BATCH, status=422, code="not_json"),
    Hostile(name="a batch of nothing", raw=b"[]", kind=BATCH, status=202),
    Hostile(
        name="a batch of rubbish", raw=f'["{CANARY}", {{}}, 7]'.encode(), kind=BATCH, status=422, code="none_taken"
    ),
    Hostile(name="a batch too large", raw=b"[" + b" " * 4_200_000 + b"]", kind=BATCH, status=413, code="too_large"),
    Hostile(
        name="binary mode without an id",
        raw=b"{}",
        kind="application/json",
        headers={"ce-specversion": "1.0", "ce-source": f"/jails/{ORI}", "ce-type": "booking.created"},
        status=422,
        code="attribute_id",
    ),
    Hostile(
        name="binary mode with a NUL in the id",
        raw=b"{}",
        kind="application/json",
        headers={"ce-specversion": "1.0", "ce-id": f"{CANARY}%00", "ce-source": "/x", "ce-type": "booking.created"},
        status=422,
        code="attribute_id",
    ),
    Hostile(
        name="binary mode in XML",
        raw=f"<x>{CANARY}</x>".encode(),
        kind="application/xml",
        headers={"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/x", "ce-type": "booking.created"},
        status=422,
        code="content_type",
    ),
)
TABLE = (*NO_JSON, *TWO_READINGS, *NO_EVENT, *NO_SUCH_DATA, *NOT_YOURS, *ODD, *AT_THE_DOOR)
