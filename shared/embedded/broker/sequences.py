"""What the broker remembers of idempotent producers, so that a repeated batch is kept once."""

from collections import deque
from dataclasses import dataclass, field

from shared.embedded.broker.batch import BatchHeader
from shared.embedded.broker.codes import Code

#: A producer has at most this many unconfirmed batches, so older ones are never repeated.
_REMEMBERED = 5


@dataclass(slots=True)
class _Producer:
    epoch: int
    recent: deque[BatchHeader] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class Sequences:
    """The last batches of each producer in one partition."""

    def __init__(self) -> None:
        self._producers: dict[int, _Producer] = {}

    def note(self, header: BatchHeader) -> None:
        """Remember a batch that the log holds."""
        if header.producer < 0:
            return
        known = self._producers.get(header.producer)
        if known is None or known.epoch != header.epoch:
            known = self._producers[header.producer] = _Producer(header.epoch)
        known.recent.append(header)

    def check(self, header: BatchHeader) -> Code | BatchHeader:
        """Say NONE when it may be appended, an error, or the batch that it repeats."""
        known = self._producers.get(header.producer) if header.producer >= 0 else None
        if known is None or header.epoch > known.epoch:
            return Code.NONE
        if header.epoch < known.epoch:
            return Code.INVALID_PRODUCER_EPOCH
        for earlier in known.recent:
            if (earlier.sequence, earlier.last_delta) == (header.sequence, header.last_delta):
                return earlier
        in_turn = header.sequence == known.recent[-1].next_sequence
        return Code.NONE if in_turn else Code.OUT_OF_ORDER_SEQUENCE
