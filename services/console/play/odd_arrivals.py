"""The stories of the sample that are odd on the wire: late, early, twice, taken back, tied to nobody.

Written day by day and by hand, so that each can be checked against a calendar.
"""

from collections.abc import Callable

from services.console.play.february import HOUR, local
from services.console.play.stage import HARTFORD, NEW_HAVEN, Stage
from services.console.play.stories import asked, cancel, commissioner, goes_free, pick_up, release_due, released


def cancelled_during_the_hold(stage: Stage) -> None:
    """Lift a request while the window is open: once by message, once by the form's cancel box."""
    booked, lodged = asked(stage, 15, "03:00")
    release_due(stage, booked, local(16, "10:00"))
    cancel(stage, lodged, local(16, "18:00"))
    released(stage, booked, local(16, "18:30"), "detainer_cancelled")
    booked, lodged = asked(stage, 22, "11:00")
    commissioner(stage, lodged, local(23, "09:30"), "HOLD")
    release_due(stage, booked, local(24, "09:00"))
    cancel(stage, lodged, local(25, "12:00"), by_form=True)
    released(stage, booked, local(25, "12:45"), "detainer_cancelled")


def cancelled_before_it_came(stage: Stage) -> None:
    """Let the cancellation arrive two hours before the detainer that it cancels."""
    booked = stage.book(local(23, "04:00"))
    lodged = stage.lodge(booked, local(23, "09:00"), heard_at=local(23, "13:00"))
    cancel(stage, lodged, local(23, "11:00"))
    goes_free(stage, booked, local(24, "15:00"))


def heard_late_within_the_window(stage: Stage) -> None:
    """Hear at six in the evening that release fell due at ten; the clock counts from ten."""
    booked, lodged = asked(stage, 22, "05:00")
    commissioner(stage, lodged, local(22, "15:00"), "HOLD")
    release_due(stage, booked, local(23, "10:00"), heard_at=local(23, "18:00"))
    pick_up(stage, lodged, local(27, "08:30"))


def departures_heard_late(stage: Stage) -> None:
    """Hear of a pick-up six hours later, and of a release the next day."""
    booked, lodged = asked(stage, 15, "02:00")
    release_due(stage, booked, local(16, "15:00"))
    pick_up(stage, lodged, local(17, "09:00"), heard_at=local(17, "15:00"))
    booked, _ = asked(stage, 23, "02:00")
    release_due(stage, booked, local(24, "11:00"))
    released(stage, booked, local(24, "11:45"), "state_custody_ended", heard_at=local(25, "10:00"))


def booked_late(stage: Stage) -> None:
    """Have match and detainer there before the jail has told of the booking."""
    booked = stage.admit(local(17, "01:00"))
    stage.match(booked, local(17, "01:45"), known=False)
    lodged = stage.lodge(booked, local(17, "04:00"))
    stage.tell_booking(booked, heard_at=local(17, "07:00"))
    release_due(stage, booked, local(17, "14:00"))
    pick_up(stage, lodged, local(21, "10:00"))


def matched_before_booking(stage: Stage) -> None:
    """Answer the prints before the booking, with no number of it."""
    booked = stage.admit(local(24, "06:00"))
    stage.match(booked, local(24, "05:30"), known=False)
    stage.tell_booking(booked)
    lodged = stage.lodge(booked, local(24, "10:30"))
    commissioner(stage, lodged, local(24, "15:00"), "HOLD")
    release_due(stage, booked, local(25, "11:00"))
    pick_up(stage, lodged, local(28, "14:00"))


def due_taken_back(stage: Stage) -> None:
    """Enter a release in error, take it back within two hours, and let it fall due days later."""
    booked, lodged = asked(stage, 22, "07:00")
    commissioner(stage, lodged, local(22, "16:00"), "HOLD")
    first = release_due(stage, booked, local(23, "15:00"))
    data = {"due_at": None, "reason": "entered_in_error", "retracts": first}
    stage.jail(booked, "booking.release_due", "rd", local(23, "16:30"), data)
    release_due(stage, booked, local(27, "13:00"))
    pick_up(stage, lodged, local(28, "10:15"))


