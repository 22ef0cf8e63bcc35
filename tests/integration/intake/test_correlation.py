"""Events meet by their numbers, whichever comes first; where numbers disagree a person is asked, never a guess made."""

from shared.domain.case import HeardEvent
from shared.kafka.producer import OutMessage
from shared.kafka.topics import Topic
from tests.support.builders import (
    DETAINER,
    FIN,
    NUMBER,
    ORI,
    OTHER_NUMBER,
    OTHER_ORI,
    TCN,
    a_booking,
    a_cancellation,
    a_detainer,
    a_match,
    a_release,
    a_transfer,
    facts_told,
)
from tests.support.line import Line

#: ICE lodges without a booking number: only its own numbers can tie it.
NUMBERLESS = a_detainer(booking_number=None, ids={"fin": FIN})


async def together(line: Line, *events: HeardEvent) -> bool:
    """Tell whether all events are applied on one case."""
    states = {await line.state(event) for event in events}
    return states == {("applied", None)} and len({await line.case_of(event) for event in events}) == 1


async def test_a_match_meets_its_booking_by_the_tcn(line: Line) -> None:
    """The bureau knows no booking number; the TCN it answers is the booking's own."""
    await line.hear(a_booking())
    await line.hear(a_match())
    assert await together(line, a_booking(), a_match())


async def test_a_match_may_come_before_its_booking(line: Line) -> None:
    """It waits, linked to nothing, and is taken up when the booking brings the TCN."""
    await line.hear(a_match())
    assert await line.state(a_match()) == ("waiting", "no_tie")
    assert await line.value("SELECT count(*) FROM intake.cases") == 0
    await line.hear(a_booking())
    assert await together(line, a_booking(), a_match())
    assert await line.value("SELECT count(*) FROM intake.waiting") == 0
    assert await line.value("SELECT count(*) FROM intake.waiting_identifiers") == 0


async def test_a_detainer_without_a_number_follows_the_match(line: Line) -> None:
    """The booking knows the TCN, the match knows TCN and FIN, ICE knows the FIN: three events, one case."""
    await line.hear(NUMBERLESS)
    assert await line.state(NUMBERLESS) == ("waiting", "no_tie")
    await line.hear(a_booking())
    assert await line.state(NUMBERLESS) == ("waiting", "no_tie")
    await line.hear(a_match())
    assert await together(line, a_booking(), a_match(), NUMBERLESS)


async def test_a_chain_of_numbers_falls_into_place_at_once(line: Line) -> None:
    """The booking comes last, and both that waited follow in its batch: one tie brings the next."""
    await line.hear(NUMBERLESS)
    await line.hear(a_match())
    await line.hear(a_booking())
    assert await together(line, a_booking(), a_match(), NUMBERLESS)
    assert await line.value("SELECT version FROM intake.cases") == 1


async def test_a_cancellation_meets_its_detainer_by_its_id(line: Line) -> None:
    """ICE's own id of a detainer ties as exactly as a booking number, whatever came first."""
    cancelled = a_cancellation(booking_number=None)
    await line.hear(cancelled)
    assert await line.state(cancelled) == ("waiting", "no_tie")
    await line.hear(a_booking(), a_detainer())
    assert await together(line, a_booking(), a_detainer(), cancelled)


async def test_a_tie_counts_only_while_in_custody(line: Line) -> None:
    """Last year's booking of the same person bears the same FIN and is not meant."""
    before = a_booking("2012-02-01 08:00", id="before", booking_number="11-1", ids={"tcn": "OLD", "fin": FIN})
    gone = a_release("2012-02-03 08:00", id="gone", booking_number="11-1")
    await line.hear(before, gone)
    await line.hear(NUMBERLESS)
    assert await line.state(NUMBERLESS) == ("waiting", "no_tie")
    await line.hear(a_booking(ids={"tcn": TCN, "fin": FIN}))
    assert await together(line, a_booking(), NUMBERLESS)


async def test_a_tie_counts_from_a_day_before_the_booking(line: Line) -> None:
    """Prints are searched before the booking is written down; two days before, it is somebody else's."""
    day_before, long_before = a_match("2012-02-21 04:00"), a_match("2012-02-21 02:00", id="long", tcn="OTHER")
    await line.hear(a_booking())
    await line.hear(day_before, long_before)
    assert await together(line, a_booking(), day_before)
    assert await line.state(long_before) == ("waiting", "no_tie")


async def test_a_booking_told_with_an_earlier_instant_takes_up_what_waits(line: Line) -> None:
    """When the custody is found to have begun sooner, ties that did not count are tried again."""
    early = a_match("2012-02-20 04:00")
    await line.hear(a_booking())
    await line.hear(early)
    assert await line.state(early) == ("waiting", "no_tie")
    await line.hear(a_booking("2012-02-20 12:00", id="amended"))
    assert await together(line, a_booking(), early)


async def test_two_persons_with_one_number_wait_for_a_person(line: Line) -> None:
    """A FIN seen on two bookings in custody names neither; an operator is told at once."""
    ids = {"fin": FIN}
    await line.hear(a_booking(ids=ids), a_booking(id="other", booking_number="12-2", ids=ids))
    await line.hear(NUMBERLESS)
    assert await line.state(NUMBERLESS) == ("waiting", "ties_disagree")
    assert await line.alarms() == ["event_waiting"]


async def test_numbers_that_speak_for_two_bookings_wait_for_a_person(line: Line) -> None:
    """The TCN says one person, the FIN another."""
    await line.hear(a_booking(), a_booking(id="other", booking_number="12-2", ids={"fin": FIN}))
    await line.hear(a_match())
    assert await line.state(a_match()) == ("waiting", "ties_disagree")
    assert await line.alarms() == ["event_waiting"]


