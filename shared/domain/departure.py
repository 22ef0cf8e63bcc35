"""Find how and when the person left: the end of every hold."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.case import Departure, Gone, HeardEvent
from shared.domain.hearing import instant, ref, text

_TYPES = frozenset({"booking.released", "custody.assumed"})
_TO_ICE = frozenset({"ice", "dhs", "ero", "immigration"})


@dataclass(frozen=True, slots=True)
class Left:
    """A departure, when we heard of it, and the booking that a jail named in telling of it."""

    gone: Gone
    heard_at: datetime
    stay: tuple[str, str] | None


def departure(events: list[HeardEvent]) -> Left | None:
    """Give the first departure; of two at one instant a pick-up comes first."""
    ways = [_left(event) for event in events if event.type in _TYPES]
    return min(ways, key=_rank) if ways else None


def _rank(left: Left) -> tuple[datetime, bool]:
    return left.gone.at, left.gone.how is Departure.RELEASE


def _left(event: HeardEvent) -> Left:
    data = event.data
    is_ice = event.type == "custody.assumed"
    at = instant(data, "assumed_at" if is_ice else "released_at", event.time)
    to_ice = is_ice or (text(data, "released_to") or "").lower() in _TO_ICE
    how = Departure.PICK_UP if to_ice else Departure.RELEASE
    # ICE may know the person by the number of another jail; a jail knows its own.
    stay = None if is_ice else (text(data, "facility_ori") or "", text(data, "booking_number") or "")
    gone = Gone(at=at, how=how, reason=text(data, "reason") or str(how), event=ref(event))
    return Left(gone, event.heard_at, stay)
