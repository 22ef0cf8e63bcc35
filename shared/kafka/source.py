"""What a consumer hands out: records, the stretches of the log they are all of, and where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One message as it lies in the log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a batch covers of one partition: from ``begin`` up to, not including, ``end``."""

    topic: str
    partition: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Records, and the stretches of the log that they were all of."""

    records: tuple[Record, ...]
    stretches: tuple[Stretch, ...]


class Source(Protocol):
    """Where batches come from."""

    async def take(self) -> RawBatch:
        """Wait until something is there, or for a short time; the batch may be empty."""
        ...

    async def told(self, stretches: Sequence[Stretch]) -> None:
        """Tell Kafka how far we are, for its own tools; a failure does no harm."""
        ...

    async def rewind(self) -> None:
        """Forget what was fetched; begin again from the rows."""
        ...
