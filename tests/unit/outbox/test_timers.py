"""Timers: looked at until nothing more is due, then when the clock calls."""

import asyncio

import pytest

from shared.db.listen import Wake
from shared.domain.errors import TooManyParked
from shared.outbox.timers import look_every_s, run_timers
from shared.runtime.health import STUCK_AFTER_S, Progress


async def test_a_tick_is_repeated_until_it_finds_nothing() -> None:
    """What is due comes in portions; the next look begins when the clock has called."""
    progress, wake, left = Progress(), Wake(), [3, 1, 0, 2, 0]

    async def tick() -> int:
        done = left.pop(0)
        if not left:
            progress.leave()
        wake.call()
        return done

    async with asyncio.timeout(10):
        await run_timers("timers", tick, wake, progress)
    assert left == []


async def test_bad_weather_is_waited_out() -> None:
    """The database is away for a moment: the same timer is looked at again."""
    progress, tries = Progress(), 0

    async def tick() -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConnectionResetError
        progress.leave()
        return 1

    async with asyncio.timeout(10):
        await run_timers("timers", tick, Wake(), progress)
    assert tries == 2


async def test_timers_that_never_come_through_turn_readiness_red() -> None:
    """A tick that fails for the weather's sake is no progress."""
    seconds = [0.0]
    progress = Progress(lambda: seconds[0])
    seen: list[list[str]] = []

    async def tick() -> int:
        seconds[0] += STUCK_AFTER_S * 0.6
        seen.append(list(progress.troubles()))
        if len(seen) < 3:
            raise ConnectionResetError
        progress.leave()
        return 1

    async with asyncio.timeout(10):
        await run_timers("timers", tick, Wake(), progress)
    assert seen == [[], ["timers"], ["timers"]]
    assert progress.troubles() == {}


async def test_a_fault_of_ours_ends_the_process() -> None:
    """A timer that fails for our sake is not swallowed."""

    async def tick() -> int:
        raise KeyError("ours")

    with pytest.raises(KeyError):
        await run_timers("timers", tick, Wake(), Progress())


async def test_what_only_an_operator_can_mend_stops_the_timers() -> None:
    """Readiness says why, no tick follows, and the loop leaves when told."""
    progress, tries = Progress(), 0

    async def tick() -> int:
        nonlocal tries
        tries += 1
        raise TooManyParked("look")

    loop = asyncio.create_task(run_timers("timers", tick, Wake(), progress))
    async with asyncio.timeout(10):
        while not progress.troubles():  # noqa: ASYNC110 - readiness is asked, it does not ring
            await asyncio.sleep(0)
        progress.leave()
        await loop
    assert (tries, progress.troubles()) == (1, {"timers": "look"})


@pytest.mark.parametrize(
    ("speed", "seconds"), [(0.5, 1.0), (1, 1.0), (60, 1.0), (120, 0.5), (1_000, 0.06), (1e9, 0.03)]
)
def test_fast_time_is_looked_at_more_often(speed: float, seconds: float) -> None:
    """A minute of the clock's at the most, as far as the database can bear it; never less than once a second."""
    assert look_every_s(speed) == seconds


async def test_fast_time_sleeps_through_nothing() -> None:
    """Nobody calls: the next look comes by itself, and soon."""
    progress, looks = Progress(), 0

    async def tick() -> int:
        nonlocal looks
        looks += 1
        if looks == 3:
            progress.leave()
        return 0

    async with asyncio.timeout(30):
        await run_timers("timers", tick, Wake(), progress, speed=5_000)
    assert looks == 3
