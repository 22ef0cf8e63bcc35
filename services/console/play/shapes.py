"""What a booking, a match and a detainer of the sample say: ``data`` in the shape of the contract."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.console.play.people import Invented


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A booking on the stage."""

    ori: str
    number: str
    tcn: str
    who: Invented
    at: datetime

    @property
    def key(self) -> str:
        """Facility and number, as ``subject`` and as an operator writes it."""
        return f"{self.ori}/{self.number}"

    @property
    def jail(self) -> str:
        """The jail as a source of events."""
        return f"/jails/{self.ori}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lodged:
    """A detainer on the stage."""

    id: str
    at: datetime
    booked: Booked


def booking_data(booked: Booked, chance: random.Random) -> dict[str, Any]:
    """Say what a jail says of a booking: a person, the numbers it knows, one charge."""
    who = booked.who
    return {
        "booked_at": booked.at.isoformat(),
        "arresting_ori": booked.ori,
        "person": {**named(who), "birth_place": who.birth_place, "stated_citizenship": None},
        "ids": {
            "inmate_number": who.inmate_number,
            "sid": who.sid,
            "ucn": None,
            "fin": None,
            "a_number": None,
            "tcn": booked.tcn,
        },
        "charges": [_charge(chance, booked.at)],
        "convictions": [],
        "facts": {"gang_database": False, "outstanding_warrant": False},
        "expected_release_at": None,
    }


def match_data(booked: Booked, at: datetime, *, answer: str, result: str, known: bool) -> dict[str, Any]:
    """Say what the bureau answers to a booking's prints; numbers only where it found someone."""
    who = booked.who
    found = result == "match"
    ids = {"fin": who.fin, "ucn": who.ucn, "sid": who.sid, "a_number": who.a_number} if found else {}
    seen = {"family_name": who.family_name, "birth_date": who.birth_date.isoformat()}
    return {
        "facility_ori": booked.ori,
        "booking_number": booked.number if known else None,
        "result": result,
        "tcn": answer,
        "tcr": booked.tcn,
        "ids": {"tcn": booked.tcn, **ids},
        "as_submitted": seen,
        "as_on_file": seen if found else None,
        "encounter_id": f"E-{answer[-5:]}" if found else None,
        "reported_at": at.isoformat(),
    }


def detainer_data(booked: Booked, at: datetime, *, number: int, known: bool) -> dict[str, Any]:
    """Fill in the I-247 of December 2011: hold and notify, nothing doubtful about it."""
    return {
        "facility_ori": booked.ori,
        "booking_number": booked.number if known else None,
        "detainer_id": f"HAR-2012-{number:06d}",
        "form": "I-247",
        "form_revision": "2011-12",
        "requests": ["hold", "notify"],
        "basis": "pending_removal_proceedings",
        "operative_only_on_conviction": False,
        "ids": {
            "fin": booked.who.fin,
            "a_number": booked.who.a_number,
            "event_number": f"HAR1202{number:06d}",
            "subject_id": f"{334_455_000 + number}",
        },
        "person": named(booked.who),
        "warrants": [],
        "issuing_office": "Hartford",
        "issued_at": at.isoformat(),
        "cancels": None,
    }


def named(who: Invented) -> dict[str, Any]:
    """Name a person as jail and ICE name them."""
    return {
        "family_name": who.family_name,
        "given_names": who.given_names,
        "birth_date": who.birth_date.isoformat(),
        "sex": who.sex,
    }


_CHARGES: tuple[dict[str, Any], ...] = (
    {"statute": "53a-181", "offense": "breach of peace 2", "ncic_code": "5311", "class": "B", "degree": 2},
    {"statute": "53a-61", "offense": "assault 3", "ncic_code": "1313", "class": "A", "degree": 3},
    {"statute": "53a-125b", "offense": "larceny 6", "ncic_code": "2399", "class": "C", "degree": 6},
    {"statute": "14-227a", "offense": "driving under the influence", "ncic_code": "5404", "class": None},
    {"statute": "53a-172", "offense": "failure to appear 1", "ncic_code": "5015", "class": "D", "degree": 1},
)
_FELONY_CLASS = "D"


def _charge(chance: random.Random, booked_at: datetime) -> dict[str, Any]:
    charge = chance.choice(_CHARGES)
    return {
        "sequence": 1,
        **charge,
        "level": "felony" if charge["class"] == _FELONY_CLASS else "misdemeanor",
        "offense_date": (booked_at - timedelta(days=1)).date().isoformat(),
        "status": "pending",
        "bond_posted": False,
        "magistrate_probable_cause": None,
    }
