"""Small plays and records for the tests of the console."""

from datetime import UTC, datetime
from typing import Any

from services.console.play.model import Line, Play
from shared.domain.jurisdiction import Agency, Facility

NOON = datetime(2012, 2, 24, 17, 0, tzinfo=UTC)
ORI = "CT0009300"
JAIL = f"/jails/{ORI}"


def an_event(event_id: str, kind: str = "booking.release_due", source: str = JAIL) -> dict[str, Any]:
    """Give an event of New Haven's jail."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "time": NOON.isoformat(),
        "subject": f"{ORI}/12-1",
        "data": {"facility_ori": ORI, "booking_number": "12-1"},
    }


def a_play(*lines: Line, precision: Any = "instant") -> Play:
    """Give a play of these lines."""
    facility = Facility(
        ori=ORI, name="New Haven", jurisdiction="CT", agency=Agency.STATE_CORRECTIONS, time_zone="America/New_York"
    )
    return Play(name="test", facilities=(facility,), lines=lines, starts_at=NOON, precision=precision)
