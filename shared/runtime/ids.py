"""Make ids, in one place: UUIDv7, ordered by the machine's clock."""

import os
import time
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

_MILLISECONDS_BITS = 48
#: Random bytes of one id, and how many ids they are drawn for together.
_NOISE_BYTES, _DRAWN = 10, 512
_SALT_BYTES = 16


class Ids(Protocol):
    """The port behind which a simulation puts ids of its own."""

    def new(self) -> UUID:
        """Give back an id that was never given before."""
        ...


class UuidV7:
    """Random ids whose first 48 bits are the machine's milliseconds, so that indexes grow at one end."""

    def __init__(self) -> None:
        self._noise = b""
        self._at = 0

    def new(self) -> UUID:
        """Give back a fresh UUIDv7 (RFC 9562)."""
        milliseconds = time.time_ns() // 1_000_000
        noise = int.from_bytes(self._random(), "big")
        value = (milliseconds & ((1 << _MILLISECONDS_BITS) - 1)) << 80
        value |= 0x7 << 76 | (noise >> 68 & 0xFFF) << 64 | 0b10 << 62 | noise & ((1 << 62) - 1)
        return UUID(int=value)

    def _random(self) -> bytes:
        """Take the next random bytes; they are drawn many at a time, since each drawing is a call to the system."""
        if self._at == len(self._noise):
            self._noise, self._at = os.urandom(_NOISE_BYTES * _DRAWN), 0
        start, self._at = self._at, self._at + _NOISE_BYTES
        return self._noise[start : self._at]


def salts(count: int) -> list[bytes]:
    """Give so many salts of 16 random bytes, drawn together."""
    drawn = os.urandom(_SALT_BYTES * count)
    return [drawn[at : at + _SALT_BYTES] for at in range(0, len(drawn), _SALT_BYTES)]


def least_at(instant: datetime) -> UUID:
    """Give the least id that could have been made at an instant: all later ones are greater."""
    return UUID(int=max(0, int(instant.timestamp() * 1000)) << 80)


def made_at(made: UUID) -> datetime:
    """Give the machine's instant at which one of our ids was made."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
