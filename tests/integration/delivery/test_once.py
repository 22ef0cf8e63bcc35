"""Heard once: a batch's offsets and effects are one transaction, and one bad event harms nobody else."""

from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from shared.domain.errors import StaleBatch, TooManyParked
from shared.kafka.consumer import RawBatch
from shared.outbox.inbox import MOST_PARKED_IN_A_ROW
from tests.integration.delivery.notebook import Notebook


def raising(error: Exception, *words: str, times: int = 1_000) -> Callable[[str], None]:
    """Give trouble: this error at these words, so many times."""
    left = dict.fromkeys(words, times)

    def trouble(word: str) -> None:
        if left.get(word, 0) > 0:
            left[word] -= 1
            raise error

    return trouble


async def test_a_batch_moves_offset_and_effects_together(notebook: Notebook) -> None:
    """What is handled is written, told and behind the offset; the next batch goes on from there."""
    await notebook.take("a", "b")
    await notebook.take("c")
    assert await notebook.written() == ["a", "b", "c"]
    assert (await notebook.position(), notebook.words_told()) == (3, ["a", "b", "c"])


async def test_a_stale_batch_keeps_nothing(notebook: Notebook) -> None:
    """If the row does not stand where the batch began, another instance has the partition: nothing is kept or told."""
    batch = await notebook.batch("a", "b")
    await notebook.once(batch)
    with pytest.raises(StaleBatch):
        await notebook.once(batch)
    assert await notebook.written() == ["a", "b"]
    assert (await notebook.position(), notebook.words_told()) == (2, ["a", "b"])


async def test_one_stale_partition_undoes_the_whole_batch(notebook: Notebook) -> None:
    """A batch over two partitions of which one has been moved on by someone else leaves both as they were."""
    batch = await notebook.batch("a")
    elsewhere = replace(batch.stretches[0], topic="other.v1")
    with pytest.raises(StaleBatch, match="1 of 2 partitions"):
        await notebook.once(RawBatch(batch.records, (*batch.stretches, elsewhere)))
    assert (await notebook.written(), await notebook.position()) == ([], 0)


async def test_a_stretch_without_records_moves_the_offset(notebook: Notebook) -> None:
    """Logs have gaps: a stretch that holds no record for us is still behind us."""
    batch = await notebook.batch("a")
    await notebook.once(RawBatch((), batch.stretches))
    assert (await notebook.position(), notebook.batches) == (1, [])


async def test_one_bad_event_is_set_aside_and_the_others_go_on(notebook: Notebook) -> None:
    """The batch fails, each event is tried alone, and only the guilty one is missing; its bytes are kept."""
    notebook.trouble = raising(ValueError("ours"), "bad")
    await notebook.take("a", "bad", "c")
    assert (await notebook.written(), await notebook.position()) == (["a", "c"], 3)
    assert notebook.batches == [["a", "bad", "c"], ["a"], ["bad"], ["c"]]
    (parked,) = notebook.parked
    assert (parked.record.value, parked.record.offset, parked.message) == (b"bad", 1, "bad")
    assert isinstance(parked.error, ValueError)


async def test_what_an_undone_attempt_told_is_not_told(notebook: Notebook) -> None:
    """Effects reach the relay only after the commit: neither the failed batch nor the failed event tells anyone."""
    notebook.trouble = raising(ValueError("ours"), "bad")
    await notebook.take("a", "bad", "c")
    assert notebook.words_told() == ["a", "c"]
    async with notebook.sessions.reading() as session:
        rows = await session.all("SELECT key FROM intake.outbox ORDER BY key")
    assert [row.key for row in rows] == ["a", "c"]


async def test_what_cannot_be_read_is_set_aside_without_a_message(notebook: Notebook) -> None:
    """An unreadable record spoils nobody's batch: its neighbours are handled together."""
    await notebook.take("a", "unreadable", "c")
    assert notebook.batches == [["a", "c"]]
    assert [(one.message, one.record.offset) for one in notebook.parked] == [(None, 1)]


async def test_a_lost_connection_is_not_the_events_fault(notebook: Notebook) -> None:
    """Weather is raised to be tried again: nothing is kept, nothing is set aside, and the next try succeeds."""
    notebook.trouble = raising(ConnectionResetError(), "b", times=1)
    batch = await notebook.batch("a", "b")
    with pytest.raises(ConnectionResetError):
        await notebook.once(batch)
    assert (await notebook.written(), await notebook.position(), notebook.words_told()) == ([], 0, [])
    await notebook.once(batch)
    assert (await notebook.written(), notebook.parked) == (["a", "b"], [])


async def test_a_deadlock_is_not_the_events_fault(notebook: Notebook) -> None:
    """Nor is a deadlock, also when it strikes while events are tried singly."""
    deadlock = DBAPIError("…", {}, _as_driver_says(asyncpg.DeadlockDetectedError("…")))
    at_bad, at_c = raising(ValueError("ours"), "bad"), raising(deadlock, "c", times=1)

    def trouble(word: str) -> None:
        at_bad(word)
        at_c(word)

    notebook.trouble = trouble
    batch = await notebook.batch("a", "bad", "c")
    with pytest.raises(DBAPIError):
        await notebook.once(batch)
    assert (await notebook.written(), await notebook.position(), notebook.parked) == ([], 0, [])
    await notebook.once(batch)
    assert (await notebook.written(), notebook.words_parked()) == (["a", "c"], ["bad"])


def _as_driver_says(error: Exception) -> Exception:
    """Give the error with its SQLSTATE where SQLAlchemy looks for it."""
    wrapped = Exception(str(error))
    wrapped.sqlstate = error.sqlstate  # type: ignore[attr-defined]
    return wrapped


async def test_twenty_in_a_row_are_our_fault(notebook: Notebook) -> None:
    """When so many would be set aside in a row nothing is kept and the consumer is to stop."""
    words = [f"bad {n:02}" for n in range(MOST_PARKED_IN_A_ROW)]
    notebook.trouble = raising(ValueError("ours"), *words)
    with pytest.raises(TooManyParked):
        await notebook.take("a", *words)
    assert (await notebook.written(), await notebook.position(), notebook.parked) == ([], 0, [])


async def test_a_row_goes_on_over_batches(notebook: Notebook) -> None:
    """Twenty bad events in as many batches are as many in a row; the nineteenth is still set aside."""
    for n in range(MOST_PARKED_IN_A_ROW - 1):
        await notebook.take("unreadable")
        assert await notebook.position() == n + 1
    with pytest.raises(TooManyParked):
        await notebook.take("unreadable")
    assert await notebook.position() == MOST_PARKED_IN_A_ROW - 1


async def test_a_good_event_ends_the_row(notebook: Notebook) -> None:
    """Bad events between good ones are a sender's fault, however many there are in one batch or in all."""
    words = [f"{kind} {n:02}" for n in range(MOST_PARKED_IN_A_ROW + 5) for kind in ("bad", "good")]
    notebook.trouble = raising(ValueError("ours"), *(word for word in words if word.startswith("bad")))
    await notebook.take(*words)
    assert len(notebook.parked) == MOST_PARKED_IN_A_ROW + 5
    assert len(await notebook.written()) == MOST_PARKED_IN_A_ROW + 5


async def test_bad_events_at_the_end_of_a_batch_count_into_the_next(notebook: Notebook) -> None:
    """Where batches are cut makes no difference to how many are in a row."""
    await notebook.take("a", *["unreadable"] * 12)
    with pytest.raises(TooManyParked):
        await notebook.take(*["unreadable"] * 8, "b")
    assert (await notebook.written(), await notebook.position()) == (["a"], 13)
