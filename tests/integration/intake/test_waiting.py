"""What finds no booking waits; after its time an operator is asked, who links it or lets it go."""

from datetime import timedelta

from shared.domain.case import HeardEvent
from tests.support.builders import (
    DETAINER,
    FIN,
    LODGED,
    NUMBER,
    ORI,
    a_booking,
    a_detainer,
    a_match,
    a_release,
    at,
)
from tests.support.line import Line

NUMBERLESS = a_detainer(booking_number=None, ids={"fin": FIN})


async def asked(line: Line) -> int:
    """Let the timer run, and give how many events an operator was asked about."""
    return await line.intake.on_due()


async def link(line: Line, event: HeardEvent, number: str = NUMBER) -> bool:
    """Link an event by hand; tell whether it could be linked."""
    async with line.intake_as.transaction() as session:
        name = (event.source, event.id)
        return await line.intake.link(session, name, ORI, number, line.clock.now()) is not None


async def test_what_ice_sends_waits_a_day(line: Line) -> None:
    """An operator is asked once, when 24 hours are over and not before."""
    await line.hear(NUMBERLESS)
    await line.step(at(LODGED) + timedelta(hours=24) - timedelta(seconds=1))
    assert (await asked(line), await line.alarms()) == (0, [])
    await line.step(at(LODGED) + timedelta(hours=24))
    assert (await asked(line), await line.alarms()) == (1, ["event_waiting"])
    assert await asked(line) == 0


async def test_a_match_waits_a_fortnight(line: Line) -> None:
    """Prints may be searched days before the booking is told of."""
    await line.hear(a_match())
    await line.step(a_match().time + timedelta(days=14) - timedelta(seconds=1))
    assert await asked(line) == 0
    await line.step(a_match().time + timedelta(days=14))
    assert (await asked(line), await line.alarms()) == (1, ["event_waiting"])


async def test_the_time_counts_from_when_we_heard(line: Line) -> None:
    """An event that comes late has not been waiting since it happened."""
    await line.step(at(LODGED) + timedelta(days=3))
    await line.hear(NUMBERLESS)
    assert await asked(line) == 0


async def test_what_found_its_booking_asks_nobody(line: Line) -> None:
    """No alarm for an event that has been taken up in time."""
    await line.hear(a_match())
    await line.hear(a_booking())
    await line.step(a_match().time + timedelta(days=15))
    assert (await asked(line), await line.alarms()) == (0, [])


async def test_the_timer_says_when_it_is_next_due(line: Line) -> None:
    """The player and the sweep look at one view: the first instant at which an operator must be asked."""
    await line.hear(a_match())
    await line.hear(NUMBERLESS)
    assert await line.value("SELECT due_at FROM intake.due") == at(LODGED) + timedelta(hours=24)


async def test_an_unmatched_detainer_comes_and_goes(line: Line) -> None:
    """ICE is to be told unmatched within two working days; once it is linked nobody is told so."""
    await line.hear(NUMBERLESS)
    (row,) = await line.rows("SELECT detainer_id, booking_number, lodged_at, due_by FROM intake.unmatched")
    assert (row.detainer_id, row.booking_number, row.lodged_at) == (DETAINER, None, at(LODGED))
    assert row.due_by == at("2012-02-24 10:30")
    await line.hear(a_booking(ids={"fin": FIN}))
    assert await line.value("SELECT count(*) FROM intake.unmatched") == 0


async def test_a_cancellation_by_form_is_not_unmatched(line: Line) -> None:
    """A form that cancels another lodges nothing: there is nothing to answer."""
    await line.hear(a_detainer(booking_number=None, ids=None, cancels="HAR-2012-000001"))
    assert await line.value("SELECT count(*) FROM intake.unmatched") == 0


async def test_an_operator_links_by_hand(line: Line) -> None:
    """The event goes onto the booking that a person named, and decision hears of a link."""
    await line.hear(a_booking())
    await line.hear(NUMBERLESS)
    line.told.clear()
    assert await link(line, NUMBERLESS)
    assert await line.state(NUMBERLESS) == ("applied", None)
    assert await line.case_of(NUMBERLESS) == await line.case_of(a_booking())
    assert b'"link"' in line.told[0].message
    assert await line.value("SELECT count(*) FROM intake.waiting") == 0
    assert await line.value("SELECT count(*) FROM intake.unmatched") == 0


async def test_a_link_by_hand_is_kept_against_the_matcher(line: Line) -> None:
    """A booking that comes later and bears the same number does not take the event away."""
    await line.hear(a_booking())
    await line.hear(NUMBERLESS)
    assert await link(line, NUMBERLESS)
    await line.hear(a_booking("2012-02-22 11:00", id="other", booking_number="12-2", ids={"fin": FIN}))
    assert await line.case_of(NUMBERLESS) == await line.case_of(a_booking())
    assert await line.value(
        "SELECT by_hand FROM intake.ties WHERE kind = 'fin' AND case_id = :id", id=(await line.case_of(a_booking()))
    )


async def test_a_link_by_hand_may_go_against_custody(line: Line) -> None:
    """The matcher would never tie to a person who is gone; a person may."""
    await line.hear(a_booking(ids={"fin": FIN}), a_release("2012-02-22 09:00"))
    await line.hear(NUMBERLESS)
    assert await line.state(NUMBERLESS) == ("waiting", "no_tie")
    assert await link(line, NUMBERLESS)
    assert await line.case_of(NUMBERLESS) == await line.case_of(a_booking())


async def test_what_a_link_brings_takes_up_others_that_wait(line: Line) -> None:
    """The linked match brings a FIN to the case, and the detainer that waits for that FIN follows."""
    match = a_match(tcr="MISREAD", ids={"fin": FIN})
    await line.hear(match)
    await line.hear(NUMBERLESS)
    await line.hear(a_booking())
    assert await line.state(NUMBERLESS) == ("waiting", "no_tie")
    assert await link(line, match)
    assert await line.state(NUMBERLESS) == ("applied", None)
    assert await line.case_of(NUMBERLESS) == await line.case_of(a_booking())
    assert await line.value("SELECT count(*) FROM intake.waiting") == 0


async def test_a_link_names_what_is_there(line: Line) -> None:
    """Neither an unknown booking nor an event that does not wait can be linked."""
    await line.hear(a_booking())
    await line.hear(NUMBERLESS)
    assert not await link(line, NUMBERLESS, "12-999999")
    assert not await link(line, a_booking())
    assert await link(line, NUMBERLESS)
    assert not await link(line, NUMBERLESS)


async def test_an_operator_lets_an_event_go(line: Line) -> None:
    """It stays on record as discarded, with the reason, and no later booking takes it up."""
    await line.hear(NUMBERLESS)
    async with line.intake_as.transaction() as session:
        assert await line.intake.let_go(session, (NUMBERLESS.source, NUMBERLESS.id), "wrong jail")
    await line.hear(a_booking(ids={"fin": FIN}))
    assert await line.state(NUMBERLESS) == ("discarded", "wrong jail")
    assert await line.case_of(NUMBERLESS) is None
    async with line.intake_as.transaction() as session:
        assert not await line.intake.let_go(session, (NUMBERLESS.source, NUMBERLESS.id), "again")


async def test_a_detainer_let_go_is_still_answered(line: Line) -> None:
    """Letting go of the event is no answer to ICE: that nobody knows the booking it is told all the same."""
    await line.hear(NUMBERLESS)
    async with line.intake_as.transaction() as session:
        await line.intake.let_go(session, (NUMBERLESS.source, NUMBERLESS.id), "no such person here")
    assert await line.value("SELECT count(*) FROM intake.unmatched") == 1