def due_said_ahead(stage: Stage) -> None:
    """Name in the morning the hour of the afternoon: the window is planned."""
    booked, lodged = asked(stage, 26, "09:00")
    commissioner(stage, lodged, local(27, "09:00"), "HOLD")
    release_due(stage, booked, local(27, "16:00"), told_at=local(27, "11:00"), reason="court_order")
    pick_up(stage, lodged, local(29, "09:00"))


def release_scheduled(stage: Stage) -> None:
    """Expect a release, then at another hour; the sooner instant moves the time to tell."""
    booked = stage.book(local(16, "22:00"))
    for said, expected in (("23:00", local(18, "09:00")), ("23:45", local(18, "17:00"))):
        data = {"expected_at": expected.isoformat(), "reason": "bond"}
        stage.jail(booked, "booking.release_scheduled", "rs", local(16, said), data)
    stage.match(booked, local(17, "00:30"))
    lodged = stage.lodge(booked, local(17, "10:00"))
    release_due(stage, booked, local(18, "17:00"), reason="bond_posted")
    pick_up(stage, lodged, local(21, "11:30"))


def tied_by_number(stage: Stage) -> None:
    """Tie a detainer without a booking number by the match's FIN, and another by the TCN."""
    booked = stage.book(local(22, "20:00"))
    stage.match(booked, local(22, "20:45"), known=False)
    fin_alone = {"fin": booked.who.fin, "a_number": None}
    lodged = stage.lodge(booked, local(23, "09:15"), known=False, ids=fin_alone)
    commissioner(stage, lodged, local(23, "15:15"), "RELEASE")
    goes_free(stage, booked, local(24, "12:00"))
    booked = stage.book(local(16, "02:00"))
    stage.match(booked, local(16, "02:30"))
    tcn_alone = {"tcn": booked.tcn, "fin": None, "a_number": None}
    lodged = stage.lodge(booked, local(16, "08:00"), known=False, ids=tcn_alone)
    release_due(stage, booked, local(16, "17:00"))
    pick_up(stage, lodged, local(17, "13:00"))


def tied_to_nobody(stage: Stage) -> None:
    """Lodge a detainer for someone who was never booked here: it waits, and ICE is told unmatched."""
    stranger = stage.admit(local(23, "00:00"), ori=NEW_HAVEN)
    stage.lodge(stranger, local(23, "09:15"), known=False)


def tied_by_hand(stage: Stage) -> None:
    """Lodge a detainer with a FIN nobody has; the operator knows the person and links it."""
    booked = stage.book(local(27, "02:00"), ori=HARTFORD)
    ids = {"fin": "1999000111", "a_number": None, "event_number": None, "subject_id": "334499001"}
    lodged = stage.lodge(booked, local(27, "09:00"), known=False, ids=ids)
    stage.link(lodged, local(27, "13:00"))
    commissioner(stage, lodged, local(27, "16:30"), "RELEASE")
    goes_free(stage, booked, local(28, "11:00"))


def booking_amended(stage: Stage) -> None:
    """Send a booking a second time, with the class of the charge put right."""
    booked = stage.book(local(20, "05:00"))
    charge = {
        "sequence": 1,
        "offense": "assault 3",
        "level": "misdemeanor",
        "class": "A",
        "status": "pending",
    }
    told_at = booked.at + 5 * HOUR
    stage.tell_booking(booked, heard_at=told_at, charges=[charge])
    goes_free(stage, booked, local(22, "10:00"))


def poison(stage: Stage) -> None:
    """Write a booking straight to the topic with a date that does not exist: nobody can handle it."""
    booked = stage.admit(local(21, "08:00"), ori=HARTFORD)
    data = {
        "facility_ori": booked.ori,
        "booking_number": booked.number,
        "booked_at": "2012-02-30T08:00:00-05:00",
        "person": {"family_name": booked.who.family_name, "birth_date": "1984-13-41"},
    }
    event_id = f"bk-{booked.number}"
    stage.send("booking.created", event_id, booked.jail, booked.at, subject=booked.key, data=data, via="topic")


ODD_ARRIVALS: tuple[Callable[[Stage], None], ...] = (
    cancelled_during_the_hold,
    cancelled_before_it_came,
    heard_late_within_the_window,
    departures_heard_late,
    booked_late,
    matched_before_booking,
    due_taken_back,
    due_said_ahead,
    release_scheduled,
    tied_by_number,
    tied_to_nobody,
    tied_by_hand,
    booking_amended,
    poison,
)
