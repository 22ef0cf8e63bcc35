"""Build decisions as notify hears them: one detainer in New Haven, the last week of February 2012."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.domain.events import DecisionRecorded, WindowTold

ORI = "CT0009300"
OTHER_ORI = "CT0006400"
NUMBER = "12-004711"
DETAINER = "HAR-2012-000417"
ZONE = "America/New_York"
CASE = UUID(int=0x0135A41F)


def local(words: str) -> datetime:
    """Give the instant of a local time in February 2012, such as ``24 17:00``."""
    return datetime.strptime(f"2012-02-{words}", "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


#: Wednesday, when the detainer is decided on; Friday, when it must be told; Friday evening, when release is due.
NOW = local("22 10:30")
DUE = local("24 10:30")
OPENS = local("24 17:00")
CLOSES = local("28 17:00")


def ids() -> Iterator[UUID]:
    """Give ids one after the other."""
    number = 0
    while True:
        number += 1
        yield UUID(int=number)


def a_window(**said: Any) -> WindowTold:
    """Give the window of two working days over a weekend."""
    plain: dict[str, Any] = {
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "clock": "FED_48_BIZ",
        "evidence": {"time_zone": ZONE, "calendar": "us-federal@1"},
    }
    return WindowTold(**{**plain, **said})


def a_decision(number: int = 1, outcome: str = "HOLD", **said: Any) -> DecisionRecorded:
    """Give a decision that says ``outcome``; a HOLD before release is due has no window yet."""
    plain: dict[str, Any] = {
        "id": UUID(int=0xD0000 + number),
        "case_id": CASE,
        "detainer_id": DETAINER,
        "facility_ori": ORI,
        "booking_number": NUMBER,
        "outcome": outcome,
        "policy": "ct-commissioner-2012@1",
        "rule": f"commissioner-{outcome.lower()}",
        "citation": "Governor's direction of 2012-02-20",
        "decided_at": NOW + timedelta(minutes=number),
        "decided_by": "policy",
        "window": None,
        "supersedes": None,
        "due_by": DUE,
        "number": number,
        "case_version": number,
        "ice_due_by": DUE,
        "came_late": False,
        "time_zone": ZONE,
        "clocks": ["FED_48_BIZ"] if outcome == "HOLD" else [],
        "release_due_at": None,
        "gone_at": None,
        "other_custody": False,
        "ice_answer": "full",
        "ends": None,
    }
    return DecisionRecorded(**{**plain, **said})


def a_hold(number: int = 1, **said: Any) -> DecisionRecorded:
    """Give a HOLD whose window has opened: release was due."""
    window = said.pop("window", a_window())
    return a_decision(number, **{"window": window, "release_due_at": window.opens_at, **said})
