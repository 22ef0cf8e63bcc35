"""Pure: one booking's life, from the door in to the door out, as its senders tell it."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.console.play.people import invent
from services.console.play.shapes import Booked, booking_data, detainer_data, match_data
from services.console.simulate.profile import Profile, Where

ICE, BUREAU = "/ice/field", "/bureau/state"
_MINUTE = timedelta(minutes=1)
#: ICE Policy 10074.2: from then on a detainer is an I-247A and comes with an administrative warrant.
_I_247A_SINCE = date(2017, 4, 2)
_REASONS = ("bond posted", "charges dismissed", "time served", "own recognizance", "sentence complete")


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it arrives: when, and what it says."""

    at: datetime
    event: dict[str, Any]


#: Brings an instant of a life onto the grain of the load's clock.
Grain = Callable[[datetime], datetime]


def life(
    profile: Profile,
    where: Where,
    serial: int,
    booked_at: datetime,
    chance: random.Random,
    *,
    pace: float,
    grain: Grain,
) -> Iterator[Told]:
    """Give the events of one booking, in the order in which they happen; lives run ``pace`` times faster than real."""
    who = invent(chance, serial)
    booked = Booked(
        ori=where.ori,
        number=f"{booked_at:%y}-{serial:08d}",
        tcn=f"{where.ori[:2]}{serial:010d}",
        who=who,
        at=booked_at,
    )
    telling = _Telling(booked, serial, chance)
    leaves_at = booked_at + max(_quantile(profile.stay, chance) / pace, 4 * _MINUTE / pace)
    yield telling.jail("booking.created", "bk", booked_at, booking_data(booked, chance))
    is_match = chance.random() < profile.matched
    answered_at = grain(booked_at + chance.uniform(1, 90) * _MINUTE / pace)
    yield telling.match(answered_at, is_match=is_match)
    lodged_at = grain(answered_at + _quantile(profile.lodged_after, chance) / pace)
    is_detained = is_match and chance.random() < profile.detained
    leaves_at = grain(max(leaves_at, lodged_at + 10 * _MINUTE / pace) if is_detained else leaves_at)
    if is_detained:
        yield telling.detainer("detainer.lodged", "d", lodged_at, lodged(booked, lodged_at, serial))
        if chance.random() < profile.served:
            yield telling.served(lodged_at)
    if chance.random() < profile.amended:
        yield telling.amended(grain(booked_at + (leaves_at - booked_at) * chance.random()))
    is_cancelled = is_detained and chance.random() < profile.cancelled
    if is_cancelled:
        at = grain(lodged_at + (leaves_at - lodged_at) * chance.random())
        yield telling.detainer("detainer.cancelled", "dc", at, {"cancelled_at": at.isoformat(), "reason": "lifted"})
    reason = chance.choice(_REASONS)
    yield telling.jail("booking.release_due", "rd", leaves_at, {"due_at": leaves_at.isoformat(), "reason": reason})
    gone_at = leaves_at
    is_taken = is_detained and not is_cancelled and chance.random() < profile.picked_up
    if is_taken:
        gone_at = grain(leaves_at + _quantile(profile.picked_up_after, chance) / pace)
    yield telling.released(gone_at, reason, to_ice=is_taken)


def lodged(booked: Booked, at: datetime, serial: int) -> dict[str, Any]:
    """Give what the form of that day says: the I-247 of 2011, or since April 2017 the I-247A with its warrant."""
    data = detainer_data(booked, at, number=serial, known=True)
    if at.date() < _I_247A_SINCE:
        return data
    warrant = {
        "kind": "administrative",
        "form": "I-200",
        "issuer": "immigration officer",
        "issued_at": at.isoformat(),
        "verified": True,
    }
    return {**data, "form": "I-247A", "form_revision": "2017-02", "warrants": [warrant]}


def _quantile(steps: Sequence[timedelta], chance: random.Random) -> timedelta:
    """Draw from a distribution given by its quantiles at equal steps."""
    place = chance.random() * (len(steps) - 1)
    below = int(place)
    return steps[below] + (steps[below + 1] - steps[below]) * (place - below)


@dataclass(frozen=True, slots=True)
class _Telling:
    """How the senders of one booking put things."""

    booked: Booked
    serial: int
    chance: random.Random

    def jail(self, kind: str, prefix: str, at: datetime, data: dict[str, Any]) -> Told:
        named = {"facility_ori": self.booked.ori, "booking_number": self.booked.number}
        return self._told(kind, f"{prefix}-{self.serial}", self.booked.jail, at, {**named, **data})

    def match(self, at: datetime, *, is_match: bool) -> Told:
        result = "match" if is_match else "no_match"
        data = match_data(self.booked, at, answer=f"DHS{self.serial:010d}", result=result, known=True)
        return self._told("match.reported", f"m-{self.serial}", BUREAU, at, data)

    def detainer(self, kind: str, prefix: str, at: datetime, data: dict[str, Any]) -> Told:
        named = {
            "facility_ori": self.booked.ori,
            "booking_number": self.booked.number,
            "detainer_id": f"FLD-{self.serial:09d}",
        }
        return self._told(kind, f"{prefix}-{self.serial}", ICE, at, {**data, **named})

    def served(self, at: datetime) -> Told:
        data = {"detainer_id": f"FLD-{self.serial:09d}", "served_at": at.isoformat(), "manner": "in person"}
        return self.jail("detainer.served", "ds", at, data)

    def amended(self, at: datetime) -> Told:
        charge = {"sequence": 1, "status": self.chance.choice(("pending", "reduced", "convicted"))}
        data = {"effective_at": at.isoformat(), "charges": [charge], "facts": {"gang_database": False}}
        return self.jail("booking.facts_changed", "fc", at, data)

    def released(self, at: datetime, reason: str, *, to_ice: bool) -> Told:
        to = "ICE" if to_ice else "street"
        return self.jail(
            "booking.released", "rl", at, {"released_at": at.isoformat(), "reason": reason, "released_to": to}
        )

    def _told(self, kind: str, event_id: str, source: str, at: datetime, data: dict[str, Any]) -> Told:
        return Told(
            at,
            {
                "specversion": "1.0",
                "id": event_id,
                "source": source,
                "type": kind,
                "time": at.isoformat(),
                "subject": self.booked.key,
                "datacontenttype": "application/json",
                "dataschema": f"/schemas/{kind}/1",
                "data": data,
            },
        )
