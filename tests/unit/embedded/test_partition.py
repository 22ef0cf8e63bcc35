"""The log of one partition, on a disk of its own."""

import os
from pathlib import Path

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from shared.embedded.broker.codes import Code
from shared.embedded.broker.partition import Partition


def a_batch(count: int = 1, *, size: int = 10, at: int = 1000, producer: int = -1, sequence: int = -1) -> bytes:
    """Give a packed batch of ``count`` records, stamped ``at``, ``at`` + 1 and so on."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=producer,
        producer_epoch=0 if producer >= 0 else -1,
        base_sequence=sequence,
        batch_size=1 << 24,
    )
    for number in range(count):
        builder.append(number, timestamp=at + number, key=None, value=b"v" * size, headers=[])
    return bytes(builder.build())


def appended(partition: Partition, batch: bytes) -> tuple[Code, int]:
    """Append and confirm, as the broker does after a sync."""
    answer = partition.append(batch)
    partition.confirm(partition.end)
    return answer


def test_readers_see_only_what_is_on_disk(tmp_path: Path) -> None:
    """A batch that is written but not confirmed cannot be read: a crash might still take it back."""
    partition = Partition(tmp_path / "p")
    assert partition.append(a_batch(3)) == (Code.NONE, 0)
    assert (partition.end, partition.durable, partition.read(0, 1000)) == (3, 0, b"")
    partition.confirm(3)
    assert partition.read(0, 1000)


def test_reading_gives_the_batch_that_holds_the_offset(tmp_path: Path) -> None:
    """An offset in the middle of a batch gives the whole batch; the reader skips what it has."""
    partition = Partition(tmp_path / "p")
    for _ in range(3):
        appended(partition, a_batch(10))
    one = len(a_batch(10))
    assert len(partition.read(15, one)) == one
    assert int.from_bytes(partition.read(15, one)[:8]) == 10
    assert len(partition.read(15, 10 * one)) == 2 * one
    assert len(partition.read(15, 1)) == one
    assert partition.read(30, one) == b""


def test_a_log_is_the_same_after_opening_it_again(tmp_path: Path) -> None:
    """Offsets, bytes, files and producers' sequences are as they were."""
    partition = Partition(tmp_path / "p", segment_bytes=300)
    for number in range(9):
        appended(partition, a_batch(size=50, producer=7, sequence=number))
    before = [partition.read(offset, 1) for offset in range(9)]
    assert len(list((tmp_path / "p").glob("*.log"))) > 2
    again = Partition(tmp_path / "p", segment_bytes=300)
    assert (again.start, again.durable) == (0, 9)
    assert [again.read(offset, 1) for offset in range(9)] == before
    assert again.append(a_batch(size=50, producer=7, sequence=8)) == (Code.NONE, 8)
    assert again.append(a_batch(size=50, producer=7, sequence=10))[0] is Code.OUT_OF_ORDER_SEQUENCE
    assert again.append(a_batch(size=50, producer=7, sequence=9)) == (Code.NONE, 9)


@pytest.mark.parametrize("cut", [1, 30, 61, 65])
def test_a_batch_cut_short_by_a_crash_is_dropped(tmp_path: Path, cut: int) -> None:
    """Wherever the writing stopped, the batches before it stay and the next one takes its offset."""
    partition = Partition(tmp_path / "p")
    appended(partition, a_batch(2))
    (path,) = (tmp_path / "p").glob("*.log")
    whole = path.stat().st_size
    appended(partition, a_batch(2))
    os.truncate(path, whole + cut)
    again = Partition(tmp_path / "p")
    assert again.end == 2
    assert path.stat().st_size == whole
    assert again.append(a_batch()) == (Code.NONE, 2)


def test_a_batch_whose_bytes_changed_is_dropped(tmp_path: Path) -> None:
    """Pages of the last file that never reached the disk show in the checksum."""
    partition = Partition(tmp_path / "p")
    appended(partition, a_batch(2))
    appended(partition, a_batch(2))
    (path,) = (tmp_path / "p").glob("*.log")
    path.write_bytes(path.read_bytes()[:-5] + b"\0\0\0\0\0")
    assert Partition(tmp_path / "p").end == 2


def test_damaged_and_transactional_batches_are_refused(tmp_path: Path) -> None:
    """Neither enters the log."""
    partition = Partition(tmp_path / "p")
    assert partition.append(a_batch()[:-1] + b"?")[0] is Code.CORRUPT_MESSAGE
    assert partition.append(b"rubbish")[0] is Code.CORRUPT_MESSAGE
    assert partition.end == 0


def test_old_files_are_dropped_whole(tmp_path: Path) -> None:
    """Retention goes by when a file was last written, and the log then begins later."""
    partition = Partition(tmp_path / "p", segment_bytes=300)
    for _ in range(9):
        appended(partition, a_batch(size=50))
    files = sorted((tmp_path / "p").glob("*.log"))
    os.utime(files[0], (1000, 1000))
    assert partition.sweep(older_than=2000) == 1
    assert partition.start == int(files[1].stem)
    assert not files[0].exists()


def test_an_idle_log_is_emptied_but_keeps_its_place(tmp_path: Path) -> None:
    """When even the newest record is too old all go, and the next gets the offset it would have had."""
    partition = Partition(tmp_path / "p")
    appended(partition, a_batch(5))
    (file,) = (tmp_path / "p").glob("*.log")
    os.utime(file, (1000, 1000))
    assert partition.sweep(older_than=2000) == 1
    assert (partition.start, partition.end) == (5, 5)
    assert appended(Partition(tmp_path / "p"), a_batch()) == (Code.NONE, 5)


def test_a_trickle_does_not_keep_old_records(tmp_path: Path) -> None:
    """A file begun too long ago is closed though it is still written to, so that it can grow old."""
    partition = Partition(tmp_path / "p")
    appended(partition, a_batch())
    begun = partition.head.begun_at()
    assert partition.sweep(older_than=0, begin_anew=begun - 1) == 0
    assert partition.head.base == 0
    partition.sweep(older_than=0, begin_anew=begun + 1)
    assert (partition.head.base, partition.start) == (1, 0)
    again = Partition(tmp_path / "p")
    assert again.start == 0
    assert appended(again, a_batch()) == (Code.NONE, 1)


def test_a_file_found_at_the_start_knows_its_age(tmp_path: Path) -> None:
    """Its first batch's stamp tells when it was begun: restarts do not make it younger."""
    appended(Partition(tmp_path / "p"), a_batch(at=5_000))
    assert Partition(tmp_path / "p").head.begun_at() == 5.0


def test_a_record_is_found_by_its_time(tmp_path: Path) -> None:
    """The first not before the moment, inside its batch; -1 when all are older."""
    partition = Partition(tmp_path / "p")
    appended(partition, a_batch(5, at=1000))
    appended(partition, a_batch(5, at=2000))
    assert partition.since(0) == (0, 1000)
    assert partition.since(1003) == (3, 1003)
    assert partition.since(1500) == (5, 2000)
    assert partition.since(3000) == (-1, -1)
