"""One sync for all who wait, and none too early."""

import asyncio
import threading

from shared.embedded.broker.syncer import Syncer


class SlowFile:
    """A file whose syncs end when the test says so."""

    def __init__(self) -> None:
        self.syncs = 0
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def sync(self) -> None:
        """Count, and wait for the test."""
        self.syncs += 1
        self.begun.release()
        self.may_end.acquire()


async def test_who_comes_during_a_sync_waits_for_the_next() -> None:
    """What was written after a sync began may not be in it; and all who came meanwhile share the next."""
    syncer, file = Syncer(), SlowFile()
    early = asyncio.create_task(syncer.durable(file))
    await asyncio.to_thread(file.begun.acquire)
    late = [asyncio.create_task(syncer.durable(file)) for _ in range(50)]
    file.may_end.release()
    await early
    await asyncio.to_thread(file.begun.acquire)
    assert not any(task.done() for task in late)
    file.may_end.release()
    await asyncio.gather(*late)
    assert file.syncs == 2
    await syncer.close()


async def test_a_caller_that_hangs_up_takes_nobody_along() -> None:
    """A cancelled request leaves the sync running for those who still wait."""
    syncer, file = Syncer(), SlowFile()
    gone, waits = (asyncio.create_task(syncer.durable(file)) for _ in range(2))
    await asyncio.to_thread(file.begun.acquire)
    gone.cancel()
    file.may_end.release()
    await waits
    assert gone.cancelled()
    await syncer.close()
