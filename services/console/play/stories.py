"""The ordinary stories of the sample: most people come, are asked for or not, and go."""

from datetime import datetime
from typing import Literal

from services.console.play.acts import ask_release
from services.console.play.february import HOUR, QUARTER, closing, local
from services.console.play.shapes import Booked, Lodged
from services.console.play.stage import Stage

#: From here on the Commissioner decides each request.
NEW_ERA = local(22, "00:00")
FIRST_DAY = local(15, "00:00")

End = Literal["picked_up", "clock", "too_late"]
Answer = Literal["HOLD", "RELEASE", "late", "never"]

#: Shares of the asked-for: ICE now and then knows of someone without a match, and few jails report service.
_MATCHED, _BUREAU_KNOWS_THE_BOOKING, _RELEASE_EXPECTED, _SERVED = 0.95, 0.5, 0.25, 0.35
#: And now and then a jail asks before it lets somebody go.
_ASKS_FIRST = 0.2

#: Why state custody ended, in the jail's words.
_REASONS = ("bond_posted", "charges_dismissed", "time_served", "own_recognizance")
_RATIONALES = {
    "HOLD": ("public_safety", "Prior felony record shown to the Commissioner; request honoured."),
    "RELEASE": ("no_risk_shown", "Minor charge and no record shown; request declined."),
}


def passing_through(stage: Stage, at: datetime, *, result: str | None, stays: bool = False) -> None:
    """Tell of someone for whom no detainer ever comes; with ``stays``, serving a sentence beyond the sample."""
    booked = stage.book(at)
    if result is not None:
        stage.match(booked, at + HOUR / 2, result=result)
    if not stays:
        goes_free(stage, booked, at + HOUR * stage.chance.randrange(4, 55))


def asked_for(
    stage: Stage, due: datetime, *, lodged_from: datetime = FIRST_DAY, lodged_until: datetime | None = None
) -> Lodged:
    """Book, match and lodge a detainer before release falls due; some people are handed a copy."""
    latest = min(due - 6 * HOUR, lodged_until or due)
    lodged_at = stage.between(max(lodged_from + 2 * HOUR, latest - 30 * HOUR), latest)
    booked_at = max(FIRST_DAY, lodged_at - HOUR * stage.chance.randrange(2, 11))
    expected = due.isoformat() if _happens(stage, _RELEASE_EXPECTED) else None
    booked = stage.book(booked_at, expected_release_at=expected)
    if _happens(stage, _MATCHED):
        stage.match(booked, booked_at + HOUR / 2, known=_happens(stage, _BUREAU_KNOWS_THE_BOOKING))
    lodged = stage.lodge(booked, lodged_at)
    if _happens(stage, _SERVED):
        serve(stage, lodged, lodged_at + QUARTER)
    return lodged


def by_custom(stage: Stage, due: datetime, end: End) -> None:
    """Tell of a request in the days of custom: a hold, and how it ended."""
    lodged = asked_for(stage, due, lodged_until=NEW_ERA - 2 * HOUR)
    release_due(stage, lodged.booked, due)
    hold_ends(stage, lodged, due, end)


def caught_by_the_new_era(stage: Stage, due: datetime, *, picked_up: bool) -> None:
    """Tell of a hold by custom that is still open when the Commissioner's era begins, and so ends at midnight."""
    lodged = asked_for(stage, due)
    release_due(stage, lodged.booked, due)
    if picked_up:
        pick_up(stage, lodged, stage.between(due + HOUR, NEW_ERA - HOUR))
    else:
        released(stage, lodged.booked, NEW_ERA + QUARTER * stage.chance.randrange(1, 3), "hold_closed")


def before_the_commissioner(
    stage: Stage, due: datetime, answer: Answer, end: End = "picked_up", *, carried_over: bool = False
) -> None:
    """Ask the Commissioner about a request; with ``carried_over``, one lodged in the days of custom."""
    if carried_over:
        lodged = asked_for(stage, due, lodged_from=local(19, "00:00"), lodged_until=NEW_ERA - 3 * HOUR)
        asked_at = local(22, "08:00")
    else:
        lodged = asked_for(stage, due, lodged_from=NEW_ERA)
        asked_at = lodged.at + HOUR
    release_due(stage, lodged.booked, due)
    if answer in ("HOLD", "RELEASE"):
        commissioner(stage, lodged, stage.between(asked_at, due - HOUR), answer)
    elif answer == "late":
        commissioner(stage, lodged, due + QUARTER, stage.chance.choice(("HOLD", "RELEASE")))
    if answer == "HOLD":
        hold_ends(stage, lodged, due, end)
    else:
        released(stage, lodged.booked, due + QUARTER * stage.chance.randrange(2, 5), "state_custody_ended")


