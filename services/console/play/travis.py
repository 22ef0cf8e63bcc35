"""Turn the Travis County stream of bookings, charges and detainers into events.

The rows are real, their dates have no hour: each is taken at noon in Austin and says so. What the law asks
and the rows do not say is filled with the plainest value and listed under ``assumed`` in the event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.console.play.model import EventLine, Play, SetAside, earliest
from services.console.play.travis_events import events_of
from services.console.play.travis_rows import ZONE, Booking, Row
from shared.domain.federal_calendar import FIRST_YEAR
from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility

#: The columns without which a file is not of this form.
COLUMNS = ("date", "event", "booking_key", "seq", "disp_type")

TRAVIS = Facility(
    ori=Ori("TX2270000"),
    name="Travis County Sheriff",
    jurisdiction="TX",
    agency=Agency.COUNTY_SHERIFF,
    time_zone=ZONE.key,
)

_EVENTS = frozenset({"booked", "local_charge_disposed", "ice_detainer_disposed", "other_hold_disposed"})
_NOTES = (
    "dates without an hour are taken at local noon",
    "the day of lodging is not in the file: each detainer is taken as lodged at the booking",
    "local clearance is the last disposition of a local charge, where no local charge is open",
)


@dataclass(slots=True)
class _Sorted:
    """The rows by booking, and those that cannot be played."""

    bookings: dict[str, Booking] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)

    def put_aside(self, row: Row, reason: str) -> None:
        """Keep the row's number and the reason for a person to look at."""
        self.set_aside.append(SetAside(row=row.number, what=row.event or "row", reason=reason))


def read_travis(rows: Iterable[Mapping[str, str | None]], *, name: str) -> Play:
    """Read the stream; a row that cannot be played is set aside with its number and the reason."""
    found = _Sorted()
    # The header is row 1 of the file.
    for number, said in enumerate(rows, start=2):
        _sort_in(found, Row.of(number, said))
    for row in found.rows:
        _attach(found, row)
    lines: list[EventLine] = []
    for booking in found.bookings.values():
        happened, unknown = events_of(booking)
        lines.extend(happened)
        for row, reason in unknown:
            found.put_aside(row, reason)
    lines.sort(key=lambda line: line.at)
    return Play(
        name=name,
        facilities=(TRAVIS,),
        lines=tuple(lines),
        starts_at=earliest(lines, otherwise=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)),
        notes=_NOTES,
        set_aside=tuple(sorted(found.set_aside, key=lambda aside: aside.row)),
        precision="day",
    )


def _sort_in(found: _Sorted, row: Row) -> None:
    """Begin a booking with its row; keep every other row until all bookings are known."""
    if row.event not in _EVENTS:
        found.put_aside(row, "the file's word for what happened is not known")
    elif not row.names_booking:
        found.put_aside(row, "names no booking, or one that cannot be a booking number")
    elif row.event != "booked":
        found.rows.append(row)
    elif row.booking_key in found.bookings:
        found.put_aside(row, "the booking key was used before")
    elif row.day is None:
        found.put_aside(row, row.day_trouble)
    else:
        found.bookings[row.booking_key] = Booking(row=row, day=row.day)


def _attach(found: _Sorted, row: Row) -> None:
    """Give the row to its booking, unless that cannot be played or has the number already."""
    booking = found.bookings.get(row.booking_key)
    if booking is None:
        found.put_aside(row, "its booking is not in the file, or cannot be played")
    elif row.seq in booking.seqs:
        found.put_aside(row, "the booking has another row with this sequence number")
    else:
        booking.seqs.add(row.seq)
        booking.rows.append(row)


def pick_up_share(rows: Iterable[tuple[datetime, datetime, datetime]], zone: ZoneInfo) -> tuple[int, int]:
    """Count ICE's pick-ups inside and over the hold window, by local dates.

    A row is one person picked up: the window's opening, its closing, and the pick-up; a person with
    several detainers is still one row. A pick-up before the opening is no use of the window and counts as
    neither. The closing is exclusive: a window that closes at midnight was last open the day before.
    """
    inside = over = 0
    for opens_at, closes_at, picked_up_at in rows:
        if _day(picked_up_at, zone) < _day(opens_at, zone):
            continue
        if _day(picked_up_at, zone) <= _last_open_day(closes_at, zone):
            inside += 1
        else:
            over += 1
    return inside, over


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _last_open_day(closes_at: datetime, zone: ZoneInfo) -> date:
    local = closes_at.astimezone(zone)
    return local.date() - timedelta(days=1) if local.time() == time.min else local.date()
