"""What must happen by itself: windows open and close, notices leave, and a person is told of what is late.

All that waits is a row with an instant; ``notify.due`` is the earliest of them, and each of these jobs
takes its own rows out of it. None needs more than this database and a clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import inf

from services.notify import deliver
from services.notify.dossier import ICE, Margins
from services.notify.draft import Moment
from services.notify.record import SCHEMA, of_notice, of_window, write_down
from services.notify.release import is_release_unreported
from services.notify.rows import NOTICE, notice_from, read_decision, window_from
from services.notify.unmatched import plan_unmatched
from shared.db.session import Sessions, WriteSession
from shared.domain.decision import Outcome
from shared.outbox.alarms import Alarm, raise_all
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids
from shared.runtime.metrics import UNSENT_DUE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Does what has fallen due; ``sent`` is called when something new lies in a feed."""

    sessions: Sessions
    outbox: Outbox
    ids: Ids
    margins: Margins
    sent: Callable[[], None]
    #: Most rows of a kind taken in one transaction.
    most: int = 500

    async def tick(self) -> int:
        """Do all that is due at this instant; give back how many things were done."""
        if not await self._is_anything_due():
            return 0
        jobs = (self._open, self._close, self._unmatched, self._send, self._remind, self._call_late)
        done = 0
        for job in jobs:
            async with self.sessions.transaction() as session:
                done += await job(session, self.sessions.clock.now())
        return done

    async def _is_anything_due(self) -> bool:
        async with self.sessions.reading() as session:
            row = await session.one(
                "SELECT due_at, (SELECT min(due_by) FROM notify.deliveries WHERE state = 'planned'"
                " AND delivered_at IS NULL AND late_since IS NULL) AS unsent FROM notify.due"
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

    async def _send(self, session: WriteSession, now: datetime) -> int:
        done = await deliver.send_due(session, self.outbox, self.ids, now, most=self.most)
        if done:
            session.afterwards(self.sent)
        return done

    async def _remind(self, session: WriteSession, now: datetime) -> int:
        """Tell an operator of a release that a jail asked about and has not reported since."""
        rows = await session.all(
            "UPDATE notify.checks c SET reminded_at = :now WHERE c.case_id IN (SELECT case_id FROM notify.checks"
            " WHERE reminded_at IS NULL AND remind_at <= :now ORDER BY case_id LIMIT :most FOR UPDATE SKIP LOCKED)"
            " RETURNING c.case_id, c.facility_ori, c.asked_at, c.remind_at, ARRAY(SELECT d.decision"
            " FROM notify.dossiers d WHERE d.case_id = c.case_id AND d.outcome = :hold) AS holds",
            now=now,
            hold=Outcome.HOLD,
            most=self.most,
        )
        await raise_all(
            session,
            SCHEMA,
            self.ids,
            [
                Alarm(
                    kind="release_due_not_reported",
                    subject=str(row.case_id),
                    detail="The jail asked whether it may release, was told to hold, and has not reported that"
                    " release is due.",
                    since=row.asked_at,
                    due=row.remind_at,
                    case_id=row.case_id,
                    facility_ori=row.facility_ori,
                )
                for row in rows
                if any(is_release_unreported(read_decision(hold), now) for hold in row.holds)
            ],
        )
        return len(rows)

    async def _call_late(self, session: WriteSession, now: datetime) -> int:
        """Tell a person of each notice that has not reached its recipient by the time it was due."""
        rows = await session.all(
            "UPDATE notify.deliveries d SET late_since = :now FROM notify.notices n LEFT JOIN intake.facilities f"
            " ON f.ori = n.facility_ori WHERE n.id = d.notice_id AND d.notice_id IN (SELECT notice_id"
            " FROM notify.deliveries WHERE due_by <= :now AND delivered_at IS NULL AND late_since IS NULL"
            " AND state IN ('planned', 'sent') ORDER BY notice_id LIMIT :most FOR UPDATE SKIP LOCKED)"
            f" RETURNING {NOTICE}, f.contact",
            now=now,
            most=self.most,
        )
        late = [(notice_from(row), row.contact) for row in rows]
        await write_down(session, self.outbox, [of_notice("notice.late", notice, now) for notice, _ in late])
        await raise_all(
            session,
            SCHEMA,
            self.ids,
            [
                Alarm(
                    kind="notice_late",
                    subject=str(notice.id),
                    detail=f"{notice.kind} to {notice.recipient} has not been fetched by the time it was due:"
                    " reach the recipient another way.",
                    since=now,
                    due=notice.due_by,
                    case_id=notice.case_id,
                    facility_ori=notice.facility_ori,
                    contact="operator" if notice.recipient == ICE else contact or "operator",
                )
                for notice, contact in late
            ],
        )
        return len(late)
