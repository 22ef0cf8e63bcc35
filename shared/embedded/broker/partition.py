"""One partition: its log, who waits for more of it, and what its producers have sent."""

import asyncio
from dataclasses import replace
from pathlib import Path

from aiokafka.errors import UnsupportedCodecError
from aiokafka.record import MemoryRecords

from shared.embedded.broker.batch import UnsoundBatch, place, split
from shared.embedded.broker.codes import Code
from shared.embedded.broker.segment import Segment, sync_folder
from shared.embedded.broker.sequences import Sequences

#: A file of the log is closed at this size; retention drops whole files.
SEGMENT_BYTES = 16 << 20


class Partition:
    """A durable log. ``end`` is what was written, ``durable`` what readers may see."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self.waiting: set[asyncio.Event] = set()
        self._segment_bytes = segment_bytes
        self._sequences = Sequences()
        folder.mkdir(parents=True, exist_ok=True)
        self._segments = self._recover()
        self.durable = self.end

    def _recover(self) -> list[Segment]:
        segments = [Segment(path) for path in Segment.paths(self.folder)]
        for segment in segments:
            for header in segment.recover(check=segment is segments[-1]):
                self._sequences.note(header)
        return segments or [Segment.create(self.folder, 0)]

    @property
    def start(self) -> int:
        """The first offset still kept."""
        return self._segments[0].base

    @property
    def end(self) -> int:
        """The offset that the next record will get."""
        return self._segments[-1].end

    @property
    def head(self) -> Segment:
        """The file that is written to: the one to sync."""
        return self._segments[-1]

    def append(self, data: bytes) -> tuple[Code, int]:
        """Write the batches of one request; give the error or NONE, and the first one's offset.

        Nothing is readable until ``confirm``. A batch that was heard before
        is answered with the offset it has.
        """
        try:
            batches = list(split(data))
        except UnsoundBatch:
            return Code.CORRUPT_MESSAGE, -1
        first = -1
        for header, body in batches:
            if header.is_transactional:
                return Code.INVALID_REQUEST, -1
            verdict = self._sequences.check(header)
            if isinstance(verdict, Code):
                if verdict is not Code.NONE:
                    return verdict, -1
                verdict = replace(header, base=self.end)
                self._make_room(verdict.size, self.end)
                self.head.append(verdict, place(body, verdict.base))
                self._sequences.note(verdict)
            first = verdict.base if first < 0 else first
        return Code.NONE, first

    def _make_room(self, size: int, base: int) -> None:
        """Begin a new file when the batch would make this one too long."""
        if self.head.size and self.head.size + size > self._segment_bytes:
            self.head.sync()
            self._segments.append(Segment.create(self.folder, base))

    def confirm(self, upto: int) -> None:
        """Let readers see what is on disk, and wake those who wait."""
        if upto > self.durable:
            self.durable = upto
            for event in self.waiting:
                event.set()

    def read(self, offset: int, limit: int) -> bytes:
        """Give whole batches from ``offset`` on, about ``limit`` bytes; empty at the end."""
        for segment in self._segments:
            if offset < segment.end:
                return segment.read(offset, limit, self.durable)
        return b""

    def since(self, timestamp: int) -> tuple[int, int]:
        """Give offset and timestamp (ms) of the first record not before ``timestamp``, or -1 and -1."""
        for segment in self._segments:
            found = segment.batch_since(timestamp)
            if found is not None:
                base, newest, data = found
                return _first_record(data, timestamp) or (base, newest)
        return -1, -1

    def sweep(self, older_than: float, *, begin_anew: float = 0.0) -> int:
        """Drop the files last written before ``older_than`` (seconds of the machine's clock); say how many.

        The file that is written to is closed when it was begun before
        ``begin_anew``, so that a slow trickle does not keep old records alive.
        """
        stale = self.head.written_at() < older_than or self.head.begun_at() < begin_anew
        if stale and self.head.size and self.durable == self.end:
            self._segments.append(Segment.create(self.folder, self.end))
        dropped = 0
        while len(self._segments) > 1 and self._segments[0].written_at() < older_than:
            self._segments.pop(0).delete()
            dropped += 1
        return dropped

    def delete(self) -> None:
        """Remove the log for good, and let those who wait look again."""
        for segment in self._segments:
            segment.delete()
        self.folder.rmdir()
        sync_folder(self.folder.parent)
        for event in self.waiting:
            event.set()


def _first_record(data: bytes, timestamp: int) -> tuple[int, int] | None:
    """Look inside a batch for the first record not before ``timestamp``; None when it cannot be unpacked."""
    try:
        for record in MemoryRecords(data).next_batch() or ():
            if record.timestamp >= timestamp:
                return record.offset, record.timestamp
    except UnsupportedCodecError:
        return None  # the batch's own first offset is then the answer: never too late
    return None
