"""Build events with sensible defaults: one woman, one booking, New Haven, the last week of February 2012.

Each builder takes the instant it happened as local text, then whatever its data shall say otherwise.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.case import HeardEvent

ORI = "CT0009300"
NUMBER = "12-004711"
OTHER_ORI = "CT0002300"
OTHER_NUMBER = "12-000981"
JAIL = f"/jails/{ORI}"
ICE = "/ice/hartford"
BUREAU = "/bureau/CT"
ZONE = "America/New_York"
DETAINER = "HAR-2012-000417"
TCN = "CT009300120222031400"
FIN = "1122334455"
A_NUMBER = "A012345678"

BOOKED = "2012-02-22 03:14"
LODGED = "2012-02-22 10:30"
DUE = "2012-02-24 17:00"
GONE = "2012-02-28 16:40"


def at(local: str, zone: str = ZONE) -> datetime:
    """Give the instant of a local time such as ``2012-02-22 03:14``."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def wire_time(local: str) -> str:
    """Give the same instant as it stands on the wire."""
    return at(local).isoformat()


def a_heard(
    kind: str,
    when: str,
    data: dict[str, Any],
    *,
    source: str = JAIL,
    id: str | None = None,  # noqa: A002 - CloudEvents' own name
    heard_at: datetime | None = None,
    sequence: str | None = None,
) -> HeardEvent:
    """Give an event of any type; heard a minute after it happened, unless told otherwise."""
    time = at(when)
    return HeardEvent(
        source=source,
        id=id or f"{kind}/{when}",
        type=kind,
        time=time,
        heard_at=heard_at or time + timedelta(minutes=1),
        data={"facility_ori": ORI, "booking_number": NUMBER, **data},
        sequence=sequence,
    )


def a_person(**said: Any) -> dict[str, Any]:
    """Give the booked person as the jail has her."""
    return {"family_name": "Example", "given_names": "Ana Maria", "birth_date": "1984-05-03", **said}


def a_charge(**said: Any) -> dict[str, Any]:
    """Give a pending misdemeanour charge."""
    return {"sequence": 1, "offense": "breach of peace 2", "level": "misdemeanor", "status": "pending", **said}


