"""Rows of the sheriff's stream, invented, and what became of them."""

import csv
from typing import Any
from zoneinfo import ZoneInfo

from services.console.play.model import EventLine, Play
from services.console.play.travis import read_travis

AUSTIN = ZoneInfo("America/Chicago")
HEADER = (
    "date,date_precision,event,booking_key,seq,code,literal,level,x_level,x_ncic,"
    "disp_type,x_ice_outcome,sex,age_band,birth_country"
)


def booked(day: str, key: str = "TC-1") -> str:
    """Give a row of a booking."""
    return f"{day},day,booked,{key},,,,,,,,,M,25-29,Mexico"


def charge(day: str, seq: str, disposition: str = "SENTENCE COMPLETE", key: str = "TC-1") -> str:
    """Give a row of a disposed local charge."""
    return f"{day},day,local_charge_disposed,{key},{seq},54040009,DWI,B,class_b_misd,5404,{disposition},,,,"


def detainer(day: str, seq: str, disposition: str = "RELEASED TO ICE", key: str = "TC-1") -> str:
    """Give a row of a disposed detainer."""
    return f"{day},day,ice_detainer_disposed,{key},{seq},,,,,,{disposition},,,,"


def played(*rows: str) -> Play:
    """Play these rows."""
    return read_travis(csv.DictReader([HEADER, *rows]), name="rows")


def events(play: Play, kind: str) -> list[dict[str, Any]]:
    """Give the events of one type."""
    return [line.event for line in play.lines if isinstance(line, EventLine) and line.event["type"] == kind]


def told(play: Play) -> list[tuple[str, str]]:
    """Each event's type with its local day, in order."""
    return [
        (line.event["type"], line.at.astimezone(AUSTIN).date().isoformat())
        for line in play.lines
        if isinstance(line, EventLine)
    ]
