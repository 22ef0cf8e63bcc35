"""The stories of the sample that are odd in law: citizens, warrants, bond, doubtful forms.

Written day by day and by hand, so that each can be checked against a calendar.
"""

from collections.abc import Callable

from services.console.play.february import HOUR, QUARTER, closing, local
from services.console.play.shapes import Booked
from services.console.play.stage import Stage
from services.console.play.stories import (
    asked,
    cancel,
    claim,
    commissioner,
    goes_free,
    pick_up,
    release_due,
    released,
    serve,
)


def says_to_be_a_citizen(stage: Stage) -> None:
    """Assert citizenship in the days of custom; prove it to the Commissioner; verify it while held."""
    booked, _ = asked(stage, 15, "09:00")
    claim(stage, booked, local(16, "08:00"), "asserted")
    goes_free(stage, booked, local(17, "10:00"))
    booked, lodged = asked(stage, 22, "13:00")
    claim(stage, booked, local(23, "09:00"), "proof_provided")
    commissioner(stage, lodged, local(23, "14:00"), "RELEASE")
    goes_free(stage, booked, local(24, "14:00"))
    booked, lodged = asked(stage, 23, "03:00")
    commissioner(stage, lodged, local(23, "16:00"), "HOLD")
    release_due(stage, booked, local(24, "17:00"))
    claim(stage, booked, local(26, "10:00"), "verified")
    released(stage, booked, local(26, "10:45"), "citizen")


def other_answers(stage: Stage) -> None:
    """Answer with an error, which is no 'no match', or with 'pending', and then with an answer."""
    for day, first, second in ((18, "error", "match"), (19, "pending", "match"), (25, "error", "no_match")):
        booked = stage.book(local(day, "03:00"))
        stage.match(booked, local(day, "03:30"), result=first)
        stage.match(booked, local(day, "08:00"), result=second)
        goes_free(stage, booked, local(day + 1, "10:00"))


def match_taken_back(stage: Stage) -> None:
    """Take back the match that brought the detainer; ICE cancels."""
    booked = stage.book(local(23, "05:00"))
    answer = stage.match(booked, local(23, "05:45"))
    lodged = stage.lodge(booked, local(23, "10:00"))
    stage.withdraw_match(booked, answer, local(23, "15:00"))
    cancel(stage, lodged, local(23, "17:30"))
    goes_free(stage, booked, local(25, "09:00"))


def bond_refused(stage: Stage) -> None:
    """Refuse a tendered bond because of the detainer: that opens the window, at the tender."""
    booked, lodged = asked(stage, 15, "04:00")
    _bond_refused(stage, booked, 15, "16:00")
    pick_up(stage, lodged, local(17, "10:00"))
    booked, lodged = asked(stage, 26, "01:00")
    commissioner(stage, lodged, local(26, "15:00"), "HOLD")
    _bond_refused(stage, booked, 27, "11:00")
    released(stage, booked, closing(local(27, "11:00")) + QUARTER, "hold_closed")


def judges_warrant(stage: Stage) -> None:
    """Bring a judge's criminal warrant: other custody, no window of ours."""
    booked = stage.book(local(23, "06:00"))
    stage.match(booked, local(23, "06:45"))
    warrant = {
        "kind": "judicial",
        "type": "criminal_arrest_warrant",
        "issuer": "US Magistrate Judge",
        "issued_at": local(23, "09:00").isoformat(),
        "verified": True,
    }
    stage.lodge(booked, local(23, "11:00"), warrants=[warrant])
    release_due(stage, booked, local(25, "10:00"))
    released(stage, booked, local(25, "12:00"), "criminal_warrant", to="other_agency")


def asked_after_release_was_due(stage: Stage) -> None:
    """Lodge while the person is on the way out: the clock has been running since ten."""
    booked = stage.book(local(15, "12:00"))
    stage.match(booked, local(15, "12:30"))
    release_due(stage, booked, local(16, "10:00"))
    lodged = stage.lodge(booked, local(16, "10:45"))
    pick_up(stage, lodged, local(17, "11:00"))


