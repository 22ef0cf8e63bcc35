"""The stories of the sample in which custody is odd: moved to another jail, asked at the door, mended by an operator.

Written day by day and by hand, so that each can be checked against a calendar.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.console.play.acts import add_facility, ask_release, discard_parked, retry_parked
from services.console.play.february import HOUR, QUARTER, closing, local
from services.console.play.shapes import Booked, Lodged
from services.console.play.stage import HARTFORD, NEW_HAVEN, Stage
from services.console.play.stories import cancel, commissioner, goes_free, pick_up, release_due, released

#: A jail that nobody has registered when the first person is moved there.
BRIDGEPORT = "CT0001500"


def moved_then_booked(stage: Stage) -> None:
    """Move a person to the other jail, which books an hour later: two numbers, one booking."""
    booked, lodged = _asked(stage, NEW_HAVEN, 16, "04:00")
    there = stage.move(booked, HARTFORD, local(16, "11:00"))
    stage.tell_booking(there, heard_at=local(16, "12:00"), charges=[])
    release_due(stage, there, local(17, "09:00"))
    pick_up(stage, replace(lodged, booked=there), local(17, "15:00"))


def booked_then_moved(stage: Stage) -> None:
    """Hear the new jail's booking two hours before the old one tells of the transfer."""
    booked, lodged = _asked(stage, NEW_HAVEN, 22, "06:00")
    there = stage.move(booked, HARTFORD, local(22, "15:00"), heard_at=local(22, "18:00"))
    stage.tell_booking(there, heard_at=local(22, "16:00"), charges=[])
    commissioner(stage, lodged, local(23, "10:00"), "HOLD")
    release_due(stage, there, local(24, "10:00"))
    pick_up(stage, replace(lodged, booked=there), local(27, "09:30"))


def moved_during_the_hold(stage: Stage) -> None:
    """Move people while their windows are open: the clock runs on, and the new jail is told when it ends."""
    booked, lodged = _asked(stage, NEW_HAVEN, 15, "02:00")
    release_due(stage, booked, local(15, "20:00"))
    there = stage.move(booked, HARTFORD, local(16, "09:00"))
    stage.tell_booking(there, heard_at=local(16, "10:00"), charges=[])
    pick_up(stage, replace(lodged, booked=there), local(16, "16:00"))
    booked, lodged = _asked(stage, HARTFORD, 23, "01:00")
    commissioner(stage, lodged, local(23, "15:00"), "HOLD")
    release_due(stage, booked, local(24, "13:00"))
    there = stage.move(booked, NEW_HAVEN, local(25, "09:00"))
    stage.tell_booking(there, heard_at=local(25, "10:00"), charges=[])
    ask_release(stage, there, closing(local(24, "13:00")) - QUARTER)
    released(stage, there, closing(local(24, "13:00")) + QUARTER, "hold_closed")


def moved_and_never_booked_there(stage: Stage) -> None:
    """Move two people to a jail that never tells of a booking; one is asked for, the other is not."""
    booked, lodged = _asked(stage, HARTFORD, 19, "03:00")
    there = stage.move(booked, NEW_HAVEN, local(19, "10:00"))
    release_due(stage, there, local(20, "10:00"))
    pick_up(stage, replace(lodged, booked=there), local(21, "10:30"))
    booked = stage.book(local(25, "02:00"), ori=HARTFORD)
    goes_free(stage, stage.move(booked, NEW_HAVEN, local(25, "08:00")), local(26, "11:00"))


def due_taken_back_and_due_again(stage: Stage) -> None:
    """Take a release back while the window is open, and let it fall due again before that would have closed."""
    booked, lodged = _asked(stage, NEW_HAVEN, 15, "05:00")
    first = release_due(stage, booked, local(15, "15:00"))
    data = {"due_at": None, "reason": "new_charge", "retracts": first}
    stage.jail(booked, "booking.release_due", "rd", local(15, "18:00"), data)
    ask_release(stage, booked, local(16, "10:45"))
    release_due(stage, booked, local(16, "11:00"))
    pick_up(stage, lodged, local(17, "14:00"))


