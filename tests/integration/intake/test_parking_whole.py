"""An operator settles what was set aside: what queued behind it is applied, and nothing is done twice."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from shared.kafka.producer import OutMessage
from shared.kafka.topics import Topic
from tests.integration.intake.conftest import Door
from tests.support.builders import (
    NUMBER,
    ORI,
    a_booking,
    a_cancellation,
    a_claim,
    a_detainer,
    a_match,
    a_pick_up,
    a_release,
    a_release_due,
    an_event_json,
    facts_told,
)
from tests.support.line import as_message, renamed

KEY = f"{ORI}/{NUMBER}".encode()
UNREADABLE = OutMessage(Topic.BOOKINGS, KEY, b'{"specversion":"1.0","id":"torn","source":"/jails/CT00')
ELSEWHERE = "TX2270000"
FORM = {"name": "Travis", "jurisdiction": "TX", "agency": "county_sheriff", "time_zone": "America/Chicago"}


async def marks(door: Door) -> list[int]:
    """Give how much is set aside on each case."""
    return [row.parked_events for row in await door.line.rows("SELECT parked_events FROM intake.cases")]


async def everything(door: Door) -> list[object]:
    """Give all that a settlement could change, to be compared with itself."""
    tables = ("parked", "alarms", "inbox", "cases", "ties", "waiting", "outbox")
    return [
        await door.line.value(f"SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY to_jsonb(t)), '[]') FROM intake.{t} t")
        for t in tables
    ]


async def spoilt(door: Door) -> UUID:
    """Set the scene: a booking whose next message cannot be read, and a detainer that queues behind it."""
    await door.line.hear(a_booking())
    await door.line.take(UNREADABLE)
    await door.line.hear(a_detainer())
    assert await door.line.state(a_detainer()) == ("waiting", "behind_parked")
    (parked_id,) = await door.parked()
    return parked_id


async def test_what_queued_is_applied_when_the_poison_is_let_go(door: Door) -> None:
    """The case is free again, what waited is folded in at once, and decision hears of it."""
    parked_id = await spoilt(door)
    door.line.told.clear()
    answer = await door.settle("discard", parked_id, "the jail sent it again")
    assert (answer.status_code, answer.json()) == (200, {"status": "discarded"})
    assert await door.line.state(a_detainer()) == ("applied", None)
    assert await marks(door) == [0]
    assert [letter.topic for letter in door.line.told] == [Topic.CASES]
    outcomes = [row.outcome for row in await _decided(door)]
    assert outcomes == ["REVIEW"]


async def _decided(door: Door) -> list[Row[Any]]:
    await door.line.decided()
    return await door.line.rows("SELECT outcome FROM decision.decisions")


async def test_only_the_last_settlement_frees_the_case(door: Door) -> None:
    """Two messages that cannot be read hold the queue until both are settled."""
    first = await spoilt(door)
    await door.line.take(OutMessage(Topic.BOOKINGS, KEY, b"{"))
    (second,) = [one for one in await door.parked() if one != first]
    await door.settle("discard", first)
    assert (await marks(door), await door.line.state(a_detainer())) == ([1], ("waiting", "behind_parked"))
    await door.settle("discard", second)
    assert (await marks(door), await door.line.state(a_detainer())) == ([0], ("applied", None))


async def test_what_can_only_end_a_hold_is_applied_at_once(door: Door) -> None:
    """Cancellation, verified citizenship, pick-up and release do not wait for an operator; doubt never holds."""
    await spoilt(door)
    ends = (a_cancellation(), a_claim(claim="verified"), a_pick_up(), a_release())
    await door.line.hear(*ends)
    assert [await door.line.state(event) for event in ends] == [("applied", None)] * 4
    waits = (facts_told(facts={"gang_database": True}), a_claim(id="only says so"), a_release_due())
    await door.line.hear(*waits)
    assert [await door.line.state(event) for event in waits] == [("waiting", "behind_parked")] * 3


async def test_what_ties_by_number_alone_queues_too(door: Door) -> None:
    """A match knows no booking number; it finds the case by its TCN, and then waits behind the poison."""
    parked_id = await spoilt(door)
    await door.line.hear(a_match())
    assert await door.line.state(a_match()) == ("waiting", "behind_parked")
    await door.settle("discard", parked_id)
    assert await door.line.state(a_match()) == ("applied", None)
    assert await door.line.case_of(a_match()) == await door.line.case_of(a_booking())


async def test_news_that_come_while_an_operator_settles_are_not_left_behind(door: Door) -> None:
    """Whichever is quicker: the event either queues and is freed with the others, or finds the case free."""
    parked_id = await spoilt(door)
    news = [facts_told(f"2012-02-22 1{hour}:30", id=f"news {hour}") for hour in range(5)]
    await door.line.step("2012-02-22 16:00")

    async def hear_all() -> None:
        for event in news:
            await door.line.take(as_message(event))

    answer, _ = await asyncio.gather(door.settle("discard", parked_id), hear_all())
    assert answer.status_code == 200
    assert [await door.line.state(event) for event in (a_detainer(), *news)] == [("applied", None)] * 6
    assert await marks(door) == [0]


async def test_what_still_fails_stays_as_it_is(door: Door) -> None:
    """A retry before anything was mended answers 409, and changes not one row."""
    parked_id = await spoilt(door)
    before = await everything(door)
    answer = await door.settle("retry", parked_id)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:countersign:problem:still_unhandled")
    assert await everything(door) == before
    assert [letter for letter in door.line.told if letter.topic == Topic.CASES][3:] == []


async def test_a_second_settlement_is_harmless(door: Door) -> None:
    """Two operators, or one with two clicks: the first word stands, and nothing is applied twice."""
    parked_id = await spoilt(door)
    await door.settle("discard", parked_id, "sent again")
    before = await everything(door)
    for step in ("discard", "retry"):
        answer = await door.settle(step, parked_id, "another reason")
        assert (answer.status_code, answer.json()) == (200, {"status": "discarded"})
    assert await everything(door) == before


async def test_a_settlement_keeps_who_and_why_and_clears_the_alarm(door: Door) -> None:
    """The row stays on record, and nobody is called for what is settled."""
    parked_id = await spoilt(door)
    await door.settle("discard", parked_id, "the jail sent it again")
    (row,) = await door.line.rows("SELECT state, settled_at, settled_by, settled_reason, message FROM intake.parked")
    (alarm,) = await door.line.rows("SELECT kind, cleared_at, cleared_by, cleared_reason FROM intake.alarms")
    by = door.tokens["operator"].split("_")[1]
    now = door.line.clock.now()
    assert tuple(row) == ("discarded", now, by, "the jail sent it again", UNREADABLE.value)
    assert tuple(alarm) == ("event_parked", now, by, "discarded: the jail sent it again")
    listed = (await door.ask("operator", "GET", "/v1/parked")).json()["items"]
    settled = (await door.ask("operator", "GET", "/v1/parked?state=discarded")).json()["items"]
    assert (listed, [one["id"] for one in settled]) == ([], [str(parked_id)])


async def test_a_registered_facility_mends_what_came_from_it(door: Door) -> None:
    """The events were set aside for want of a register entry; with it, a retry applies each, in any order."""
    booking = a_booking(facility_ori=ELSEWHERE)
    detainer = a_detainer(facility_ori=ELSEWHERE)
    await door.line.hear(booking, detainer)
    assert await door.line.state(detainer) == ("parked", "unknown_facility")
    first, second = await door.parked()
    assert (await door.settle("retry", first)).status_code == 409
    assert (await door.ask("operator", "PUT", f"/v1/facilities/{ELSEWHERE}", json=FORM)).status_code == 200
    for one in (second, first):
        answer = await door.settle("retry", one, "registered")
        assert (answer.status_code, answer.json()) == (200, {"status": "retried"})
    assert [await door.line.state(event) for event in (booking, detainer)] == [("applied", None)] * 2
    assert await door.line.case_of(detainer) == await door.line.case_of(booking)
    assert [row.cleared_by is not None for row in await door.line.rows("SELECT * FROM intake.alarms")] == [True, True]


async def test_what_was_retried_is_no_news_when_it_comes_again(door: Door) -> None:
    """A sender repeats itself after the operator's retry: the same event, once."""
    booking = a_booking(facility_ori=ELSEWHERE)
    await door.line.hear(booking)
    await door.ask("operator", "PUT", f"/v1/facilities/{ELSEWHERE}", json=FORM)
    (parked_id,) = await door.parked()
    await door.settle("retry", parked_id)
    before = await everything(door)
    await door.line.take(as_message(booking))
    assert await everything(door) == before


