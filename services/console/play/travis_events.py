"""The events of one Travis County booking: what its rows say, and nothing more than they say."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from services.console.play.model import EventLine
from services.console.play.travis_line import ICE, JAIL, Told, line
from services.console.play.travis_rows import Booking, Row, noon
from services.console.play.travis_words import (
    NEED_SERVICE,
    DetainerEnd,
    default_form,
    detainer_end,
    level_of,
    status_after,
)

Unplayable = tuple[Row, str]

#: A charge number with more digits than this is none.
_LONGEST_NUMBER = 6


def events_of(booking: Booking) -> tuple[list[EventLine], list[Unplayable]]:
    """Give the booking's events, and those of its rows that cannot be played with the reason."""
    lines = [_booked(booking)]
    unplayable = [(row, row.day_trouble) for row in booking.rows if row.day is None]
    for row in booking.of_kind("local_charge_disposed"):
        lines.extend(_charge_disposed(booking, row, day) for day in _day(row))
    for row in booking.of_kind("other_hold_disposed"):
        lines.extend(_other_hold(booking, row, day) for day in _day(row))
    cleared_on = _clearance(booking)
    if cleared_on is not None:
        lines.append(_release_due(booking, cleared_on))
    for row in booking.of_kind("ice_detainer_disposed"):
        lines.extend(_lodged(booking, row))
        end = detainer_end(row.get("disp_type"))
        if end is not None:
            lines.extend(_ended(booking, row, day, end) for day in _day(row))
        elif row.day is not None:
            unplayable.append((row, _unknown_end(row)))
    return lines, unplayable


def _day(row: Row) -> Iterable[date]:
    """Give the row's day, if it has one that can be played."""
    return () if row.day is None else (row.day,)


def _unknown_end(row: Row) -> str:
    if not row.get("disp_type"):
        return "does not say how the detainer ended"
    return "the sheriff's word for how the detainer ended is not known; the detainer itself is played"


def _clearance(booking: Booking) -> date | None:
    """Give the day on which the last local charge ended; None while one is open, or where there is none."""
    charges = booking.of_kind("local_charge_disposed")
    days = [row.day for row in charges if row.day is not None]
    return max(days) if days and len(days) == len(charges) else None


def _booked(booking: Booking) -> EventLine:
    row = booking.row
    data = {
        "booked_at": booking.at.isoformat(),
        "arresting_ori": None,
        "person": {
            "family_name": None,
            "given_names": None,
            "birth_date": None,
            "sex": row.get("sex") or None,
            "birth_place": row.get("birth_country") or None,
            "stated_citizenship": None,
            "age_band": row.get("age_band") or None,
        },
        "ids": {},
        "charges": [_charge(charge) for charge in booking.of_kind("local_charge_disposed")],
        "expected_release_at": None,
    }
    assumed = ["hour", "charges known at booking"]
    told = Told("booking.created", JAIL, f"{booking.key}-booked", "booked")
    return line(booking, told, booking.at, data, assumed)


def _charge(row: Row) -> dict[str, Any]:
    return {
        "sequence": _number(row),
        "offense": row.get("literal") or None,
        "code": row.get("code") or None,
        "ncic_code": row.get("x_ncic") or None,
        **level_of(row.get("x_level"), row.get("level")),
        "status": "pending",
    }


def _number(row: Row) -> int:
    """Give a charge its number within the booking; a row without one takes the number of the row."""
    plain = row.seq.isdecimal() and len(row.seq) <= _LONGEST_NUMBER
    return int(row.seq) if plain else 1_000_000 + row.number


def _charge_disposed(booking: Booking, row: Row, day: date) -> EventLine:
    disposed = {
        "sequence": _number(row),
        "disposition": row.get("disp_type") or None,
        "disposition_date": day.isoformat(),
        **status_after(row.get("disp_type")),
    }
    data = {"effective_at": noon(day).isoformat(), "reported_by": "sheriff's report", "charges": [disposed]}
    event_id = f"{booking.key}-charge-{row.seq}"
    return line(booking, Told("booking.facts_changed", JAIL, event_id, "charge"), noon(day), data, ["hour"])


