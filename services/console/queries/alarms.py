"""Every alarm that nobody has cleared, of all services in one list, with what hangs on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.console.liberty import Stake, hours_at_risk
from shared.db.session import ReadSession

_SERVICES = ("intake", "decision", "notify", "watchdog")
_NOTICE = "kind IN ('notice_late', 'notice_unacknowledged')"


def _of(service: str) -> str:
    return (
        f"SELECT '{service}' AS service, a.id, a.kind, a.subject, a.case_id, a.facility_ori, a.contact, a.detail,"
        " a.since, a.due, a.taken_by, a.taken_at, w.closes_at, n.kind AS notice, n.recipient, n.outcome"
        # The cast stands apart: row security lets no index be asked for what is cast in the same breath, and
        # all notices would be read for each alarm.
        f" FROM (SELECT *, CASE WHEN {_NOTICE} THEN CAST(subject AS uuid) END AS notice_id FROM {service}.alarms"
        " WHERE cleared_at IS NULL OFFSET 0) a"
        " LEFT JOIN LATERAL (SELECT max(closes_at) AS closes_at FROM notify.windows"
        " WHERE case_id = a.case_id AND state <> 'closed') w ON true"
        " LEFT JOIN notify.notices n ON n.id = a.notice_id"
    )


_OPEN = " UNION ALL ".join(_of(service) for service in _SERVICES)
_CLEARED = " UNION ALL ".join(
    f"SELECT '{service}' AS service, id, kind, case_id, cleared_at, cleared_by, cleared_reason FROM {service}.alarms"
    " WHERE cleared_at > :since"
    for service in _SERVICES
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm:
    """One alarm, and the hours of liberty that hang on it."""

    service: str
    id: UUID
    kind: str
    subject: str
    facility_ori: str | None
    contact: str
    detail: str
    since: datetime
    due: datetime | None
    taken_by: str | None
    taken_at: datetime | None
    stake: Stake
    hours: float

    @property
    def case_id(self) -> UUID | None:
        """Give the case that it is about, where it is about one."""
        return self.stake.case_id


async def open_alarms(session: ReadSession, now: datetime) -> list[OpenAlarm]:
    """Give all open alarms: most liberty at risk first, then what is due soonest, then what stands longest."""
    rows = await session.all(_OPEN)
    found = []
    for row in rows:
        stake = Stake(
            kind=row.kind,
            case_id=row.case_id,
            closes_at=row.closes_at,
            notice=row.notice,
            recipient=row.recipient,
            outcome=row.outcome,
        )
        found.append(
            OpenAlarm(
                service=row.service,
                id=row.id,
                kind=row.kind,
                subject=row.subject,
                facility_ori=row.facility_ori,
                contact=row.contact,
                detail=row.detail,
                since=row.since,
                due=row.due,
                taken_by=row.taken_by,
                taken_at=row.taken_at,
                stake=stake,
                hours=hours_at_risk(stake, now),
            )
        )
    return ranked(found)


def ranked(alarms: Sequence[OpenAlarm]) -> list[OpenAlarm]:
    """Put alarms in the order in which a person should go through them."""
    return sorted(alarms, key=lambda one: (-one.hours, one.due is None, one.due or one.since, one.since, one.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedAlarm:
    """An alarm that somebody has cleared, and why."""

    service: str
    id: UUID
    kind: str
    case_id: UUID | None
    cleared_at: datetime
    cleared_by: str
    cleared_reason: str


async def cleared_since(session: ReadSession, since: datetime, most: int = 50) -> list[ClearedAlarm]:
    """Give what was cleared lately, the newest first."""
    rows = await session.all(f"{_CLEARED} ORDER BY cleared_at DESC LIMIT :most", since=since, most=most)
    return [ClearedAlarm(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