async def test_a_mended_event_with_a_new_id_takes_the_place_of_the_poison(door: Door) -> None:
    """The jail sends what it meant under a new id; the operator lets the poison go, and the new one counts."""
    await door.line.hear(a_booking())
    poison = renamed(facts_told(id="spoilt"), charges="none")
    await door.line.take(OutMessage(Topic.BOOKINGS, KEY, an_event_json(poison)))
    mended = facts_told(id="mended", charges=[{"sequence": 1, "level": "felony"}])
    await door.line.hear(mended)
    (parked_id,) = await door.parked(code="data")
    await door.settle("discard", parked_id, "sent again as mended")
    assert await door.line.state(mended) == ("applied", None)
    assert await door.line.state(poison) == ("discarded", "data")
    # The poison comes once more: it was let go, and stays so.
    await door.line.take(OutMessage(Topic.BOOKINGS, KEY, an_event_json(poison)))
    assert (await marks(door), await door.parked()) == ([0], [])


async def test_of_two_bodies_under_one_name_each_is_settled_by_itself(door: Door) -> None:
    """Letting the second body go leaves the first set aside, and its retry says truly that it still fails."""
    await door.line.hear(a_booking())
    torn = renamed(a_detainer(), issued_at="on Tuesday")
    await door.line.take(OutMessage(Topic.DETAINERS, KEY, an_event_json(torn)))
    await door.line.hear(a_detainer())
    first, second = await door.parked()
    await door.settle("discard", second)
    assert (await door.line.state(torn))[0] == "parked"
    assert (await door.settle("retry", first)).status_code == 409
    await door.settle("discard", first)
    assert ((await door.line.state(torn))[0], await marks(door)) == ("discarded", [0])


