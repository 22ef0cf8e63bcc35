"""When a person is called: a notice is late, nobody signed for it, a release was not reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from services.notify.dossier import ICE, Notice
from services.notify.record import SCHEMA, of_notice, write_down
from services.notify.release import is_release_unreported
from services.notify.rows import NOTICE, notice_from, read_decision
from shared.db.session import WriteSession
from shared.domain.decision import Outcome
from shared.outbox.alarms import Alarm, raise_all
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids

_LATE = "due_by <= :now AND delivered_at IS NULL AND late_since IS NULL AND state IN ('planned', 'sent')"
_UNSIGNED = "receipt_by <= :now AND receipt_by IS NOT NULL AND acknowledged_at IS NULL AND unacknowledged_since IS NULL"


@dataclass(frozen=True, slots=True)
class Operator:
    """Calls the operator, or whom the facility named, of all that has fallen due; each call gives back how many."""

    session: WriteSession
    outbox: Outbox
    ids: Ids
    now: datetime
    most: int

    async def late(self) -> int:
        """Tell of each notice that has not reached its recipient by the time it was due."""
        rows = await self._take("late_since", _LATE)
        late = [(notice_from(row), row.contact) for row in rows]
        await self._call("notice_late", late, "has not been fetched by the time it was due")
        return len(rows)

    async def unacknowledged(self) -> int:
        """Tell of each notice without a receipt; of one that never arrived, a person was told as late already."""
        rows = await self._take("unacknowledged_since", _UNSIGNED)
        unsigned = [(notice_from(row), row.contact) for row in rows if row.late_since is None]
        await self._call("notice_unacknowledged", unsigned, "was sent, and nobody has acknowledged it")
        return len(rows)

    async def unreported(self) -> int:
        """Tell of each release that a jail asked about and has not reported since."""
        rows = await self.session.all(
            "UPDATE notify.checks c SET reminded_at = :now WHERE c.case_id IN (SELECT case_id FROM notify.checks"
            " WHERE reminded_at IS NULL AND remind_at <= :now ORDER BY case_id LIMIT :most FOR UPDATE SKIP LOCKED)"
            " RETURNING c.case_id, c.facility_ori, c.asked_at, c.remind_at, ARRAY(SELECT d.decision"
            " FROM notify.dossiers d WHERE d.case_id = c.case_id AND d.outcome = :hold) AS holds",
            now=self.now,
            hold=Outcome.HOLD,
            most=self.most,
        )
        alarms = [
            _unreported(row)
            for row in rows
            if any(is_release_unreported(read_decision(hold), self.now) for hold in row.holds)
        ]
        await raise_all(self.session, SCHEMA, self.ids, alarms)
        return len(rows)

    async def not_handed_over(self) -> int:
        """Tell of each copy that the law owes the person, and of which nobody has said that the person has it."""
        rows = await self.session.all(
            "UPDATE notify.copies_owed o SET called_at = :now FROM notify.notices n LEFT JOIN intake.facilities f"
            " ON f.ori = n.facility_ori WHERE n.id = o.notice_id AND o.notice_id IN (SELECT notice_id"
            " FROM notify.copies_owed WHERE hand_by <= :now AND settled_at IS NULL AND called_at IS NULL"
            " ORDER BY notice_id LIMIT :most FOR UPDATE SKIP LOCKED)"
            " RETURNING o.notice_id, o.facility_ori, o.hand_by, n.case_id, f.contact",
            now=self.now,
            most=self.most,
        )
        await raise_all(self.session, SCHEMA, self.ids, [_not_handed_over(row, self.now) for row in rows])
        return len(rows)

    async def _take(self, mark: str, which: str) -> list[Row[Any]]:
        """Mark deliveries as called for, so that their instant vanishes, and give them with the facility's contact."""
        return await self.session.all(
            f"UPDATE notify.deliveries d SET {mark} = :now FROM notify.notices n LEFT JOIN intake.facilities f"
            " ON f.ori = n.facility_ori WHERE n.id = d.notice_id AND d.notice_id IN (SELECT notice_id"
            f" FROM notify.deliveries WHERE {which} ORDER BY notice_id LIMIT :most FOR UPDATE SKIP LOCKED)"
            f" RETURNING {NOTICE}, d.late_since, f.contact",
            now=self.now,
            most=self.most,
        )

    async def _call(self, kind: str, notices: Sequence[tuple[Notice, str | None]], what: str) -> None:
        happened = [of_notice(kind.replace("_", "."), notice, self.now) for notice, _ in notices]
        await write_down(self.session, self.outbox, happened)
        alarms = [
            Alarm(
                kind=kind,
                subject=str(notice.id),
                detail=f"{notice.kind} to {notice.recipient} {what}: reach the recipient another way.",
                since=self.now,
                due=notice.due_by,
                case_id=notice.case_id,
                facility_ori=notice.facility_ori,
                contact="operator" if notice.recipient == ICE else contact or "operator",
            )
            for notice, contact in notices
        ]
        await raise_all(self.session, SCHEMA, self.ids, alarms)


def _not_handed_over(row: Row[Any], now: datetime) -> Alarm:
    return Alarm(
        kind="copy_not_handed_over",
        subject=str(row.notice_id),
        detail="The law owes the person a copy, and the jail has not said that it was handed over: have it done, and"
        " recorded.",
        since=now,
        due=row.hand_by,
        case_id=row.case_id,
        facility_ori=row.facility_ori,
        contact=row.contact or "operator",
    )


def _unreported(row: Row[Any]) -> Alarm:
    return Alarm(
        kind="release_due_not_reported",
        # Each hour that passes in vain is told of, also where an earlier one was cleared.
        subject=f"{row.case_id} {row.asked_at.isoformat()}",
        detail="The jail asked whether it may release, was told to hold, and has not reported that release is due.",
        since=row.asked_at,
        due=row.remind_at,
        case_id=row.case_id,
        facility_ori=row.facility_ori,
    )