def asked_again_when_used_up(stage: Stage) -> None:
    """Lodge once more when the hold has run out by its clock: there is no second one."""
    booked, _ = asked(stage, 15, "01:00")
    release_due(stage, booked, local(15, "18:00"))
    stage.lodge(booked, closing(local(15, "18:00")) + QUARTER)
    released(stage, booked, closing(local(15, "18:00")) + 3 * QUARTER, "hold_closed")


def asked_twice(stage: Stage) -> None:
    """Lodge a second detainer on the same person: both count from the same instant."""
    booked, first = asked(stage, 15, "06:00")
    stage.lodge(booked, local(16, "09:00"))
    release_due(stage, booked, local(16, "16:00"))
    pick_up(stage, first, local(17, "12:00"))


def only_upon_conviction(stage: Stage) -> None:
    """Tick the box of the December 2011 form, once with a conviction and once without."""
    for convicted in (True, False):
        booked = stage.book(local(15, "07:00"))
        lodged = stage.lodge(booked, local(15, "12:00"), operative_only_on_conviction=True)
        _charge_ends(stage, booked, 16, "09:00", "convicted" if convicted else "dismissed")
        release_due(stage, booked, local(16, "14:00"))
        if convicted:
            pick_up(stage, lodged, local(17, "09:30"))
        else:
            released(stage, booked, local(16, "14:45"), "charges_dismissed")


def doubtful_requests(stage: Stage) -> None:
    """Ask with 'investigation begun', and on somebody else's name: reviews, then release."""
    booked = stage.book(local(16, "06:00"))
    stage.lodge(booked, local(16, "11:00"), basis="investigation_initiated_only")
    goes_free(stage, booked, local(17, "15:00"))
    booked = stage.book(local(16, "07:00"))
    other = {"family_name": "Ejemplo", "given_names": "Otro", "birth_date": "1931-01-01", "sex": "M"}
    stage.lodge(booked, local(16, "12:00"), person=other)
    goes_free(stage, booked, local(17, "16:00"))


def proof_after_the_answer(stage: Stage) -> None:
    """Show a passport after the Commissioner honoured the request: the question is asked again."""
    booked, lodged = asked(stage, 26, "03:00")
    serve(stage, lodged, lodged.at + HOUR)
    commissioner(stage, lodged, local(26, "17:00"), "HOLD")
    claim(stage, booked, local(27, "10:00"), "proof_provided")
    goes_free(stage, booked, local(28, "15:00"))


ODD_REQUESTS: tuple[Callable[[Stage], None], ...] = (
    says_to_be_a_citizen,
    other_answers,
    match_taken_back,
    bond_refused,
    judges_warrant,
    asked_after_release_was_due,
    asked_again_when_used_up,
    asked_twice,
    only_upon_conviction,
    doubtful_requests,
    proof_after_the_answer,
)


def _bond_refused(stage: Stage, booked: Booked, day: int, clock: str) -> None:
    tendered_at = local(day, clock)
    for change, after, why in (("tendered", 0, None), ("refused", 1, "detainer")):
        at = tendered_at + after * QUARTER
        data = {
            "change": change,
            "amount_usd": "500.00",
            "bond_type": "surety",
            "at": at.isoformat(),
            "tendered_at": tendered_at.isoformat(),
            "refused_reason": why,
        }
        stage.jail(booked, "booking.bond_changed", "bd", at, data)


def _charge_ends(stage: Stage, booked: Booked, day: int, clock: str, status: str) -> None:
    at = local(day, clock)
    data = {
        "effective_at": at.isoformat(),
        "reported_by": "records desk",
        "charges": [{"sequence": 1, "status": status}],
    }
    stage.jail(booked, "booking.facts_changed", "fc", at, data)
