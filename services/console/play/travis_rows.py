"""The rows of the Travis County stream, read with care, and gathered by booking."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Self
from zoneinfo import ZoneInfo

from shared.domain.federal_calendar import FIRST_YEAR, LAST_YEAR

#: Travis County lies in Austin's zone.
ZONE = ZoneInfo("America/Chicago")
#: What can stand as a booking number, in a topic key and a path; and as a charge's number beside it.
KEY, _SEQ = re.compile(r"[!-.0-~]{1,40}"), re.compile(r"[!-.0-~]{1,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as the file has it; ``day`` is None, with the trouble named, where it cannot be played."""

    number: int
    day: date | None
    day_trouble: str
    event: str
    booking_key: str
    #: The sheriff's number of the charge within the booking; the row's own number where there is none.
    seq: str
    said: Mapping[str, str]

    @classmethod
    def of(cls, number: int, said: Mapping[str, str | None]) -> Self:
        """Read a row of the file; nothing in it is an error."""
        cells = {key: value.strip() for key, value in said.items() if isinstance(value, str)}
        day, trouble = playable_day(cells.get("date", ""))
        seq = cells.get("seq", "")
        return cls(
            number=number,
            day=day,
            day_trouble=trouble,
            event=cells.get("event", ""),
            booking_key=cells.get("booking_key", ""),
            seq=seq if _SEQ.fullmatch(seq) else f"row-{number}",
            said=cells,
        )

    @property
    def names_booking(self) -> bool:
        """Whether the booking key can be a booking number."""
        return KEY.fullmatch(self.booking_key) is not None

    def get(self, column: str) -> str:
        """Give a cell; empty where the file has none."""
        return self.said.get(column, "")


@dataclass(slots=True, kw_only=True)
class Booking:
    """A booking and every other row that names it."""

    row: Row
    day: date
    rows: list[Row] = field(default_factory=list)
    seqs: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        """The booking number that the events carry."""
        return self.row.booking_key

    @property
    def at(self) -> datetime:
        """When the person came into custody: noon."""
        return noon(self.day)

    def of_kind(self, event: str) -> list[Row]:
        """Give the booking's rows of one kind, in file order."""
        return [row for row in self.rows if row.event == event]


def noon(day: date) -> datetime:
    """Give noon in Austin; no clock change ever falls on it."""
    return datetime.combine(day, time(12), tzinfo=ZONE)


def playable_day(said: str) -> tuple[date | None, str]:
    """Read a date; without one, say why the row cannot be played."""
    if not said:
        return None, "has no date"
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None, "has a date that is none"
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None, f"has a date outside {FIRST_YEAR} to {LAST_YEAR}, the years of the holiday table"
    return day, ""
