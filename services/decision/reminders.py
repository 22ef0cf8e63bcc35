"""Call a person over a review that has no answer: first whoever answers, then somebody else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.decision.review_clock import ReviewClock
from shared.db.session import Sessions, WriteSession
from shared.outbox.alarms import Alarm, raise_all
from shared.runtime.ids import Ids

_MOST_DUE = 500


@dataclass(frozen=True, slots=True)
class Reminders:
    """Looks at the clocks of reviews. Needs this database and nothing else."""

    sessions: Sessions
    ids: Ids

    async def on_due(self) -> int:
        """Call for each review whose next call has come, set the one after it; give back how many there were."""
        async with self.sessions.transaction() as session:
            now = self.sessions.clock.now()
            rows = await session.all(
                "SELECT r.id, r.case_id, r.facility_ori, r.office, r.opened_at, r.answer_by, r.due_by, r.state,"
                " EXISTS (SELECT FROM decision.answers a WHERE a.review_id = r.id AND a.needs_second AND NOT EXISTS"
                " (SELECT FROM decision.approvals p WHERE p.answer_id = a.id)) AS proposed"
                " FROM decision.reviews r WHERE r.call_at <= :now AND r.call_at IS NOT NULL"
                " AND r.state IN ('open', 'claimed') ORDER BY r.call_at, r.id LIMIT :most FOR UPDATE SKIP LOCKED",
                now=now,
                most=_MOST_DUE,
            )
            if rows:
                await self._call(session, rows, now)
        return len(rows)

    async def _call(self, session: WriteSession, rows: list[Any], now: datetime) -> None:
        alarms = [_overdue(row) if row.answer_by <= now else _waiting(row) for row in rows]
        await raise_all(session, "decision", self.ids, alarms)
        await session.run(
            "INSERT INTO decision.review_acts (id, review_id, case_id, facility_ori, at, act)"
            " SELECT u.id, u.review_id, u.case_id, u.ori, CAST(:now AS timestamptz), u.act"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:reviews AS uuid[]), CAST(:cases AS uuid[]),"
            " CAST(:oris AS text[]), CAST(:acts AS text[])) AS u (id, review_id, case_id, ori, act)",
            now=now,
            ids=[self.ids.new() for _ in rows],
            reviews=[row.id for row in rows],
            cases=[row.case_id for row in rows],
            oris=[row.facility_ori for row in rows],
            acts=["escalated" if row.answer_by <= now else "reminded" for row in rows],
        )
        await session.run(
            "UPDATE decision.reviews r SET call_at = u.call_at"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:calls AS timestamptz[])) AS u (id, call_at) WHERE r.id = u.id",
            ids=[row.id for row in rows],
            calls=[ReviewClock(remind_at=now, answer_by=row.answer_by).next_call(now) for row in rows],
        )


def _waiting(row: Any) -> Alarm:
    wanted = "a second person" if row.proposed else "an answer"
    return Alarm(
        kind="review_waiting",
        # A question put anew has a clock of its own, and is called for anew.
        subject=f"{row.id}/{row.answer_by.isoformat()}",
        detail=f"A review ({row.state}) waits for {wanted}; half of the time for it is gone.",
        since=row.opened_at,
        due=row.answer_by,
        case_id=row.case_id,
        facility_ori=row.facility_ori,
        contact=row.office or "operator",
    )


def _overdue(row: Any) -> Alarm:
    wanted = "nobody has approved its answer" if row.proposed else "it has no answer"
    return Alarm(
        kind="review_overdue",
        subject=f"{row.id}/{row.answer_by.isoformat()}",
        detail=f"The answer to a review ({row.state}) was wanted by now and {wanted}: any of the office may claim it.",
        since=row.answer_by,
        due=row.due_by,
        case_id=row.case_id,
        facility_ori=row.facility_ori,
    )
