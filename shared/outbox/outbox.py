"""Told for sure: messages are rows of the same transaction, published after it and then ticked off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.db.session import WriteSession
from shared.kafka.envelope import pack
from shared.runtime.clock import machine_now
from shared.runtime.ids import Ids

#: Until then the row is the publishing process's own; afterwards the sweep takes it for left behind.
LEASE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message on its way: the row's id, and what goes on the topic."""

    id: UUID
    topic: str
    key: str
    message: bytes
    #: Under which trace it goes on; it lives in memory alone, and a sweep after a crash knows none.
    trace: str | None = None


class Outbox:
    """Writes messages into one service's outbox and hands them to its relay after the commit."""

    def __init__(self, schema: str, ids: Ids, hand_over: Callable[[Sequence[Letter]], None]) -> None:
        self._schema = schema
        self._ids = ids
        self._hand_over = hand_over

    def letter(self, topic: str, kind: str, *, key: str, time: datetime, data: Any) -> Letter:
        """Make a message about ``key``, happening at ``time``."""
        message_id = self._ids.new()
        return Letter(message_id, topic, key, pack(message_id, self._schema, kind, time, key, data))

    async def tell(self, session: WriteSession, letters: Sequence[Letter]) -> None:
        """Write the messages down with everything else in this transaction."""
        if not letters:
            return
        if session.traces:
            letters = [replace(letter, trace=session.traces.get(letter.key)) for letter in letters]
        await session.later(
            f"INSERT INTO {self._schema}.outbox (id, topic, key, message, leased_until)"
            " SELECT *, CAST(:leased_until AS timestamptz) FROM unnest(CAST(:ids AS uuid[]), CAST(:topics AS text[]),"
            " CAST(:keys AS text[]), CAST(:messages AS bytea[]))",
            ids=[letter.id for letter in letters],
            topics=[letter.topic for letter in letters],
            keys=[letter.key for letter in letters],
            messages=[letter.message for letter in letters],
            leased_until=machine_now() + LEASE,
        )
        session.afterwards(lambda: self._hand_over(letters))