async def test_a_booking_number_leads_and_what_disagrees_is_a_conflict(line: Line) -> None:
    """ICE names the booking, but its FIN is another person's: the detainer stands there, and a person looks."""
    await line.hear(a_booking(), a_booking(id="other", booking_number="12-2", ids={"fin": FIN}))
    await line.hear(a_detainer())
    assert await line.state(a_detainer()) == ("applied", "ties_disagree")
    assert await line.case_of(a_detainer()) == await line.case_of(a_booking())
    assert await line.alarms() == ["case_conflict"]
    assert await line.value("SELECT count(*) FROM intake.ties WHERE kind = 'fin'") == 1


async def test_a_conflict_survives_the_next_event(line: Line) -> None:
    """The doubt is kept with the event: another event on the case does not fold it away."""
    await line.hear(a_booking(), a_booking(id="other", booking_number="12-2", ids={"fin": FIN}))
    await line.hear(a_detainer())
    await line.hear(facts_told(facts={"gang_database": True}))
    folded = await line.value(
        "SELECT convert_from(folded, 'UTF8') FROM intake.cases WHERE booking_number = :n", n=NUMBER
    )
    assert "ties_disagree" in folded


async def test_after_a_transfer_both_numbers_name_the_case(line: Line) -> None:
    """The case goes along; an event under the new number and a late one under the old one meet on it."""
    late = facts_told("2012-02-22 16:00", facts={"gang_database": True})
    new = facts_told("2012-02-24 09:00", facility_ori=OTHER_ORI, booking_number=OTHER_NUMBER, id="new")
    await line.hear(a_booking(), a_transfer())
    await line.hear(new, late)
    assert await together(line, a_booking(), a_transfer(), new, late)
    (case,) = await line.rows("SELECT facility_ori, booking_number FROM intake.cases")
    assert tuple(case) == (OTHER_ORI, OTHER_NUMBER)


async def test_a_new_jail_heard_before_the_transfer_has_the_same_case(line: Line) -> None:
    """The two numbers become one booking when the transfer tells so, and nothing of either is lost."""
    there = {"facility_ori": OTHER_ORI, "booking_number": OTHER_NUMBER}
    new = facts_told("2012-02-24 09:00", facts={"gang_database": True}, **there)
    lodged = a_detainer("2012-02-24 10:00", **there)
    await line.hear(a_booking())
    await line.hear(new, lodged)
    taken = await line.case_of(new)
    assert taken != await line.case_of(a_booking())
    await line.hear(a_transfer())
    assert await together(line, a_booking(), a_transfer(), new, lodged)
    assert await line.value("SELECT count(*) FROM intake.cases") == 1
    assert await line.value("SELECT count(*) FROM intake.unmatched") == 0
    kinds = await line.rows("SELECT kind FROM intake.journal WHERE case_id = :id ORDER BY seq", id=taken)
    assert [row.kind for row in kinds] == ["case.changed", "case.merged"]
    await line.hear(a_match(ids={"fin": FIN}, tcr=TCN))
    assert await together(line, a_booking(), a_match(), lodged)


async def test_a_mark_goes_along_with_a_case_taken_in(line: Line) -> None:
    """What was set aside under the new number is still unread when the two are one."""
    await line.hear(a_booking())
    await line.take(OutMessage(Topic.DETAINERS, f"{OTHER_ORI}/{OTHER_NUMBER}".encode(), b"{"))
    await line.hear(a_transfer())
    assert await line.rows("SELECT parked_events FROM intake.cases") == [(1,)]
    assert await line.value("SELECT case_id FROM intake.parked") == await line.case_of(a_booking())


async def test_two_decided_cases_are_not_made_one(line: Line) -> None:
    """Both bookings have detainers and may have been decided: what they have to do with each other a person says."""
    there = {"facility_ori": OTHER_ORI, "booking_number": OTHER_NUMBER}
    await line.hear(a_booking(), a_detainer())
    await line.hear(a_booking(id="there", ids={}, **there), a_detainer(id="2", detainer_id="D2", ids={}, **there))
    await line.hear(a_transfer())
    assert await line.state(a_transfer()) == ("applied", "ties_disagree")
    assert await line.value("SELECT count(*) FROM intake.cases") == 2
    assert await line.alarms() == ["case_conflict"]


async def test_a_number_of_another_jail_is_another_booking(line: Line) -> None:
    """Booking numbers are a jail's own: the same digits elsewhere are somebody else."""
    other = a_booking(id="other", facility_ori=OTHER_ORI, ids={"tcn": "T2"})
    await line.hear(a_booking(), other)
    assert await line.case_of(other) != await line.case_of(a_booking())
    rows = await line.rows("SELECT facility_ori FROM intake.cases ORDER BY 1")
    assert [row.facility_ori for row in rows] == [OTHER_ORI, ORI]


async def test_a_detainer_on_a_booking_nobody_has_told_of_waits_on_its_case(line: Line) -> None:
    """ICE names a booking before the jail does: the case is awaited, ICE will be told unmatched in time."""
    await line.hear(a_detainer())
    assert await line.value("SELECT custody FROM intake.cases") == "awaited"
    assert await line.rows("SELECT detainer_id, booking_number FROM intake.unmatched") == [(DETAINER, NUMBER)]
    await line.hear(a_booking())
    assert await together(line, a_booking(), a_detainer())
    assert await line.value("SELECT count(*) FROM intake.unmatched") == 0
