"""Forget that messages of our own were heard, once no topic can bring them again.

Intake forgets no event while it keeps its case; this is for the inboxes whose messages we made ourselves. Their
ids begin with the machine's time, so what is old lies together at one end of the index.
"""

from datetime import timedelta

from shared.db.session import Sessions
from shared.kafka.topics import RETENTION_MS
from shared.runtime.clock import machine_now, machine_seconds
from shared.runtime.ids import least_at

#: Twice as long as the topics keep them: who sets an offset back as far as it goes still finds them heard.
KEPT = timedelta(milliseconds=2 * RETENTION_MS)
_EVERY_S = 600.0
_MOST = 10_000


class Prune:
    """Takes old rows out of one inbox, some at a time, every ten minutes of the machine's time."""

    def __init__(self, schema: str, sessions: Sessions) -> None:
        self._schema = schema
        self._sessions = sessions
        self._next_s = 0.0

    async def tick(self) -> int:
        """Take out as many as one transaction should; give how many, so that one is called again."""
        if machine_seconds() < self._next_s:
            return 0
        async with self._sessions.transaction() as session:
            gone = await session.run(
                f"DELETE FROM {self._schema}.inbox WHERE message_id IN (SELECT message_id FROM {self._schema}.inbox"
                " WHERE message_id < :before ORDER BY message_id LIMIT :most)",
                before=least_at(machine_now() - KEPT),
                most=_MOST,
            )
        if gone < _MOST:
            self._next_s = machine_seconds() + _EVERY_S
        return gone
