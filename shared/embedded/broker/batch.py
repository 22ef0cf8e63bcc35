"""The header of a record batch (format 2): read it, check it, give it its place in the log."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from aiokafka.record.util import calc_crc32c

from shared.domain.errors import CountersignError

_HEADER = struct.Struct(">qiibIhiqqqhii")
#: Bytes before the batch's length begins to count: base offset and the length itself.
_PREFIX = 12
#: Where the checksummed part begins.
_CHECKED_FROM = 21
HEADER_BYTES = _HEADER.size
_FORMAT = 2
_TRANSACTIONAL = 0x10
_CONTROL = 0x20
_SEQUENCES = 1 << 31


class UnsoundBatch(CountersignError):
    """The bytes are no whole record batch with a checksum that fits."""


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """What the broker needs to know of a batch; the records stay opaque."""

    base: int
    size: int
    crc: int
    attributes: int
    last_delta: int
    max_timestamp: int
    producer: int
    epoch: int
    sequence: int

    @property
    def next_offset(self) -> int:
        """The offset after the batch's last record."""
        return self.base + self.last_delta + 1

    @property
    def last_sequence(self) -> int:
        """The sequence number of the last record; numbers begin again after 2**31 - 1."""
        return (self.sequence + self.last_delta) % _SEQUENCES

    @property
    def next_sequence(self) -> int:
        """The sequence number that the producer's next batch must begin with."""
        return (self.last_sequence + 1) % _SEQUENCES

    @property
    def is_transactional(self) -> bool:
        """Whether it belongs to a transaction, or ends one."""
        return bool(self.attributes & (_TRANSACTIONAL | _CONTROL))


def read_header(data: bytes | memoryview, at: int = 0) -> BatchHeader:
    """Read the header that begins at ``at``; UnsoundBatch when it cannot be one."""
    if len(data) - at < HEADER_BYTES:
        raise UnsoundBatch("shorter than a header")
    base, length, _, magic, crc, attributes, last_delta, _, newest, producer, epoch, sequence, _ = _HEADER.unpack_from(
        data, at
    )
    if magic != _FORMAT or length + _PREFIX < HEADER_BYTES or last_delta < 0:
        raise UnsoundBatch("not a batch of format 2")
    return BatchHeader(base, length + _PREFIX, crc, attributes, last_delta, newest, producer, epoch, sequence)


def is_sound(data: bytes | memoryview, at: int, header: BatchHeader) -> bool:
    """Tell whether the whole batch is there and its checksum fits."""
    if at + header.size > len(data):
        return False
    return bool(calc_crc32c(bytes(data[at + _CHECKED_FROM : at + header.size])) == header.crc)


def split(data: bytes) -> Iterator[tuple[BatchHeader, bytes]]:
    """Give every batch in a produce request; UnsoundBatch at the first that is not sound."""
    at = 0
    while at < len(data):
        header = read_header(data, at)
        if not is_sound(data, at, header):
            raise UnsoundBatch("the checksum does not fit")
        yield header, data[at : at + header.size]
        at += header.size


def place(data: bytes, base: int) -> bytes:
    """Give the batch its offset; neither that nor the leader epoch is under the checksum."""
    return struct.pack(">q", base) + data[8:12] + b"\0\0\0\0" + data[16:]