def cancelled_before_release(stage: Stage, due: datetime, *, by_form: bool) -> None:
    """Let ICE take its request back while state custody still runs."""
    lodged = asked_for(stage, due)
    at = stage.between(lodged.at + HOUR, due - HOUR)
    cancel(stage, lodged, at, by_form=by_form)
    goes_free(stage, lodged.booked, due)


def hold_ends(stage: Stage, lodged: Lodged, due: datetime, end: End) -> None:
    """End a hold that opened at ``due``: ICE comes in time, does not come, or comes too late."""
    closes = closing(due)
    if end == "picked_up":
        # Within the first day or two, and never in the last half hour.
        pick_up(stage, lodged, stage.between(due + HOUR, min(closes - 2 * QUARTER, due + 70 * HOUR)))
    elif end == "too_late":
        pick_up(stage, lodged, closes + stage.chance.randrange(1, 4) * HOUR)
    else:
        ask_release(stage, lodged.booked, closes + QUARTER)
        released(stage, lodged.booked, closes + QUARTER * stage.chance.randrange(2, 5), "hold_closed")


def release_due(
    stage: Stage,
    booked: Booked,
    due: datetime,
    *,
    heard_at: datetime | None = None,
    told_at: datetime | None = None,
    reason: str | None = None,
) -> str:
    """Tell that state authority ends at ``due``; give the event's id."""
    data = {"due_at": due.isoformat(), "reason": reason or stage.chance.choice(_REASONS)}
    return stage.jail(booked, "booking.release_due", "rd", told_at or due, data, heard_at=heard_at)


def released(
    stage: Stage,
    booked: Booked,
    at: datetime,
    reason: str,
    *,
    to: str = "street",
    heard_at: datetime | None = None,
) -> None:
    """Tell that the person left the jail, but not with ICE."""
    data = {"released_at": at.isoformat(), "reason": reason, "released_to": to}
    stage.jail(booked, "booking.released", "rl", at, data, heard_at=heard_at)


def goes_free(stage: Stage, booked: Booked, due: datetime) -> None:
    """Let release fall due, and follow within the hour."""
    release_due(stage, booked, due)
    if _happens(stage, _ASKS_FIRST):
        ask_release(stage, booked, due)
    released(stage, booked, due + QUARTER * stage.chance.randrange(1, 5), "state_custody_ended")


def pick_up(stage: Stage, lodged: Lodged, at: datetime, *, heard_at: datetime | None = None) -> None:
    """Let ICE take the person."""
    data = {"assumed_at": at.isoformat(), "officer": "ERO Hartford"}
    stage.about_detainer(lodged, "custody.assumed", "ca", at, data, heard_at=heard_at)


def cancel(stage: Stage, lodged: Lodged, at: datetime, *, by_form: bool = False) -> None:
    """Let ICE take the request back, by a message or by the form with its cancel box ticked."""
    if by_form:
        stage.lodge(lodged.booked, at, cancels=lodged.id)
        return
    data = {"cancelled_at": at.isoformat(), "reason": "lifted", "lift_code": "L"}
    stage.about_detainer(lodged, "detainer.cancelled", "dc", at, data)


def serve(stage: Stage, lodged: Lodged, at: datetime) -> None:
    """Tell that the jail handed the person a copy of the detainer."""
    data = {"served_at": at.isoformat(), "manner": "in_person", "served_by": "shift desk"}
    stage.about_detainer(lodged, "detainer.served", "ds", at, data)


def claim(stage: Stage, booked: Booked, at: datetime, said: str) -> None:
    """Tell that someone said, showed or proved that the person is a citizen."""
    data = {
        "claim": said,
        "document": None if said == "asserted" else "US passport",
        "verified_by": "USCIS" if said == "verified" else None,
        "at": at.isoformat(),
    }
    stage.jail(booked, "booking.citizenship_claimed", "cc", at, data)


def commissioner(stage: Stage, lodged: Lodged, at: datetime, outcome: str) -> None:
    """Let the played Commissioner answer."""
    reason_code, rationale = _RATIONALES[outcome]
    stage.answer(lodged, at, outcome, reason_code, rationale)


def asked(stage: Stage, day: int, clock: str) -> tuple[Booked, Lodged]:
    """Book at an hour of February, match within the hour, lodge a detainer three hours after booking."""
    booked = stage.book(local(day, clock))
    stage.match(booked, booked.at + HOUR / 2)
    return booked, stage.lodge(booked, booked.at + 3 * HOUR)


def _happens(stage: Stage, share: float) -> bool:
    return stage.chance.random() < share
