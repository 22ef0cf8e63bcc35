"""Readiness: which loop is stuck or has stopped, in the machine's seconds."""

import asyncio

from shared.runtime.health import STUCK_AFTER_S, Progress


def test_a_loop_that_comes_round_is_well() -> None:
    """Up to the limit, and again after each beat."""
    seconds = [0.0]
    progress = Progress(lambda: seconds[0])
    assert progress.troubles() == {}
    progress.beat("events")
    seconds[0] = STUCK_AFTER_S
    assert progress.troubles() == {}
    seconds[0] += 0.1
    assert list(progress.troubles()) == ["events"]
    progress.beat("events")
    assert progress.troubles() == {}


async def test_a_loop_that_stopped_stays_stopped_until_the_process_leaves() -> None:
    """It says why, whatever other loops do, and leaves with the others."""
    progress = Progress()
    stopped = asyncio.create_task(progress.stopped("events", ValueError("look at it")))
    await asyncio.sleep(0)
    progress.beat("relay")
    assert progress.troubles() == {"events": "look at it"}
    assert not stopped.done()
    progress.leave()
    await stopped
