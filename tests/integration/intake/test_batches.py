"""Arrival order means nothing: where batches are cut, and what comes first, give the same folded cases."""

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from shared.domain.case import HeardEvent
from tests.support.builders import (
    FIN,
    LODGED,
    OTHER_NUMBER,
    OTHER_ORI,
    a_bond_change,
    a_booking,
    a_cancellation,
    a_charge,
    a_claim,
    a_detainer,
    a_match,
    a_person,
    a_pick_up,
    a_release,
    a_release_due,
    a_retraction,
    a_schedule,
    a_service,
    a_transfer,
    a_withdrawal,
    at,
    facts_told,
)
from tests.support.line import Line, as_message

OTHER: dict[str, Any] = {"booking_number": "12-2"}
DUE = a_release_due("2012-02-23 17:00")

#: Two persons' whole stories: one is tied by TCN and FIN alone, moved and picked up, the other's detainer is
#: cancelled; and a match that belongs to nobody.
STORY: Sequence[HeardEvent] = (
    a_booking(),
    a_match(),
    a_detainer(booking_number=None, ids={"fin": FIN}),
    a_service(booking_number=None),
    facts_told(charges=[a_charge()]),
    facts_told("2012-02-22 16:00", facts={"gang_database": False}, charges=[a_charge(status="dismissed")]),
    a_bond_change(),
    a_schedule(),
    DUE,
    a_retraction(DUE, "2012-02-23 18:00"),
    a_transfer("2012-02-24 08:00"),
    a_release_due("2012-02-24 17:00", facility_ori=OTHER_ORI, booking_number=OTHER_NUMBER),
    a_pick_up(booking_number=None),
    a_booking("2012-02-22 06:00", id="2b", ids={"tcn": "T2"}, person=a_person(family_name="Other"), **OTHER),
    a_match("2012-02-22 07:00", id="2m", tcn="DHS2", tcr="T2", ids={"tcn": "T2"}),
    a_withdrawal("2012-02-22 08:00", id="2w", tcn="DHS2", tcr="T2"),
    a_detainer("2012-02-22 11:00", id="2d", detainer_id="D2", ids={}, person=a_person(family_name="Other"), **OTHER),
    a_claim(id="2c", claim="proof_provided", **OTHER),
    a_cancellation(id="2x", detainer_id="D2", booking_number=None),
    a_release(id="2r", **OTHER),
    a_match("2012-02-22 07:30", id="nobody", tcn="DHS3", tcr="T3", ids={}),
)
AFTER_ALL = "2012-02-29 12:00"


async def told_of(line: Line) -> list[Any]:
    """Give all cases as they are folded, but for when each word of them was heard, with fate of every event."""
    rows = await line.rows("SELECT facility_ori, booking_number, folded FROM intake.cases ORDER BY 1, 2")
    cases = [(row.facility_ori, row.booking_number, _unheard(msgspec.json.decode(row.folded))) for row in rows]
    fates = await line.rows("SELECT source, id, state, reason FROM intake.inbox ORDER BY 1, 2")
    waits = await line.rows("SELECT source, id, reason FROM intake.waiting ORDER BY 1, 2")
    unmatched = await line.rows("SELECT detainer_id FROM intake.unmatched")
    return [cases, [tuple(row) for row in fates], [tuple(row) for row in waits], [tuple(row) for row in unmatched]]


def _unheard(folded: Any) -> Any:
    """Leave out the instants at which we heard: they are the only thing that may differ."""
    if isinstance(folded, dict):
        return {name: _unheard(value) for name, value in folded.items() if not name.endswith("heard_at")}
    return [_unheard(item) for item in folded] if isinstance(folded, list) else folded


async def hear_in(line: Line, batches: Sequence[Sequence[HeardEvent]]) -> list[Any]:
    """Hear the batches one after the other."""
    await line.step(AFTER_ALL)
    for batch in batches:
        await line.take(*(as_message(event) for event in batch))
    return await told_of(line)


def cut(events: Sequence[HeardEvent], chance: random.Random) -> list[list[HeardEvent]]:
    """Cut events into batches at random places."""
    batches: list[list[HeardEvent]] = [[]]
    for event in events:
        if batches[-1] and chance.random() < chance.choice((0.1, 0.5, 0.9)):
            batches.append([])
        batches[-1].append(event)
    return batches


@pytest.fixture
async def in_order(line: Line) -> list[Any]:
    """Give what the story in its own order, one event at a time, amounts to."""
    found = await hear_in(line, [[event] for event in sorted(STORY, key=lambda event: event.time)])
    await _forget(line)
    return found


async def _forget(line: Line) -> None:
    """Take all of intake's rows away, so that one database serves many tellings."""
    tables = "inbox, raw_events, cases, persons, identifiers, ties, waiting, waiting_identifiers, unmatched, journal"
    names = [f"intake.{name}" for name in (*tables.split(", "), "journal_heads", "outbox", "alarms", "parked")]
    await line.database.run(f"TRUNCATE {', '.join(names)}")


async def test_the_story_in_order_is_what_it_says(line: Line) -> None:
    """What every other telling is measured against: two cases, both persons gone, one match without a booking."""
    cases, fates, waits, unmatched = await hear_in(line, [STORY])
    assert [(ori, number, case["custody"]) for ori, number, case in cases] == [
        (OTHER_ORI, OTHER_NUMBER, "gone"),
        ("CT0009300", "12-2", "gone"),
    ]
    assert [case["detainers"][0]["status"] for *_, case in cases] == ["over", "cancelled"]
    assert [fate for *_, fate, _ in fates].count("applied") == len(STORY) - 1
    assert [event_id for _, event_id, _ in waits] == ["nobody"]
    assert (unmatched, cases[0][2]["detainers"][0]["lodged_at"]) == ([], at(LODGED).isoformat().replace("+00:00", "Z"))


async def test_one_batch_or_many_is_the_same(line: Line, in_order: list[Any]) -> None:
    """All at once is the same as one by one."""
    assert await hear_in(line, [STORY]) == in_order


async def test_any_order_and_any_cut_is_the_same(line: Line, in_order: list[Any]) -> None:
    """Shuffled, some events doubled, cut into batches anywhere: twelve tellings of one story."""
    for seed in range(12):
        chance = random.Random(seed)  # noqa: S311 - not a secret
        doubled = [*STORY, *chance.sample(STORY, 5)]
        chance.shuffle(doubled)
        assert await hear_in(line, cut(doubled, chance)) == in_order, f"seed {seed}"
        await _forget(line)


async def test_from_the_end_to_the_beginning_is_the_same(line: Line, in_order: list[Any]) -> None:
    """The last word first, one at a time: every tombstone waits for what it ends."""
    backwards = sorted(STORY, key=lambda event: event.time, reverse=True)
    assert await hear_in(line, [[event] for event in backwards]) == in_order