def _split(said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part what is said of the event from what its data say."""
    names = {"source", "id", "heard_at", "sequence"}
    about = {key: value for key, value in said.items() if key in names}
    return about, {key: value for key, value in said.items() if key not in names}


def a_booking(when: str = BOOKED, **said: Any) -> HeardEvent:
    """Give the booking of the person, with the TCN of the fingerprints."""
    about, data = _split(said)
    plain = {"booked_at": wire_time(when), "person": a_person(), "ids": {"tcn": TCN}}
    return a_heard("booking.created", when, {**plain, **data}, **about)


def facts_told(when: str = "2012-02-22 15:00", **said: Any) -> HeardEvent:
    """Give an event that tells ``facts``, ``charges`` or ``convictions``."""
    about, data = _split(said)
    return a_heard("booking.facts_changed", when, data, **about)


def a_bond_change(when: str = "2012-02-23 16:20", **said: Any) -> HeardEvent:
    """Give bond tendered."""
    about, data = _split(said)
    return a_heard("booking.bond_changed", when, {"change": "tendered", "at": wire_time(when), **data}, **about)


def a_transfer(when: str = "2012-02-23 08:00", **said: Any) -> HeardEvent:
    """Give the transfer to Hartford."""
    about, data = _split(said)
    plain = {"to_facility_ori": OTHER_ORI, "to_booking_number": OTHER_NUMBER, "at": wire_time(when)}
    return a_heard("booking.transferred", when, {**plain, **data}, **about)


def a_schedule(when: str = "2012-02-23 17:00", *, expected: str = DUE, **said: Any) -> HeardEvent:
    """Give the jail's expectation of a release."""
    about, data = _split(said)
    return a_heard("booking.release_scheduled", when, {"expected_at": wire_time(expected), **data}, **about)


def a_release_due(when: str = DUE, **said: Any) -> HeardEvent:
    """Give the end of state authority."""
    about, data = _split(said)
    plain = {"due_at": wire_time(when), "reason": "bond_posted"}
    return a_heard("booking.release_due", when, {**plain, **data}, **about)


def a_retraction(of: HeardEvent, when: str = "2012-02-24 18:05", **said: Any) -> HeardEvent:
    """Give the taking back of an earlier release due."""
    plain = {"due_at": None, "reason": "entered_in_error", "retracts": of.id}
    about, data = _split({"source": of.source, **said})
    return a_heard("booking.release_due", when, {**plain, **data}, **{"id": f"takes back {of.id}", **about})


def a_release(when: str = GONE, **said: Any) -> HeardEvent:
    """Give the release to the street."""
    about, data = _split(said)
    plain = {"released_at": wire_time(when), "reason": "hold_closed", "released_to": "street"}
    return a_heard("booking.released", when, {**plain, **data}, **about)


def a_claim(when: str = "2012-02-23 11:05", *, claim: str = "asserted", **said: Any) -> HeardEvent:
    """Give a claim to U.S. citizenship."""
    about, data = _split(said)
    return a_heard("booking.citizenship_claimed", when, {"claim": claim, "at": wire_time(when), **data}, **about)


def a_match(when: str = "2012-02-22 05:40", **said: Any) -> HeardEvent:
    """Give the bureau's match, which knows the TCN and no booking number."""
    about, data = _split({"source": BUREAU, **said})
    plain = {"booking_number": None, "result": "match", "tcn": "DHS0000012345", "tcr": TCN}
    return a_heard("match.reported", when, {**plain, "ids": {"tcn": TCN, "fin": FIN}, **data}, **about)


def a_withdrawal(when: str = "2012-02-22 09:00", **said: Any) -> HeardEvent:
    """Give the taking back of that match."""
    about, data = _split({"source": BUREAU, **said})
    plain = {"booking_number": None, "tcn": "DHS0000012345", "tcr": TCN, "reason": "wrong subject"}
    return a_heard("match.withdrawn", when, {**plain, **data}, **about)


def a_detainer(when: str = LODGED, **said: Any) -> HeardEvent:
    """Give a Form I-247 that asks for a hold; the name is spelt as ICE has it."""
    about, data = _split({"source": ICE, **said})
    plain = {
        "detainer_id": DETAINER,
        "form": "I-247",
        "requests": ["hold", "notify"],
        "basis": "pending_removal_proceedings",
        "operative_only_on_conviction": False,
        "ids": {"fin": FIN, "a_number": A_NUMBER},
        "person": a_person(family_name="Ejemplo"),
        "warrants": [],
        "issued_at": wire_time(when),
        "cancels": None,
    }
    return a_heard("detainer.lodged", when, {**plain, **data}, **about)


def a_service(when: str = "2012-02-22 14:10", **said: Any) -> HeardEvent:
    """Give the service of a copy on the person."""
    about, data = _split(said)
    plain = {"detainer_id": DETAINER, "served_at": wire_time(when), "manner": "in_person"}
    return a_heard("detainer.served", when, {**plain, **data}, **about)


def a_cancellation(when: str = "2012-02-27 12:00", **said: Any) -> HeardEvent:
    """Give ICE's cancellation of the detainer."""
    about, data = _split({"source": ICE, **said})
    plain = {"detainer_id": DETAINER, "cancelled_at": wire_time(when), "reason": "lifted"}
    return a_heard("detainer.cancelled", when, {**plain, **data}, **about)


def a_pick_up(when: str = "2012-02-27 11:00", **said: Any) -> HeardEvent:
    """Give ICE taking the person."""
    about, data = _split({"source": ICE, **said})
    return a_heard("custody.assumed", when, {"detainer_id": DETAINER, "assumed_at": wire_time(when), **data}, **about)


def an_event_json(event: HeardEvent, **attributes: Any) -> bytes:
    """Give the event as a structured CloudEvent; ``attributes`` are set over, None leaves one out."""
    said = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": event.time.isoformat(),
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{event.type}/1",
        "sequence": event.sequence,
        "data": event.data,
        **attributes,
    }
    return json.dumps({key: value for key, value in said.items() if value is not None}).encode()
