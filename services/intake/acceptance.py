"""Pure: which readable events cannot be taken all the same, and how to mend them."""

from collections.abc import Mapping
from datetime import datetime

from services.intake.inbound import InboundEvent
from shared.domain.errors import IdReused, MalformedMessage
from shared.domain.jurisdiction import Facility


def check(event: InboundEvent, register: Mapping[str, Facility], latest: datetime) -> None:
    """Refuse what no case can be made of: facilities nobody registered, times that have not come."""
    if event.facility_ori not in register:
        raise MalformedMessage(
            "the facility is not registered",
            where="/data/facility_ori",
            how="register it (countersign facility add), then retry this event",
            code="unknown_facility",
        )
    to = event.data.get("to_facility_ori")
    if event.type == "booking.transferred" and to not in register:
        raise MalformedMessage(
            "the facility transferred to is not registered",
            where="/data/to_facility_ori",
            how="register it (countersign facility add), then retry this event",
            code="unknown_facility",
        )
    if event.time > latest:
        raise MalformedMessage(
            "the event's time has not come yet", where="/time", how="send it then", code="time_ahead"
        )


def reused() -> IdReused:
    """Give the error of an event whose name came before with another body."""
    return IdReused("the same source and id came with another body")
