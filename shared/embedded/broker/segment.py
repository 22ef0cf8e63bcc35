"""One file of a partition's log: batches one after another, and an index of them in memory."""

import mmap
import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path

from shared.embedded.broker.batch import BatchHeader, UnsoundBatch, is_sound, read_header

_SUFFIX = ".log"


class Segment:
    """A file named for the offset it begins with; only the last one of a log is written to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.base = int(path.stem)
        self.end = self.base
        self.size = 0
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._bases = array("q")
        self._places = array("q")
        self._newest = array("q")
        self._begun: float | None = None

    @classmethod
    def create(cls, folder: Path, base: int) -> "Segment":
        """Begin a new file and make its name durable."""
        segment = cls(folder / f"{base:020d}{_SUFFIX}")
        sync_folder(folder)
        return segment

    @staticmethod
    def paths(folder: Path) -> list[Path]:
        """Give the files of a log in order."""
        return sorted(folder.glob(f"*{_SUFFIX}"))

    def recover(self, *, check: bool) -> Iterator[BatchHeader]:
        """Index what is on disk, giving each header; a torn tail is cut off.

        ``check`` reads the checksums too: needed for the last file only, since
        earlier ones were synced whole before it was begun.
        """
        length = os.fstat(self._fd).st_size
        if length:
            with mmap.mmap(self._fd, length, access=mmap.ACCESS_READ) as data, memoryview(data) as view:
                yield from self._walk(view, check=check)
        if self.size < length:
            os.ftruncate(self._fd, self.size)
            self.sync()

    def _walk(self, view: memoryview, *, check: bool) -> Iterator[BatchHeader]:
        while self.size < len(view):
            try:
                header = read_header(view, self.size)
            except UnsoundBatch:
                return
            whole = self.size + header.size <= len(view)
            if not whole or header.base < self.end or (check and not is_sound(view, self.size, header)):
                return
            self._index(header)
            yield header

    def _index(self, header: BatchHeader) -> None:
        self._bases.append(header.base)
        self._places.append(self.size)
        self._newest.append(header.max_timestamp)
        self.size += header.size
        self.end = header.next_offset

    def append(self, header: BatchHeader, data: bytes) -> None:
        """Write a batch at the end; it is safe only after the next ``sync``."""
        written = os.pwrite(self._fd, data, self.size)
        if written != len(data):
            raise OSError(f"only {written} of {len(data)} bytes went to {self.path}: is the disk full?")
        if not self.size:
            self._begun = self.written_at()
        self._index(header)

    def read(self, offset: int, limit: int, before: int) -> bytes:
        """Give whole batches from the one that holds ``offset``, at least one, none at or after ``before``."""
        first = max(bisect_right(self._bases, offset) - 1, 0)
        stop = bisect_left(self._bases, before)
        if first >= stop:
            return b""
        start = self._places[first]
        last = bisect_right(self._places, start + limit, first + 1, stop) - 1
        if self._end_of(last) - start > limit and last > first:
            last -= 1
        return os.pread(self._fd, self._end_of(last) - start, start)

    def _end_of(self, number: int) -> int:
        return self._places[number + 1] if number + 1 < len(self._places) else self.size

    def batch_since(self, timestamp: int) -> tuple[int, int, bytes] | None:
        """Give base offset, newest timestamp and bytes of the first batch that reaches ``timestamp`` (ms)."""
        for number, newest in enumerate(self._newest):
            if newest >= timestamp:
                start = self._places[number]
                return self._bases[number], newest, os.pread(self._fd, self._end_of(number) - start, start)
        return None

    def sync(self) -> None:
        """Wait until what was appended is on disk."""
        os.fdatasync(self._fd)

    def begun_at(self) -> float:
        """Tell when its first batch was written, in seconds of the machine's clock.

        Of a file that was found at the start, the batch's own stamp is believed.
        """
        if self._begun is None:
            self._begun = min(self._newest[0] / 1000, self.written_at()) if self._newest else self.written_at()
        return self._begun

    def written_at(self) -> float:
        """Tell when it was last written, in seconds of the machine's clock."""
        return os.fstat(self._fd).st_mtime

    def delete(self) -> None:
        """Remove the file; a sync that is under way ends undisturbed."""
        self.path.unlink()

    def __del__(self) -> None:
        # Not sooner: the syncing thread may still hold the segment, and a number that
        # was closed under its hands could by then stand for another file.
        os.close(self._fd)


def sync_folder(folder: Path) -> None:
    """Make names that were added to or taken from a folder durable."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
