"""The envelope of a Travis County event.

Events of one noon carry CloudEvents' ``sequence`` in the order in which such things happen; an order
that no consumer needs.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.console.play.model import EventLine
from services.console.play.travis_rows import Booking

JAIL = "/jails/TX2270000"
ICE = "/ice/travis"
ORI = "TX2270000"

#: The order of what happens at one noon.
_ORDER = {"booked": "1", "detainer": "2", "charge": "3", "other-hold": "3", "release-due": "4", "end": "5"}


class Told(NamedTuple):
    """What is told, by whom, under which id, and its place among what happened at that noon."""

    kind: str
    source: str
    event_id: str
    order: str


def line(booking: Booking, told: Told, at: datetime, data: dict[str, Any], assumed: list[str]) -> EventLine:
    """Wrap ``data`` as a CloudEvent; what is dated before the booking is told with the booking."""
    time = max(at, booking.at)
    told_later = ["time: told at the booking, which the file dates later"] if time > at else []
    event = {
        "specversion": "1.0",
        "id": told.event_id,
        "source": told.source,
        "type": told.kind,
        "time": time.isoformat(),
        "subject": f"{ORI}/{booking.key}",
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{told.kind}/1",
        "sequence": _ORDER[told.order],
        "data": {
            "facility_ori": ORI,
            "booking_number": booking.key,
            **data,
            "precision": "day",
            "assumed": assumed + told_later,
        },
    }
    return EventLine(at=time.astimezone(UTC), event=event)
