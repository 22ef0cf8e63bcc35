"""Which case an event belongs to."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.intake.correlate import Identifier, NewCase, Placed, Tie, Waits, place
from tests.support.builders import BOOKED, GONE, at

A, B = UUID(int=1), UUID(int=2)
DAY = timedelta(days=1)
BOOKING = Identifier("booking", "CT0009300/12-004711")
MOVED = Identifier("booking", "CT0002300/12-000981")
DETAINER = Identifier("detainer", "HAR-2012-000417")
TCN = Identifier("tcn", "CT009300120222031400")
FIN = Identifier("fin", "1122334455")
NOW = at("2012-02-23 12:00")


def ties(*known: tuple[Identifier, UUID], booked: bool = True) -> dict[Identifier, list[Tie]]:
    """Tie each number to its case, in custody from the booking until the release."""
    table: dict[Identifier, list[Tie]] = {}
    for name, case in known:
        from_ = at(BOOKED) - DAY if booked else None
        tie = Tie(kind=name.kind, value=name.value, case_id=case, from_=from_, until=at(GONE))
        table.setdefault(name, []).append(tie)
    return table


def test_booking_number_is_exact() -> None:
    """The booking's own number ties whatever the time, even before the booking is known."""
    assert place([BOOKING], NOW - 300 * DAY, ties((BOOKING, A))) == Placed(A)
    assert place([BOOKING], NOW, ties((BOOKING, A), booked=False)) == Placed(A)


def test_unknown_booking_number_makes_a_case() -> None:
    """One person can be booked twice: a shared FIN does not join two bookings."""
    assert place([BOOKING, FIN], NOW, ties((FIN, B))) == NewCase()


def test_numbers_below_tie_in_their_order() -> None:
    """Without a booking number the first kind that ties wins."""
    assert place([TCN, FIN], NOW, ties((FIN, A))) == Placed(A)
    assert place([TCN, FIN], NOW, ties((TCN, A), (FIN, A))) == Placed(A)


def test_nothing_ties() -> None:
    """An event that nothing ties waits, linked to nothing."""
    assert place([TCN, FIN], NOW, {}) == Waits("no_tie")
    assert place([], NOW, {}) == Waits("no_tie")


@pytest.mark.parametrize(
    ("moment", "ties_then"),
    [
        (at(BOOKED) - DAY - timedelta(seconds=1), False),
        (at(BOOKED) - DAY, True),
        (at(GONE), True),
        (at(GONE) + timedelta(seconds=1), False),
    ],
)
def test_lower_tie_counts_only_in_custody(moment: datetime, *, ties_then: bool) -> None:
    """From a day before the booking until the person was gone, both ends inside."""
    expected = Placed(A) if ties_then else Waits("no_tie")
    assert place([FIN], moment, ties((FIN, A))) == expected


def test_lower_tie_needs_a_booking() -> None:
    """A case without a booking has nobody in custody yet."""
    assert place([FIN], NOW, ties((FIN, A), booked=False)) == Waits("no_tie")


def test_rebooked_person_is_found_in_the_custody_of_the_time() -> None:
    """Of two bookings with one FIN the one in custody at the event's time is meant."""
    earlier = Tie(kind="fin", value=FIN.value, case_id=B, from_=NOW - 90 * DAY, until=NOW - 60 * DAY)
    known = ties((FIN, A))
    known[FIN].append(earlier)
    assert place([FIN], NOW, known) == Placed(A)
    assert place([FIN], NOW - 70 * DAY, known) == Placed(B)


def test_booking_number_outweighs_and_says_so() -> None:
    """The event goes to its booking's case, and a person looks at the other tie."""
    assert place([BOOKING, FIN], NOW, ties((BOOKING, A), (FIN, B))) == Placed(A, disagrees=True)
    assert place([BOOKING, FIN], NOW, ties((BOOKING, A), (FIN, A), (FIN, B))) == Placed(A)


def test_ties_that_disagree_wait() -> None:
    """Two kinds for two cases, or one kind for several: never a guess."""
    assert place([TCN, FIN], NOW, ties((TCN, A), (FIN, B))) == Waits("ties_disagree")
    assert place([FIN], NOW, ties((FIN, A), (FIN, B))) == Waits("ties_disagree")
    assert place([BOOKING], NOW, ties((BOOKING, A), (BOOKING, B))) == Waits("ties_disagree")


def test_transfer_goes_by_the_number_it_leaves() -> None:
    """The new number joins the case; if it has a case of its own, a person looks."""
    assert place([BOOKING, MOVED], NOW, ties((BOOKING, A))) == Placed(A)
    assert place([BOOKING, MOVED], NOW, ties((BOOKING, A), (MOVED, B))) == Placed(A, disagrees=True)


def test_detainer_id_finds_its_case() -> None:
    """A cancellation that knows no booking finds the detainer, booked or not, until the person is gone."""
    assert place([DETAINER], NOW, ties((DETAINER, A))) == Placed(A)
    assert place([DETAINER], NOW, ties((DETAINER, A), booked=False)) == Placed(A)
    assert place([DETAINER], at(GONE) + DAY, ties((DETAINER, A))) == Waits("no_tie")
