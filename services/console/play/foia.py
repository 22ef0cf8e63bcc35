"""Turn ICE's detainer release of fiscal year 2015 into events.

The rows are detainers alone: bookings are made up around them, one for each row, since no row names a person.
An end that the row records is told one day after the detainer. Most rows record none: there the person is taken as
gone that day too, since otherwise the laws of later years would decide. No day on which release was due is made up,
and so there is no hold window to measure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.console.play.foia_places import FEDERAL, STATES, facility_of
from services.console.play.made_up import Stay, sampled
from services.console.play.model import EventLine, Play, Recorded, SetAside, earliest
from services.console.play.travis_rows import KEY, playable_day
from shared.domain.federal_calendar import FIRST_YEAR
from shared.domain.jurisdiction import Facility

#: The columns without which a file is not of this form.
COLUMNS = ("detainer_row", "prepare_date", "form", "facility", "state_usps", "x_outcome", "x_facility_category")

_NOTES = (
    "dates without an hour are taken at local noon",
    "bookings are made up, one for each detainer, on the day on which it was prepared",
    "an end that the row records is told on the next day; where it records none, the person is taken as gone then",
    "no day on which release was due is made up, and so there are no hold windows",
    "one facility stands for all jails of a kind in a state; a state without a page of its own is US-FED",
)
_CANCELLED = frozenset({"lifted_by_ice", "case_closed", "not_removable", "us_citizen"})
_RELEASED = {"declined_by_lea": "street", "released_early": "street", "died": "died", "transferred": "other_agency"}
_ASSUMED = ("hour", "booking", "day of lodging")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detainer:
    """A row that can be played."""

    number: int
    name: str
    form: str | None
    state: str
    outcome: str
    facility: Facility
    stay: Stay


def read_foia(rows: Iterable[Mapping[str, str | None]], *, name: str, limit: int | None = None) -> Play:
    """Read the release; a row that cannot be played is set aside with its number and the reason.

    ``limit`` plays so many of the rows that can be played, of every state its share.
    """
    found: list[_Detainer] = []
    aside: list[SetAside] = []
    seen: set[str] = set()
    # The header is row 1 of the file.
    for number, said in enumerate(rows, start=2):
        cells = {key: value.strip() for key, value in said.items() if isinstance(value, str)}
        one = _read(number, cells, seen)
        if isinstance(one, _Detainer):
            seen.add(one.name)
            found.append(one)
        else:
            aside.append(SetAside(row=number, what="detainer", reason=one))
    taken = sampled([(one.name, one.state, one) for one in found], limit)
    lines = sorted((line for one in taken for line in _events(one)), key=lambda line: line.at)
    cut = (f"a sample: {len(taken)} of {len(found)} rows, of every state its share",) if len(taken) < len(found) else ()
    return Play(
        name=name,
        facilities=tuple(sorted({one.facility for one in taken}, key=lambda place: place.ori)),
        lines=tuple(lines),
        starts_at=earliest(lines, otherwise=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)),
        notes=(*_NOTES, *cut),
        set_aside=tuple(aside),
        precision="day",
        recorded={one.name: Recorded(place=one.state, said=one.outcome or "no_outcome_recorded") for one in taken},
    )


def _read(number: int, cells: Mapping[str, str], seen: set[str]) -> _Detainer | str:
    """Read a row; the reason where it cannot be played."""
    name, state = cells.get("detainer_row", ""), cells.get("state_usps", "")
    day, trouble = playable_day(cells.get("prepare_date", ""))
    category = cells.get("x_facility_category", "")
    if KEY.fullmatch(name) is None or name in seen:
        return "names no detainer, or one that another row has named"
    if not state:
        return "names no state, and so no jail"
    if state not in STATES:
        return "names a state that is not among those of the release"
    if category in FEDERAL or day is None:
        return trouble or "the person is in federal hands: no state or local jail holds"
    facility, assumed = facility_of(state, category, cells.get("facility", ""))
    noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(facility.time_zone))
    return _Detainer(
        number=number,
        name=name,
        # "I-247 (Mar 2013)": the revision stands in brackets.
        form=cells.get("form", "").partition("(")[0].strip() or None,
        state=state,
        outcome=cells.get("x_outcome", ""),
        facility=facility,
        stay=Stay(
            ori=facility.ori,
            number=name,
            booked_at=noon,
            ice="/ice/foia",
            precision="day",
            assumed=(*_ASSUMED, *assumed),
        ),
    )


def _events(one: _Detainer) -> Iterator[EventLine]:
    """Tell of the booking, the detainer, and the end that the record gives it."""
    stay = one.stay
    yield stay.booked((), None, ["no charges", "no criminal record"])
    yield from stay.lodged(one.name, one.form, None, ["form"] if one.form is None else [])
    next_day = stay.booked_at + timedelta(days=1)
    if one.outcome == "taken_into_ice_custody":
        yield stay.picked_up(one.name, next_day)
    elif one.outcome in _CANCELLED:
        yield stay.cancelled(one.name, next_day, one.outcome)
    elif one.outcome in _RELEASED:
        yield stay.released(next_day, one.outcome, _RELEASED[one.outcome])
    else:
        yield stay.released(next_day, "not_recorded", "not_said", ["end"])
