"""Two events that arrive at the same instant on two topics do not miss each other."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from services.intake.handlers import read
from shared.db.engine import is_weather
from shared.db.session import WriteSession
from shared.domain.case import HeardEvent
from shared.domain.errors import StaleBatch
from shared.kafka.consumer import Record
from shared.outbox.inbox import Heard
from tests.support.builders import FIN, NUMBER, ORI, a_booking, a_cancellation, a_detainer, a_match
from tests.support.line import Line, as_message

TIMES = 30
NUMBERLESS = a_detainer(booking_number=None, ids={"fin": FIN})


async def on_events(line: Line, session: WriteSession, events: Sequence[HeardEvent]) -> None:
    """Let intake take events in a transaction that stays open."""
    messages = [as_message(event) for event in events]
    records = [Record(m.topic, 0, 0, m.key, m.value, m.headers) for m in messages]
    await line.intake.on_events(session, [Heard(record, read(record)) for record in records], line.clock.now())


async def alone(line: Line, *events: HeardEvent) -> None:
    """Take events in a transaction of their own; again while the weather is bad, or when another was quicker."""
    while True:
        try:
            async with line.intake_as.transaction() as session:
                return await on_events(line, session, events)
        except StaleBatch:
            continue
        except DBAPIError as error:
            if not is_weather(error):
                raise


async def is_blocked(line: Line) -> bool:
    """Tell whether a transaction waits for another's lock."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(await line.value(sql))


async def meet(line: Line, first: HeardEvent, second: HeardEvent) -> None:
    """Let ``second`` arrive when ``first`` has done all its work and has not committed yet."""
    async with line.intake_as.transaction() as session:
        await on_events(line, session, [first])
        later = asyncio.create_task(alone(line, second))
        await done_or_blocked(line, later)
    await later


async def done_or_blocked(line: Line, later: "asyncio.Task[None]") -> None:
    """Wait until somebody is through, or waits for a lock of ours."""
    async with asyncio.timeout(20):
        while not later.done() and not await is_blocked(line):  # noqa: ASYNC110 - a lock rings no bell
            await asyncio.sleep(0)


def numbered(event: HeardEvent, n: int) -> HeardEvent:
    """Give the same event of another person."""
    data = dict(event.data)
    if data["booking_number"]:
        data["booking_number"] = f"{NUMBER}-{n}"
    ids = {kind: f"{value}{n}" for kind, value in (data.get("ids") or {}).items()}
    tcr = {"tcr": f"{data['tcr']}{n}"} if "tcr" in data else {}
    more = {"detainer_id": f"{data['detainer_id']}-{n}"} if "detainer_id" in data else {}
    return HeardEvent(
        source=event.source,
        id=f"{event.id} {n}",
        type=event.type,
        time=event.time,
        heard_at=event.heard_at,
        data={**data, "ids": ids, **tcr, **more},
    )


async def all_met(line: Line) -> bool:
    """Tell whether nothing waits."""
    return not await line.rows("SELECT 1 FROM intake.inbox WHERE state <> 'applied'")


async def test_a_match_in_the_shadow_of_an_uncommitted_booking_finds_it(line: Line) -> None:
    """The booking is there but nobody can see it yet: the match waits for its number's lock, not on the list."""
    await line.step("2012-02-22 12:00")
    await meet(line, a_booking(), a_match())
    assert await all_met(line)


async def test_a_booking_in_the_shadow_of_an_uncommitted_match_takes_it_up(line: Line) -> None:
    """The other way round: the match is about to wait, and the booking sees it on the list."""
    await line.step("2012-02-22 12:00")
    await meet(line, a_match(), a_booking())
    assert await all_met(line)
    assert await line.value("SELECT count(*) FROM intake.waiting") == 0


async def test_a_cancellation_in_the_shadow_of_its_detainer_finds_it(line: Line) -> None:
    """A lost cancellation must not leave a hold standing."""
    await line.hear(a_booking())
    await line.step("2012-02-28 12:00")
    await meet(line, a_detainer(), a_cancellation(booking_number=None))
    assert await all_met(line)


async def test_two_first_events_of_one_booking_make_one_case(line: Line) -> None:
    """Detainer and booking of a number nobody knew, at once: the second finds the first one's case."""
    await line.step("2012-02-22 12:00")
    await meet(line, a_detainer(), a_booking())
    assert await line.value("SELECT count(*) FROM intake.cases") == 1
    assert await line.value("SELECT version FROM intake.cases") == 2


async def test_a_link_in_the_shadow_of_what_it_brings(line: Line) -> None:
    """An operator links the match while a detainer with its FIN arrives: the detainer follows."""
    match = a_match(tcr="MISREAD", ids={"fin": FIN})
    await line.hear(a_booking(), match)
    await line.step("2012-02-22 12:00")
    async with line.intake_as.transaction() as session:
        await line.intake.link(session, (match.source, match.id), ORI, NUMBER, line.clock.now())
        later = asyncio.create_task(alone(line, NUMBERLESS))
        await done_or_blocked(line, later)
    await later
    assert await all_met(line)


async def test_three_that_arrive_at_once_meet_every_time(line: Line) -> None:
    """Booking, match and a detainer without a number, each on a connection of its own, thirty times over."""
    await line.step("2012-02-22 12:00")
    for n in range(TIMES):
        start = asyncio.Barrier(3)

        async def arrive(event: HeardEvent, start: asyncio.Barrier = start) -> None:
            await start.wait()
            await alone(line, event)

        await asyncio.gather(*(arrive(numbered(event, n)) for event in (a_booking(), a_match(), NUMBERLESS)))
    assert await all_met(line)
    assert await line.value("SELECT count(*) FROM intake.cases") == TIMES


async def test_the_same_event_on_two_connections_counts_once(line: Line) -> None:
    """A stale consumer and its successor take the same event at once: one of them finds it heard."""
    await line.hear(a_booking())
    await line.step("2012-02-22 12:00")
    await meet(line, a_detainer(), a_detainer())
    assert await line.value("SELECT version FROM intake.cases") == 2
    assert await line.value("SELECT count(*) FROM intake.journal") == 2