async def test_the_body_that_was_meant_is_applied(door: Door) -> None:
    """The sender says that the second body was meant: its retry applies it, and the first can only be let go."""
    await door.line.hear(a_booking())
    torn = renamed(a_detainer(), issued_at="on Tuesday")
    await door.line.take(OutMessage(Topic.DETAINERS, KEY, an_event_json(torn)))
    await door.line.hear(a_detainer())
    first, second = await door.parked()
    await door.settle("discard", first, "was garbled")
    assert (await door.settle("retry", second)).json() == {"status": "retried"}
    assert (await door.line.state(a_detainer()), await marks(door)) == (("applied", None), [0])


async def test_only_an_operator_settles(door: Door) -> None:
    """A jail neither sees nor settles what is set aside; an auditor looks and does nothing."""
    parked_id = await spoilt(door)
    assert (await door.settle("discard", parked_id, who="jail")).status_code == 403
    assert (await door.settle("discard", parked_id, who="auditor")).status_code == 403
    assert (await door.ask("ice", "GET", "/v1/parked")).status_code == 403
    assert (await door.ask("auditor", "GET", f"/v1/parked/{parked_id}")).status_code == 200
    assert await marks(door) == [1]


async def test_a_settlement_names_what_is_there_and_why(door: Door) -> None:
    """An id nobody knows is 404; without a reason nothing is done."""
    parked_id = await spoilt(door)
    assert (await door.settle("retry", uuid4())).status_code == 404
    assert (await door.settle("discard", parked_id, "")).status_code == 422
    assert await marks(door) == [1]


async def test_an_operator_looks_without_reading(door: Door) -> None:
    """The shape of the message is shown: known names of fields, kinds of values, and nothing of what they say."""
    said = {"family_name": "Canaria", "Otra Canaria": 1, "birth_date": "1984-13-41"}
    poison = renamed(a_booking(), booked_at="2012-02-30", person=said)
    await door.line.step("2012-02-22 12:00")
    await door.line.take(OutMessage(Topic.BOOKINGS, KEY, an_event_json(poison)))
    (parked_id,) = await door.parked()
    answer = await door.ask("operator", "GET", f"/v1/parked/{parked_id}")
    shape = answer.json()["shape"]["data"]
    assert shape["person"] == {"family_name": "text of 7", "key of 12": "int", "birth_date": "text of 10"}
    assert "anaria" not in answer.text
