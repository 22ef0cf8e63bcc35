"""A message, a timer and another instance decide at the same instant: one decision each, numbers dense."""

import asyncio
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from shared.db.engine import is_weather
from tests.support.builders import a_booking, a_cancellation, a_detainer, a_release_due, a_retraction, facts_told
from tests.support.line import Line, as_sent

EARLY = (a_booking("2012-02-20 13:00"), a_detainer("2012-02-20 14:00"))
TIMES = 15


async def decide(line: Line, cases: list[UUID]) -> None:
    """Decide cases in a transaction of one's own, again while the weather is bad."""
    while True:
        try:
            async with line.decide_as.transaction() as session:
                return await line.decide.decide(session, cases, line.clock.now())
        except DBAPIError as error:
            if not is_weather(error):
                raise


async def is_blocked(line: Line) -> bool:
    """Tell whether a transaction waits for another's lock."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(await line.value(sql))


async def in_the_shadow(line: Line, cases: list[UUID]) -> None:
    """Decide the same twice: the second begins when the first has done all its work and not committed."""
    async with line.decide_as.transaction() as session:
        await line.decide.decide(session, cases, line.clock.now())
        later = asyncio.create_task(decide(line, cases))
        async with asyncio.timeout(20):
            while not later.done() and not await is_blocked(line):  # noqa: ASYNC110 - a lock rings no bell
                await asyncio.sleep(0)
    await later


async def test_the_second_waits_and_finds_it_decided(line: Line) -> None:
    """Both saw a case without a decision; the row's lock lets the second see what the first decided."""
    await line.hear(*EARLY)
    case_id = await line.case_of(EARLY[0])
    assert case_id is not None
    await in_the_shadow(line, [case_id])
    assert await line.outcomes() == [(1, "HOLD", "honoured-as-a-rule")]
    assert len(line.told) == 2


async def test_a_timer_and_a_message_at_midnight_decide_once(line: Line) -> None:
    """The policy's date and a new fact fall together: one decision, the question asked once."""
    await line.hear(*EARLY)
    await line.decided()
    await line.step("2012-02-22 00:00")
    await line.hear(facts_told("2012-02-22 00:00", facts={"gang_database": True}))
    batch = await line.cases.batch([as_sent(line.told[0])])
    await asyncio.gather(line.once_cases(batch), line.decide.on_due(), line.decide.on_due())
    assert [number for number, *_ in await line.outcomes()] == [1, 2]
    assert await line.value("SELECT count(*) FROM decision.reviews") == 1


async def test_a_second_look_reads_the_case_again_under_the_lock(line: Line) -> None:
    """A cancellation committed while we waited for the lock is not overlooked."""
    await line.hear(*EARLY)
    await line.decided()
    case_id = await line.case_of(EARLY[0])
    assert case_id is not None
    async with line.decide_as.transaction() as session:
        await line.decide.decide(session, [case_id], line.clock.now())
        later = asyncio.create_task(decide(line, [case_id]))
        async with asyncio.timeout(20):
            while not await is_blocked(line):  # noqa: ASYNC110 - a lock rings no bell
                await asyncio.sleep(0)
        await line.hear(a_cancellation("2012-02-20 15:00"))
    await later
    assert [outcome for _, outcome, _ in await line.outcomes()] == ["HOLD", "RELEASE"]


async def test_many_deciders_number_without_gaps(line: Line) -> None:
    """Release falls due and is taken back while three instances decide: numbers are 1, 2, 3 and the last stands."""
    await line.hear(*EARLY, a_detainer("2012-02-20 14:00", id="2", detainer_id="D2"))
    case_id = await line.case_of(EARLY[0])
    assert case_id is not None
    for n in range(TIMES):
        at = f"2012-02-20 15:{n:02}"
        due = a_release_due(at, id=f"due {n}")
        news = due if n % 2 == 0 else a_retraction(a_release_due(id=f"due {n - 1}"), at)
        await asyncio.gather(line.hear(news), *(decide(line, [case_id]) for _ in range(3)))
    await decide(line, [case_id])
    rows = await line.rows(
        "SELECT d.detainer_id, array_agg(d.number ORDER BY d.number) AS numbers, max(o.number) AS last"
        " FROM decision.decisions d JOIN decision.dossiers o USING (case_id, detainer_id) GROUP BY 1"
    )
    assert len(rows) == 2
    for row in rows:
        assert row.last > 1
        assert row.numbers == list(range(1, row.last + 1))
    chain = await line.rows("SELECT seq FROM decision.journal ORDER BY seq")
    assert [row.seq for row in chain] == list(range(1, len(chain) + 1))
