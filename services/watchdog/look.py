"""Look for what notify should have done by now and has not; a person is called, each time once.

Every question is asked of instants and states alone. What notify has called somebody for itself is left out, so
in good times this finds nothing but the ends of holds that lie unread minutes before they are due.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from shared.db.session import ReadSession, Sessions
from shared.outbox.alarms import Alarm, raise_all
from shared.runtime.ids import Ids

log = structlog.get_logger()

SCHEMA = "watchdog"
#: In fast time a span of the clock's may be over before a machine has done its work: it is given so long at least.
_MACHINE_S = 5.0
#: Alarms of a kind in one look; the next look goes on.
_MOST = 500


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long notify may take, and how early an unread end is called out; in the clock's time."""

    slack: timedelta
    unseen: timedelta

    @classmethod
    def at(cls, speed: float, *, slack: timedelta, unseen: timedelta) -> "Allowance":
        """Give the allowance for a clock of this speed."""
        return cls(max(slack, timedelta(seconds=_MACHINE_S * speed)), unseen)


_END = "n.kind = 'hold_ended' AND n.recipient = 'jail:' || n.facility_ori"
_NOTICE = (
    "SELECT CAST(n.id AS text) AS subject, n.case_id, n.facility_ori, d.due_by AS due, f.contact"
    " FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id"
    " LEFT JOIN intake.facilities f ON f.ori = n.facility_ori WHERE"
)
_WINDOW = (
    "SELECT CAST(w.id AS text) AS subject, w.case_id, w.facility_ori, w.closes_at AS due, f.contact"
    " FROM notify.windows w LEFT JOIN intake.facilities f ON f.ori = w.facility_ori WHERE"
)
_UNSENT = "d.state = 'planned' AND (d.burst_id IS NULL OR d.passed) AND d.send_at <= :overdue"
_UNREAD = "d.delivered_at IS NULL AND d.late_since IS NULL AND d.state IN ('planned', 'sent')"
_UNSIGNED = (
    "d.receipt_by <= :overdue AND d.receipt_by IS NOT NULL AND d.acknowledged_at IS NULL"
    " AND d.unacknowledged_since IS NULL"
)

_MISSING = (
    f"{_WINDOW} w.state <> 'closed' AND NOT EXISTS (SELECT FROM notify.notices n JOIN notify.deliveries d"
    f" ON d.notice_id = n.id WHERE n.case_id = w.case_id AND n.window_id = w.id AND {_END} AND d.state <> 'replaced')"
)
_NOT_CLOSED = f"{_WINDOW} w.state = 'open' AND w.closes_at <= :overdue"
_END_UNSENT = f"{_NOTICE} {_UNSENT} AND {_END}"
_END_UNSEEN = f"{_NOTICE} {_UNREAD} AND d.due_by <= :soon AND d.sent_at <= :overdue AND {_END}"
_END_UNSIGNED = f"{_NOTICE} {_UNSIGNED} AND {_END}"
#: All else that notify has left undone is one alarm, since its cause is one.
_STANDS_STILL = (
    f"SELECT count(*) AS many, min(due) AS due, min(subject) AS subject FROM ({_NOTICE} {_UNSENT} AND NOT ({_END})"
    f" UNION ALL {_NOTICE} {_UNREAD} AND d.due_by <= :overdue"
    f" UNION ALL {_NOTICE} {_UNSIGNED} AND NOT ({_END})) AS left_undone"
    f" WHERE NOT EXISTS (SELECT FROM {SCHEMA}.alarms WHERE kind = 'notify_stands_still' AND cleared_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Watchdog:
    """Asks the questions, and calls a person where one of them has an answer."""

    sessions: Sessions
    ids: Ids
    allowance: Allowance

    async def tick(self) -> int:
        """Look once; there is never more to do at once."""
        async with self.sessions.transaction() as session:
            alarms = await self._all(session, self.sessions.clock.now())
            await raise_all(session, SCHEMA, self.ids, alarms)
        for alarm in alarms:
            log.error("watchdog.calls", kind=alarm.kind, subject=alarm.subject, facility_ori=alarm.facility_ori)
        return 0

    async def _all(self, session: ReadSession, now: datetime) -> list[Alarm]:
        missing = "A hold window stands, and there is no notice of its end: tell the jail when it closes."
        unsent = "The end of a hold should have been told and was not: tell the jail before it is due."
        unseen = "The end of a hold lies unread and is due in minutes: telephone the jail."
        unsigned = "The end of a hold has no receipt, and notify has called nobody: ask the jail whether it has it."
        not_closed = "A hold window is past its closing instant and still open: the hold has ended; tell the jail so."
        return [
            *await self._ask(session, now, "hold_end_missing", _MISSING, missing),
            *await self._ask(session, now, "hold_end_unsent", _END_UNSENT, unsent),
            *await self._ask(session, now, "hold_end_unseen", _END_UNSEEN, unseen),
            *await self._ask(session, now, "hold_end_unsigned", _END_UNSIGNED, unsigned),
            *await self._ask(session, now, "hold_not_closed", _NOT_CLOSED, not_closed),
            *await self._standstill(session, now),
        ]

    async def _ask(self, session: ReadSession, now: datetime, kind: str, which: str, detail: str) -> list[Alarm]:
        """Call a person for each row that a question finds, and that none was called for yet."""
        rows = await session.all(
            f"SELECT * FROM ({which}) AS found WHERE NOT EXISTS (SELECT FROM {SCHEMA}.alarms a"
            " WHERE a.kind = :kind AND a.subject = found.subject) LIMIT :most",
            kind=kind,
            most=_MOST,
            **_only(which, self._spans(now)),
        )
        return [
            Alarm(
                kind=kind,
                subject=row.subject,
                detail=detail,
                since=now,
                due=row.due,
                case_id=row.case_id,
                facility_ori=row.facility_ori,
                contact=row.contact or "operator",
            )
            for row in rows
        ]

    async def _standstill(self, session: ReadSession, now: datetime) -> list[Alarm]:
        row = await session.one(_STANDS_STILL, **_only(_STANDS_STILL, self._spans(now)))
        if row is None or not row.many:
            return []
        detail = f"{row.many} notices should have been sent or called out by notify, and were not; is it running?"
        return [Alarm(kind="notify_stands_still", subject=row.subject, detail=detail, since=now, due=row.due)]

    def _spans(self, now: datetime) -> dict[str, datetime]:
        return {"overdue": now - self.allowance.slack, "soon": now + self.allowance.unseen}


def _only(sql: str, values: dict[str, datetime]) -> dict[str, datetime]:
    """Give the values that a question asks for."""
    return {name: value for name, value in values.items() if f":{name}" in sql}
