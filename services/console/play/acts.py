"""What jails and operators of the sample do beside sending events: ask at the door, register, mend."""

from datetime import datetime

from services.console.play.february import ZONE
from services.console.play.shapes import Booked
from services.console.play.stage import Stage


def ask_release(stage: Stage, booked: Booked, at: datetime) -> None:
    """Let the jail ask whether it may let a person go."""
    stage.act("play.release_check", at, facility_ori=booked.ori, booking_number=booked.number)


def add_facility(stage: Stage, ori: str, name: str, at: datetime) -> None:
    """Let an operator register a jail of the Department of Correction."""
    stage.act(
        "play.facility_add",
        at,
        ori=ori,
        name=name,
        jurisdiction="CT",
        agency="state_corrections",
        time_zone=ZONE.key,
        contact="operator",
    )


def retry_parked(stage: Stage, source: str, event_id: str, at: datetime) -> None:
    """Let an operator try again what was set aside, since its jail is registered now."""
    stage.act("play.parked_retry", at, source=source, id=event_id, reason="the facility is registered now")


def discard_parked(stage: Stage, source: str, event_id: str, at: datetime) -> None:
    """Let an operator let go of what was set aside, since the jail has sent what it meant."""
    stage.act("play.parked_discard", at, source=source, id=event_id, reason="the jail has sent it anew")
