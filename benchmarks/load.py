"""The load of a run: events made ahead, so that making them takes nothing from those who handle them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from services.console.simulate import rhythm
from services.console.simulate.profile import DETAINED, Profile
from services.console.simulate.stream import Load, told
from shared.domain.jurisdiction import Facility
from shared.kafka.topics import topic_for

#: Lives run so fast that those of a few hours end within the hour before now.
_PACE = 400.0
_SPAN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ready:
    """An event ready to be sent."""

    topic: str
    key: bytes
    value: bytes
    kind: str
    #: The key that may post it, as run.json names it.
    sender: str
    name: tuple[str, str]


FACILITIES: Mapping[str, Facility] = {where.ori: where.facility for where in DETAINED.places}


def events(profile: Profile, bookings: int, *, seed: int, now: datetime | None = None) -> Sequence[Ready]:
    """Make the whole lives of so many bookings, in the order in which their events arrive, all by now."""
    ends = now or datetime.now(UTC)
    load = Load(profile=profile, seed=seed, pace=_PACE, first_serial=1 + seed * 10_000_000)
    born = rhythm.even(profile.places, ends - 2 * _SPAN, ends - _SPAN, bookings, seed)
    return [_ready(one.event) for one in told(load, born) if one.at <= ends]


def _ready(event: dict[str, object]) -> Ready:
    kind = str(event["type"])
    data = event["data"]
    ori = data["facility_ori"] if isinstance(data, dict) else ""
    sender = "bureau" if kind.startswith("match.") else f"jail:{ori}"
    if kind.startswith(("detainer.", "custody.")) and kind != "detainer.served":
        sender = "ice"
    return Ready(
        topic=str(topic_for(kind)),
        key=str(event["subject"]).encode(),
        value=msgspec.json.encode(event),
        kind=kind,
        sender=sender,
        name=(str(event["source"]), str(event["id"])),
    )
