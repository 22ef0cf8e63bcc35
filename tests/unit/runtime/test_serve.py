"""The parts of a process live together: one fails and all stop; told to stop, each finishes what it has in hand."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from shared.runtime.health import Progress
from shared.runtime.serve import serve

#: A service of two parts, one of which breaks; what it would print if it went on shows that it did not.
_BREAKS = """
import asyncio
from shared.runtime.health import Progress
from shared.runtime.serve import serve

async def breaks():
    await asyncio.sleep(0)
    raise KeyError("ours")

async def goes_on():
    await asyncio.Event().wait()

asyncio.run(serve(Progress(), breaks(), goes_on()))
print("still here")
"""


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Take back what a process does to itself when it begins to serve."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


async def test_one_part_fails_and_all_stop() -> None:
    """The failure is raised, and no other part is left running."""
    ended: list[str] = []

    async def goes_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("goes on")

    async def breaks() -> None:
        await asyncio.sleep(0)
        raise KeyError("ours")

    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(30):
            await serve(Progress(), goes_on(), breaks())
    assert [type(error) for error in raised.value.exceptions] == [KeyError]
    assert ended == ["goes on"]


def test_the_process_of_a_part_that_failed_exits_non_zero() -> None:
    """Whoever keeps the process sees that it has to be started again."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _BREAKS], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert done.stdout == ""


async def test_told_to_stop_a_part_finishes_what_it_has_in_hand() -> None:
    """The loop sees that the process leaves, commits, and comes to its end; nothing is cancelled."""
    progress, done = Progress(), []

    async def loop() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await progress.leaving.wait()
        await asyncio.sleep(0)
        done.append("committed")

    async with asyncio.timeout(30):
        await serve(progress, loop())
    assert done == ["committed"]
