"""The consumer's loop: the same batch again while the weather is bad, back to the rows when stale, stop when told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from shared.domain.errors import KafkaAway, OffsetOutOfRange, StaleBatch, TooManyParked
from shared.kafka.consumer import RawBatch, Record, Stretch
from shared.outbox.inbox import consume
from shared.runtime.health import STUCK_AFTER_S, Progress


def batch(begin: int, end: int) -> RawBatch:
    """Give a batch of one partition."""
    records = tuple(Record("t", 0, offset, None, b"", ()) for offset in range(begin, end))
    return RawBatch(records, (Stretch("t", 0, begin, end),))


@dataclass
class Tape:
    """A source that gives what it was made with, then lets the process leave."""

    progress: Progress
    batches: list[RawBatch | Exception]
    told_of: list[Stretch] = field(default_factory=list)
    rewound: int = 0

    async def take(self) -> RawBatch:
        """Give the next batch."""
        if not self.batches:
            self.progress.leave()
            return RawBatch((), ())
        following = self.batches.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    async def told(self, stretches: Sequence[Stretch]) -> None:
        """Note what Kafka was told."""
        self.told_of += stretches

    async def rewind(self) -> None:
        """Note that it was asked to begin again."""
        self.rewound += 1


@dataclass
class Handler:
    """Handles batches; raises what it was made with first."""

    errors: list[Exception] = field(default_factory=list)
    handled: list[RawBatch] = field(default_factory=list)
    tries: int = 0

    async def __call__(self, taken: RawBatch) -> None:
        """Handle one batch."""
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        self.handled.append(taken)


async def run(tape: Tape, once: Callable[[RawBatch], Awaitable[None]]) -> None:
    """Run the loop to its end."""
    async with asyncio.timeout(10):
        await consume("events", tape, once, tape.progress)


async def test_batches_are_handled_in_turn_and_kafka_is_told_afterwards() -> None:
    """Where the group has come is told once it has come there; an empty take tells nothing."""
    first, second = batch(0, 2), batch(2, 3)
    tape, once = Tape(Progress(), [first, RawBatch((), ()), second]), Handler()
    await run(tape, once)
    assert once.handled == [first, second]
    assert tape.told_of[-1] == second.stretches[0]


async def test_a_stretch_without_records_is_handled_too() -> None:
    """A log may end in what is no record of ours; the row moves on all the same."""
    gap = RawBatch((), (Stretch("t", 0, 3, 9),))
    tape, once = Tape(Progress(), [gap]), Handler()
    await run(tape, once)
    assert once.handled == [gap]


async def test_the_same_batch_is_tried_until_the_weather_is_good() -> None:
    """Nothing is skipped and nothing new is taken while the database is away."""
    only = batch(0, 2)
    tape, once = Tape(Progress(), [only]), Handler(errors=[ConnectionResetError()])
    await run(tape, once)
    assert (once.tries, once.handled) == (2, [only])


async def test_weather_that_does_not_pass_turns_readiness_red() -> None:
    """Trying the same batch again and again is no progress; once it is taken, all is well."""
    seconds = [0.0]
    progress = Progress(lambda: seconds[0])
    seen: list[list[str]] = []

    async def once(_: RawBatch) -> None:
        seconds[0] += STUCK_AFTER_S * 0.6
        seen.append(list(progress.troubles()))
        if len(seen) < 3:
            raise ConnectionResetError

    await run(Tape(progress, [batch(0, 1)]), once)
    assert seen == [[], ["events"], ["events"]]
    assert progress.troubles() == {}


@pytest.mark.parametrize("error", [ConnectionResetError(), KafkaAway("not the leader")])
async def test_weather_while_it_asks_where_to_begin_ends_no_process(error: Exception) -> None:
    """The rows are asked on each assignment: a connection lost there may not take the clock that ends holds along."""
    tape, once = Tape(Progress(), [error, batch(0, 2)]), Handler()
    await run(tape, once)
    assert (tape.rewound, once.handled) == (1, [batch(0, 2)])


async def test_asking_in_vain_where_to_begin_turns_readiness_red() -> None:
    """It goes on asking, and says that it does not come round; once it is answered, all is well."""
    seconds = [0.0]
    progress = Progress(lambda: seconds[0])
    seen: list[list[str]] = []

    class Slow(Tape):
        async def take(self) -> RawBatch:
            seen.append(list(progress.troubles()))
            seconds[0] += STUCK_AFTER_S * 0.6
            return await super().take()

    await run(Slow(progress, [ConnectionResetError(), ConnectionResetError(), batch(0, 1)]), Handler())
    assert seen == [[], [], ["events"], []]


async def test_a_stale_batch_is_forgotten_and_begun_again_from_the_rows() -> None:
    """Another instance has the partition: the source starts over, and Kafka is told nothing of that batch."""
    tape, once = Tape(Progress(), [batch(0, 2), batch(5, 6)]), Handler(errors=[StaleBatch("moved on")])
    await run(tape, once)
    assert (tape.rewound, [one.stretches[0].begin for one in once.handled]) == (1, [5])
    assert [stretch.end for stretch in tape.told_of] == [6]


@pytest.mark.parametrize("error", [TooManyParked("20 in a row"), OffsetOutOfRange("swept")])
async def test_what_only_an_operator_can_mend_stops_the_consumer(error: Exception) -> None:
    """It takes nothing more, readiness says why, and it still leaves when told."""
    progress = Progress()
    tape, once = Tape(progress, [error, batch(0, 1)]), Handler()
    loop = asyncio.create_task(consume("events", tape, once, progress))
    async with asyncio.timeout(10):
        while not progress.troubles():  # noqa: ASYNC110 - readiness is asked, it does not ring
            await asyncio.sleep(0)
        assert progress.troubles() == {"events": str(error)}
        progress.leave()
        await loop
    assert (once.handled, len(tape.batches)) == ([], 1)


async def test_a_fault_of_ours_ends_the_process() -> None:
    """What is neither weather nor an operator's is raised: the process ends and is started again."""
    tape = Tape(Progress(), [batch(0, 1)])
    with pytest.raises(KeyError):
        await run(tape, Handler(errors=[KeyError("ours")]))
    assert tape.told_of == []