def _other_hold(booking: Booking, row: Row, day: date) -> EventLine:
    """Tell of another agency's hold under a name of its own: it is no charge and no request of ICE's."""
    hold = {
        "sequence": _number(row),
        "code": row.get("code") or None,
        "literal": row.get("literal") or None,
        "disposition": row.get("disp_type") or None,
        "disposition_date": day.isoformat(),
    }
    data = {"effective_at": noon(day).isoformat(), "reported_by": "sheriff's report", "other_holds": [hold]}
    event_id = f"{booking.key}-other-hold-{row.seq}"
    return line(booking, Told("booking.facts_changed", JAIL, event_id, "other-hold"), noon(day), data, ["hour"])


def _release_due(booking: Booking, day: date) -> EventLine:
    data = {"due_at": noon(day).isoformat(), "reason": "local_clearance"}
    event_id = f"{booking.key}-release-due"
    assumed = ["hour", "release due at local clearance"]
    return line(booking, Told("booking.release_due", JAIL, event_id, "release-due"), noon(day), data, assumed)


def _lodged(booking: Booking, row: Row) -> Iterable[EventLine]:
    """Lodge the detainer at the booking, and serve it where its form asks for that."""
    form, warrants = default_form(booking.day)
    data = {
        "detainer_id": _detainer_id(booking, row),
        "form": form,
        "form_revision": None,
        "requests": ["hold", "notify"],
        "basis": "pending_removal_proceedings",
        "operative_only_on_conviction": False,
        "served": True,
        "ids": {},
        "person": {
            "family_name": None,
            "given_names": None,
            "birth_date": None,
            "sex": booking.row.get("sex") or None,
        },
        "warrants": warrants,
        "issuing_office": None,
        "issued_at": booking.at.isoformat(),
        "cancels": None,
    }
    assumed = ["hour", "day of lodging", "form", "requests", "basis", "served", "subject", *_papers(warrants)]
    event_id = f"{booking.key}-detainer-{row.seq}"
    yield line(booking, Told("detainer.lodged", ICE, event_id, "detainer"), booking.at, data, assumed)
    if form in NEED_SERVICE:
        yield _served(booking, row)


def _served(booking: Booking, row: Row) -> EventLine:
    at = booking.at
    data = {"detainer_id": _detainer_id(booking, row), "served_at": at.isoformat(), "manner": None}
    told = Told("detainer.served", JAIL, f"{booking.key}-served-{row.seq}", "charge")
    return line(booking, told, at, data, ["hour", "served"])


def _papers(warrants: list[dict[str, Any]]) -> list[str]:
    return ["warrants"] if warrants else []


def _detainer_id(booking: Booking, row: Row) -> str:
    return f"{booking.key}-D{row.seq}"


def _ended(booking: Booking, row: Row, day: date, end: DetainerEnd) -> EventLine:
    """Tell what ended the detainer: ICE's own act, or the jail's word that the person left."""
    at = max(noon(day), booking.at)
    event_id = f"{booking.key}-end-{row.seq}"
    named = {"detainer_id": _detainer_id(booking, row)}
    kind, source = "booking.released", JAIL
    if end.how == "picked_up":
        kind, source = "custody.assumed", ICE
        data = {**named, "assumed_at": at.isoformat()}
    elif end.how == "cancelled":
        kind, source = "detainer.cancelled", ICE
        data = {**named, "cancelled_at": at.isoformat(), "reason": end.reason}
    else:
        data = {"released_at": at.isoformat(), "reason": end.reason, "released_to": end.how}
    return line(booking, Told(kind, source, event_id, "end"), at, data, ["hour"])
