"""The same event twice, late or doubled, has the same effect as once; another body under its name has none."""

from dataclasses import replace

from tests.support.builders import BOOKED, a_booking, a_detainer, a_release_due, facts_told
from tests.support.line import Line, as_message, renamed


async def versions(line: Line) -> list[int]:
    """Give the versions of all cases."""
    return [row.version for row in await line.rows("SELECT version FROM intake.cases ORDER BY case_id")]


async def test_an_event_makes_a_case_and_tells_of_it(line: Line) -> None:
    """A booking is a case of version 1, told once, with its person apart and a first record in the journal."""
    await line.hear(a_booking())
    assert await line.state(a_booking()) == ("applied", None)
    assert [letter.topic for letter in line.told] == ["custody.cases.v1"]
    assert await versions(line) == [1]
    assert await line.value("SELECT count(*) FROM intake.persons") == 1
    assert await line.value("SELECT max(seq) FROM intake.journal") == 1


async def test_the_same_event_again_changes_nothing(line: Line) -> None:
    """Neither version nor journal nor word to decision: a second hearing leaves no trace but the offset."""
    await line.hear(a_booking(), a_detainer())
    line.told.clear()
    await line.hear(a_detainer(), a_booking())
    assert (await versions(line), line.told) == ([1], [])
    assert await line.value("SELECT max(seq) FROM intake.journal") == 1
    assert await line.value("SELECT sum(position) FROM intake.offsets") == 4


async def test_an_event_doubled_in_one_batch_counts_once(line: Line) -> None:
    """Two copies that arrive together are one event."""
    await line.hear(a_booking(), a_booking(), a_detainer(), a_detainer())
    assert await versions(line) == [1]
    assert await line.value("SELECT count(*) FROM intake.inbox") == 2
    assert await line.value("SELECT count(*) FROM intake.parked") == 0


async def test_a_body_that_says_the_same_is_the_same_event(line: Line) -> None:
    """What the way of sending adds (tracing, order of keys) makes no other event of it."""
    await line.hear(a_booking())
    await line.take(as_message(a_booking(), traceparent="00-1-2-3"))
    assert await versions(line) == [1]
    assert await line.value("SELECT count(*) FROM intake.parked") == 0


async def test_a_reused_id_is_set_aside_and_the_first_stays(line: Line) -> None:
    """Nobody can know which was meant: the second body is kept for a person, its case is marked."""
    await line.hear(a_booking())
    await line.hear(renamed(a_booking(), inmate_number="other"))
    (parked,) = await line.rows("SELECT code, case_id, event_id FROM intake.parked")
    assert (parked.code, parked.case_id) == ("id_reused", await line.case_of(a_booking()))
    assert await line.state(a_booking()) == ("applied", None)
    assert await line.rows("SELECT version, parked_events FROM intake.cases") == [(2, 1)]
    assert await line.alarms() == ["event_parked"]


async def test_a_reused_id_in_one_batch_spoils_nobody_else(line: Line) -> None:
    """Both bodies in one batch: the one that came first is applied, the other set aside, the neighbour goes on."""
    other = a_booking(booking_number="12-000002", id="other", ids={"tcn": "T2"})
    await line.hear(a_booking(), renamed(a_booking(), inmate_number="other"), other)
    assert [await line.state(event) for event in (a_booking(), other)] == [("applied", None)] * 2
    assert await line.value("SELECT array_agg(code) FROM intake.parked") == ["id_reused"]


async def test_one_id_of_two_sources_is_two_events(line: Line) -> None:
    """Source and id together name an event."""
    told = facts_told(id="1", facts={"gang_database": True})
    await line.hear(a_booking(id="1"), replace(told, source="/jails/CT0009300/records"))
    assert await line.value("SELECT count(*) FROM intake.inbox WHERE state = 'applied'") == 2


async def test_however_many_events_a_batch_brings_the_version_rises_by_one(line: Line) -> None:
    """A version is a change of what the fold gives in one transaction, not an event."""
    await line.hear(a_booking(), a_detainer(), a_release_due())
    assert await versions(line) == [1]
    await line.hear(facts_told(facts={"gang_database": True}))
    assert await versions(line) == [2]


async def test_an_event_that_changes_nothing_raises_no_version(line: Line) -> None:
    """A fact that is known already is kept as an event and told to nobody."""
    known = facts_told(facts={"gang_database": True})
    await line.hear(a_booking(), known)
    line.told.clear()
    again = facts_told("2012-02-22 15:00", facts={"gang_database": True}, id="again")
    await line.hear(again)
    assert (await line.state(again), await versions(line), line.told) == (("applied", None), [1], [])


async def test_an_event_from_the_future_is_set_aside(line: Line) -> None:
    """Five minutes ahead is a clock that goes wrong a little; more is no event yet."""
    await line.step(BOOKED)
    soon, later = a_booking("2012-02-22 03:18"), a_booking("2012-02-22 03:20", booking_number="12-000002")
    await line.take(as_message(soon), as_message(later))
    assert await line.state(soon) == ("applied", None)
    assert await line.state(later) == ("parked", "time_ahead")
