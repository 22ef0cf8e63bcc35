"""Turn the bookings of the Pierce County jail into events.

The rows have their times to the minute, in Tacoma, often rounded. The day on which a detainer was lodged is not in
the file: it is taken as lodged at the booking. What the law asks and the rows lack is listed under ``assumed``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.console.play.made_up import Stay, sampled
from services.console.play.model import EventLine, Play, Recorded, SetAside, earliest
from services.console.play.travis_rows import KEY
from shared.domain.federal_calendar import FIRST_YEAR, LAST_YEAR
from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility

#: The columns without which a file is not of this form.
COLUMNS = ("booking_key", "booking_dt", "release_dt", "imm_hold", "imm_hold_release_dt", "imm_hold_disposition")

PIERCE = Facility(
    ori=Ori("WA0270000"),
    name="Pierce County Sheriff",
    jurisdiction="WA",
    agency=Agency.COUNTY_SHERIFF,
    time_zone="America/Los_Angeles",
)
_ZONE = ZoneInfo(PIERCE.time_zone)
_NOTES = (
    "the day of lodging is not in the file: each immigration hold is taken as a detainer lodged at the booking",
    "local clearance is the file's own, and release is due then; release times are often rounded",
)
_TO_ANOTHER_AGENCY = frozenset(
    {"Extradition", "Immigration", "Mini-Chain", "Police Department", "US Marshall", "WSI Chain"}
)
_SEXES = {"MALE": "M", "FEMALE": "F"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Booking:
    """A row that can be played."""

    cells: Mapping[str, str]
    stay: Stay

    @property
    def is_held(self) -> bool:
        """Whether the file has an immigration hold."""
        return self.cells.get("imm_hold") == "1"

    def at(self, column: str) -> datetime | None:
        """Give one of the row's times; None where there is none that can be played."""
        return _instant(self.cells.get(column, ""))


def read_pierce(rows: Iterable[Mapping[str, str | None]], *, name: str, limit: int | None = None) -> Play:
    """Read the bookings; a row that cannot be played is set aside with its number and the reason.

    ``limit`` plays so many bookings, of those with an immigration hold and of the others their share.
    """
    found: list[_Booking] = []
    aside: list[SetAside] = []
    seen: set[str] = set()
    # The header is row 1 of the file.
    for number, said in enumerate(rows, start=2):
        cells = {key: value.strip() for key, value in said.items() if isinstance(value, str)}
        key, booked_at = cells.get("booking_key", ""), _instant(cells.get("booking_dt", ""))
        if KEY.fullmatch(key) is None or key in seen:
            aside.append(SetAside(row=number, what="booking", reason="names no booking, or one already named"))
        elif booked_at is None:
            aside.append(SetAside(row=number, what="booking", reason="has no time of booking that can be played"))
        else:
            seen.add(key)
            stay = Stay(
                ori=PIERCE.ori, number=key, booked_at=booked_at, ice="/ice/pierce", precision="instant", assumed=()
            )
            found.append(_Booking(cells=cells, stay=stay))
    taken = sampled([(one.stay.number, "held" if one.is_held else "not held", one) for one in found], limit)
    lines = sorted((line for one in taken for line in _events(one)), key=lambda line: line.at)
    cut = (f"a sample: {len(taken)} of {len(found)} bookings",) if len(taken) < len(found) else ()
    return Play(
        name=name,
        facilities=(PIERCE,),
        lines=tuple(lines),
        starts_at=earliest(lines, otherwise=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)),
        notes=(*_NOTES, *cut),
        set_aside=tuple(aside),
        recorded={
            _detainer_id(one): Recorded(place="WA", said=one.cells.get("imm_hold_disposition") or "not said")
            for one in taken
            if one.is_held
        },
    )


def _events(one: _Booking) -> Iterator[EventLine]:
    """Tell of the booking, and of the detainer where the file has an immigration hold."""
    sex = _SEXES.get(one.cells.get("sex", ""))
    yield one.stay.booked(_charges(one), sex, ["charges known at booking"])
    if one.is_held:
        yield from one.stay.lodged(_detainer_id(one), None, sex, ["day of lodging", "form"])
        yield from _held(one)
    elif (at := one.at("release_dt")) is not None:
        yield _released(one, at, one.cells.get("final_release_disp", ""))


def _held(one: _Booking) -> Iterator[EventLine]:
    """Tell when release was due, and what ended the immigration hold."""
    cleared_at, ended_at = one.at("local_clear_dt"), one.at("imm_hold_release_dt")
    if cleared_at is not None:
        due_at = max(cleared_at, one.stay.booked_at)
        data = {"due_at": due_at.isoformat(), "reason": "local_clearance"}
        yield one.stay.tell("booking.release_due", due_at, data, ["release due at local clearance"])
    said = one.cells.get("imm_hold_disposition", "")
    if ended_at is None or not said:
        return
    if said == "Immigration":
        yield one.stay.picked_up(_detainer_id(one), max(ended_at, one.stay.booked_at))
    elif said == "Cancel Detainer":
        yield one.stay.cancelled(_detainer_id(one), max(ended_at, one.stay.booked_at), "withdrawn")
        # Without the hold the person stays, or leaves, on whatever else the jail has.
        if (left_at := one.at("release_dt")) is not None:
            yield _released(one, left_at, one.cells.get("final_release_disp", ""))
    else:
        yield _released(one, ended_at, said)


def _released(one: _Booking, at: datetime, said: str) -> EventLine:
    """Tell that the person left, to whom as far as the file's word says."""
    to = "other_agency" if said in _TO_ANOTHER_AGENCY else "street"
    return one.stay.released(max(at, one.stay.booked_at), said.lower().replace(" ", "_") or "not_said", to)


def _charges(one: _Booking) -> list[dict[str, Any]]:
    """Give the gravest charge, all that this file has; what it is worth in law the file does not say."""
    offense = one.cells.get("max_charge")
    none_known = {"code": None, "ncic_code": None, "level": None, "class": None, "degree": None}
    return [{"sequence": 1, "offense": offense, **none_known, "status": "pending"}] if offense else []


def _detainer_id(one: _Booking) -> str:
    return f"{one.stay.number}-D1"


def _instant(said: str) -> datetime | None:
    """Read a time of the jail's own clock; None for what is none, or lies outside the holiday table."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    return at.replace(tzinfo=_ZONE) if at.tzinfo is None and FIRST_YEAR <= at.year <= LAST_YEAR else None