def asked_at_the_door(stage: Stage) -> None:
    """Let jails ask before they let go: held, no longer held, not yet decided, declined, other custody, cancelled."""
    booked, lodged = _asked(stage, NEW_HAVEN, 15, "08:00")
    ask_release(stage, booked, local(16, "12:45"))
    release_due(stage, booked, local(16, "13:00"))
    ask_release(stage, booked, local(16, "14:00"))
    cancel(stage, lodged, local(16, "16:00"))
    ask_release(stage, booked, local(16, "16:15"))
    released(stage, booked, local(16, "16:30"), "detainer_cancelled")
    booked, lodged = _asked(stage, HARTFORD, 23, "02:00")
    ask_release(stage, booked, local(23, "12:00"))
    commissioner(stage, lodged, local(23, "17:00"), "RELEASE")
    ask_release(stage, booked, local(24, "09:45"))
    goes_free(stage, booked, local(24, "10:00"))
    booked = stage.book(local(25, "03:00"), ori=HARTFORD)
    warrant = {"kind": "judicial", "type": "criminal_arrest_warrant", "issuer": "US Magistrate Judge", "verified": True}
    stage.lodge(booked, local(25, "10:00"), warrants=[warrant])
    release_due(stage, booked, local(26, "10:00"))
    ask_release(stage, booked, local(26, "10:30"))
    released(stage, booked, local(26, "11:00"), "criminal_warrant", to="other_agency")


def poison_mended(stage: Stage) -> None:
    """Spoil news of a case; its detainer queues until the jail has sent it anew and an operator lets the poison go."""
    booked = stage.book(local(16, "01:00"), ori=HARTFORD)
    stage.match(booked, local(16, "01:30"))
    poison = _spoilt_news(stage, booked, local(16, "03:00"))
    lodged = stage.lodge(booked, local(16, "04:00"))
    stage.jail(booked, "booking.facts_changed", "fc", local(16, "05:00"), _news(local(16, "05:00"), "felony"))
    discard_parked(stage, booked.jail, poison, local(16, "09:00"))
    release_due(stage, booked, local(16, "14:00"))
    pick_up(stage, lodged, local(17, "10:00"))


def cancelled_past_the_poison(stage: Stage) -> None:
    """Cancel a request while news of its case cannot be read: the hold ends at once, whoever mends what."""
    booked, lodged = _asked(stage, NEW_HAVEN, 15, "03:00")
    release_due(stage, booked, local(15, "16:00"))
    poison = _spoilt_news(stage, booked, local(16, "08:00"))
    cancel(stage, lodged, local(16, "10:00"))
    ask_release(stage, booked, local(16, "10:15"))
    released(stage, booked, local(16, "10:30"), "detainer_cancelled")
    discard_parked(stage, booked.jail, poison, local(16, "15:00"))


def moved_to_a_jail_nobody_registered(stage: Stage) -> None:
    """Set a transfer aside for want of a register entry; the operator registers the jail and tries again."""
    booked, lodged = _asked(stage, NEW_HAVEN, 18, "02:00")
    there = stage.move(booked, BRIDGEPORT, local(18, "11:00"))
    stage.tell_booking(there, heard_at=local(18, "12:00"), charges=[])
    add_facility(stage, BRIDGEPORT, "Bridgeport Correctional Center", local(18, "14:00"))
    retry_parked(stage, booked.jail, f"tr-{booked.number}-1", local(18, "14:00"))
    retry_parked(stage, there.jail, f"bk-{there.number}", local(18, "14:00"))
    release_due(stage, there, local(19, "09:00"))
    pick_up(stage, replace(lodged, booked=there), local(21, "11:00"))


ODD_CUSTODY: tuple[Callable[[Stage], None], ...] = (
    moved_then_booked,
    booked_then_moved,
    moved_during_the_hold,
    moved_and_never_booked_there,
    due_taken_back_and_due_again,
    asked_at_the_door,
    poison_mended,
    cancelled_past_the_poison,
    moved_to_a_jail_nobody_registered,
)


def _asked(stage: Stage, ori: str, day: int, clock: str) -> tuple[Booked, Lodged]:
    """Book at a jail, match within the hour, lodge a detainer three hours after booking."""
    booked = stage.book(local(day, clock), ori=ori)
    stage.match(booked, booked.at + HOUR / 2)
    return booked, stage.lodge(booked, booked.at + 3 * HOUR)


def _news(at: datetime, level: str) -> dict[str, object]:
    charge = {"sequence": 1, "level": level, "status": "pending"}
    return {"effective_at": at.isoformat(), "reported_by": "records desk", "charges": [charge]}


def _spoilt_news(stage: Stage, booked: Booked, at: datetime) -> str:
    """Write news straight to the topic with a day that does not exist; gives the event's id."""
    data = {**_news(at, "felony"), "effective_at": "2012-02-30T03:00:00-05:00"}
    return stage.jail(booked, "booking.facts_changed", "fc", at, data, via="topic")
