"""What must happen by itself: windows open and close, notices leave, and a person is told of what is late.

All that waits is a row with an instant; ``notify.due`` is the earliest of them, and each of these jobs
takes its own rows out of it. None needs more than this database and a clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import inf

from services.notify import bursts, calls, deliver
from services.notify.dossier import Margins
from services.notify.draft import Moment
from services.notify.record import of_window, write_down
from services.notify.rows import window_from
from services.notify.unmatched import plan_unmatched
from services.notify.valve import USUAL, Limits
from shared.db.session import Sessions, WriteSession
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids
from shared.runtime.metrics import UNSENT_DUE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Does what has fallen due; ``sent`` is called when something new lies in a feed.

    ``post`` is called when something may be due that others carry out of the house.
    """

    sessions: Sessions
    outbox: Outbox
    ids: Ids
    margins: Margins
    sent: Callable[[], None]
    post: Callable[[], None]
    #: Most rows of a kind taken in one transaction.
    most: int = 500
    #: More than these wait for a person.
    limits: Limits = USUAL

    async def tick(self) -> int:
        """Do all that is due at this instant; give back how many things were done."""
        if not await self._is_anything_due():
            return 0
        jobs = (self._open, self._close, self._unmatched, self._let_pass, self._send, self._call)
        done = 0
        for job in jobs:
            async with self.sessions.transaction() as session:
                done += await job(session, self.sessions.clock.now())
        self.post()
        return done

    async def _is_anything_due(self) -> bool:
        async with self.sessions.reading() as session:
            row = await session.one(
                "SELECT due_at, (SELECT due_by FROM notify.deliveries WHERE state = 'planned'"
                " AND delivered_at IS NULL AND late_since IS NULL ORDER BY due_by LIMIT 1) AS unsent FROM notify.due"
            )
        now = self.sessions.clock.now()
        if row is None:
            return False
        UNSENT_DUE_SECONDS.set((row.unsent - now).total_seconds() if row.unsent else inf)
        return row.due_at is not None and row.due_at <= now

    async def _open(self, session: WriteSession, now: datetime) -> int:
        return await self._move(
            session, now, "hold.opened", "SET state = 'open'", "w.state = 'planned' AND w.opens_at <= :now"
        )

    async def _close(self, session: WriteSession, now: datetime) -> int:
        return await self._move(
            session,
            now,
            "hold.closed",
            "SET state = 'closed', ended_at = closes_at, ended_by = 'clock'",
            "w.state = 'open' AND w.closes_at <= :now",
        )

    async def _move(self, session: WriteSession, now: datetime, kind: str, change: str, due: str) -> int:
        rows = await session.all(
            f"UPDATE notify.windows {change} WHERE id IN (SELECT w.id FROM notify.windows w WHERE {due}"
            " ORDER BY w.id LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING *",
            now=now,
            most=self.most,
        )
        await write_down(session, self.outbox, [of_window(kind, window_from(row), now) for row in rows])
        return len(rows)

    async def _unmatched(self, session: WriteSession, now: datetime) -> int:
        moment = Moment(now=now, margins=self.margins, new_id=self.ids.new)
        return await plan_unmatched(session, self.outbox, moment, most=self.most)

    async def _let_pass(self, session: WriteSession, now: datetime) -> int:
        return await bursts.let_pass_in_time(session, now)

    async def _send(self, session: WriteSession, now: datetime) -> int:
        done = await deliver.send_due(session, self.outbox, self.ids, self.margins, self.limits, now, most=self.most)
        if done:
            session.afterwards(self.sent)
        return done

    async def _call(self, session: WriteSession, now: datetime) -> int:
        """Tell a person of what a recipient has left undone, the worst first."""
        operator = calls.Operator(session, self.outbox, self.ids, now, self.most)
        return (
            await operator.late()
            + await operator.unacknowledged()
            + await operator.unreported()
            + await operator.not_handed_over()
        )
