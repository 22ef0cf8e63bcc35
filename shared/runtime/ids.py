"""Make ids, in one place: UUIDv7, ordered by the machine's clock."""

import os
import time
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

_MILLISECONDS_BITS = 48


class Ids(Protocol):
    """The port behind which a simulation puts ids of its own."""

    def new(self) -> UUID:
        """Give back an id that was never given before."""
        ...


class UuidV7:
    """Random ids whose first 48 bits are the machine's milliseconds, so that indexes grow at one end."""

    def new(self) -> UUID:
        """Give back a fresh UUIDv7 (RFC 9562)."""
        milliseconds = time.time_ns() // 1_000_000
        noise = int.from_bytes(os.urandom(10), "big")
        value = (milliseconds & ((1 << _MILLISECONDS_BITS) - 1)) << 80
        value |= 0x7 << 76 | (noise >> 68 & 0xFFF) << 64 | 0b10 << 62 | noise & ((1 << 62) - 1)
        return UUID(int=value)


def least_at(instant: datetime) -> UUID:
    """Give the least id that could have been made at an instant: all later ones are greater."""
    return UUID(int=max(0, int(instant.timestamp() * 1000)) << 80)


def made_at(made: UUID) -> datetime:
    """Give the machine's instant at which one of our ids was made."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
