"""Fold the set of a case's events into the case: pure, and blind to the order of arrival.

The events are ordered by their time, each counts once, and what the person's leaving has ended stays
ended. What cannot follow from what was before it is a conflict in the result, for a person to look at.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.domain.booking_fold import (
    JAIL_MOVES,
    UNKNOWN_CHARGE,
    UNKNOWN_CONVICTION,
    UNKNOWN_FACTS,
    JailSide,
)
from shared.domain.case import (
    Conflict,
    Custody,
    CustodyCase,
    Detainer,
    DetainerStatus,
    EventRef,
    Gone,
    HeardEvent,
)
from shared.domain.departure import Left, departure
from shared.domain.detainer_fold import IceSide
from shared.domain.hearing import in_order

_ICE_TYPES = frozenset({"detainer.lodged", "detainer.cancelled", "detainer.served"})
#: Still listened to after the person has left: a form that comes then stays visible, a cancellation has
#: its own instant, and a booking may be told late, or tell that its number was used twice.
_HEARD_AFTERWARDS = frozenset({"booking.created", "detainer.lodged", "detainer.cancelled"})


def fold(events: Iterable[HeardEvent]) -> CustodyCase:
    """Make the case of these events; the same for any order and repetition of them."""
    ordered = in_order(events)
    left = departure(ordered)
    jail, ice = JailSide(), IceSide()
    matches: list[HeardEvent] = []
    for event in ordered:
        jail.is_over = left is not None and event.time > left.gone.at
        if jail.is_over and event.type not in _HEARD_AFTERWARDS:
            continue
        if event.type in _ICE_TYPES:
            ice.hear(event)
        elif event.type in {"match.reported", "match.withdrawn"}:
            matches.append(event)
        elif move := JAIL_MOVES.get(event.type):
            move(jail, event)
    return _case(jail, ice, left, _standing(matches))


def _standing(matches: list[HeardEvent]) -> list[HeardEvent]:
    """Keep the matches that nobody withdrew; an error, a pending answer and silence are none."""
    withdrawn = {event.data.get("tcn") for event in matches if event.type == "match.withdrawn"}
    return [
        event
        for event in matches
        if event.type == "match.reported"
        and event.data.get("result") == "match"
        and event.data.get("tcn") not in withdrawn
    ]


def _case(jail: JailSide, ice: IceSide, left: Left | None, matches: list[HeardEvent]) -> CustodyCase:
    for match in matches:
        jail.booked.learn(None, match.data.get("ids"))
    release_due = jail.release_due()
    gone = left.gone if left else None
    return CustodyCase(
        custody=_custody(jail, gone, is_due=release_due is not None),
        chain=tuple(jail.chain),
        booked_at=jail.booked_at,
        arrested_at=jail.arrested_at,
        expected_release_at=jail.expected_release_at,
        release_due=release_due,
        gone=gone,
        citizenship=jail.citizenship,
        matched=bool(matches),
        facts={**UNKNOWN_FACTS, **jail.facts},
        charges=tuple({**UNKNOWN_CHARGE, **charge} for charge in jail.charges.values()),
        convictions=tuple({**UNKNOWN_CONVICTION, **conviction} for conviction in jail.convictions),
        detainers=tuple(ice.detainers(jail.booked, left)),
        conflicts=(*jail.conflicts, *ice.conflicts, *_leaving_conflicts(jail, left)),
    )


def _custody(jail: JailSide, gone: Gone | None, *, is_due: bool) -> Custody:
    if gone:
        return Custody.GONE
    if jail.booked_at is None:
        return Custody.AWAITED
    return Custody.RELEASE_DUE if is_due else Custody.IN_CUSTODY


def _leaving_conflicts(jail: JailSide, left: Left | None) -> Iterable[Conflict]:
    """Note who left without having been booked, or before, or from where they no longer were.

    The person counts as gone all the same: a doubt never keeps a hold alive.
    """
    if left is None:
        return
    event = left.gone.event
    if jail.booked_at is None:
        yield _conflict("released_not_booked", event, "someone left whose booking is not known")
    elif jail.booked_at > left.gone.at:
        yield _conflict("booked_after_gone", event, "the person left before the instant of booking")
    elif left.stay and (jail.chain[-1].ori, jail.chain[-1].booking_number) != left.stay:
        yield _conflict("released_elsewhere", event, "the jail that released is not the one that had the person")


def _conflict(kind: str, event: EventRef, detail: str) -> Conflict:
    return Conflict(kind=kind, event=event, detail=detail)


def hold_end(case: CustodyCase, detainer: Detainer, opens_at: datetime) -> tuple[datetime, str] | None:
    """Tell what first ended a hold on this detainer, other than the clock, at or after ``opens_at``.

    The name is pick_up, release, cancelled or citizenship; of two at one instant, the first of these.
    """
    ends: list[tuple[datetime, int, Any]] = []
    if case.gone:
        ends.append((case.gone.at, 0, str(case.gone.how)))
    if detainer.status is DetainerStatus.CANCELLED and detainer.ended_at:
        ends.append((detainer.ended_at, 1, "cancelled"))
    if case.citizenship and case.citizenship.claim == "verified":
        ends.append((case.citizenship.at, 2, "citizenship"))
    first = min((end for end in ends if end[0] >= opens_at), default=None)
    return (first[0], first[2]) if first else None
