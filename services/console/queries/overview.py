"""What the overview shows beside the deadlines: open holds with their evidence, alarms, what must never be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.console.queries.places import Place, Places
from services.console.timebar import Window, window_from
from shared.db.session import ReadSession
from shared.outbox.invariants import Invariant, kept_by

SERVICES = ("intake", "decision", "notify")
_EVERY_ALARM = " UNION ALL ".join(
    f"SELECT '{name}' AS service, id, kind, subject, case_id, facility_ori, contact, detail, since, due"
    f" FROM {name}.alarms WHERE cleared_at IS NULL"
    for name in SERVICES
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An open hold."""

    case_id: UUID
    detainer_id: str
    place: Place
    booking_number: str
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """An alarm that nobody has cleared."""

    service: str
    id: UUID
    kind: str
    subject: str
    case_id: UUID | None
    place: Place
    contact: str
    detail: str
    since: datetime
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one service looks for each minute, and how often it was found."""

    service: str
    questions: tuple[Invariant, ...]
    found: Mapping[str, int]

    @property
    def broken(self) -> list[Invariant]:
        """Give the questions that did not come back empty."""
        return [one for one in self.questions if self.found.get(one.name)]


async def holds(session: ReadSession, where: Places, *, most: int) -> list[Hold]:
    """Give the open holds, the first to close first."""
    rows = await session.all(
        "SELECT case_id, detainer_id, facility_ori, booking_number, opens_at, closes_at, ended_at, ended_by, clock,"
        " evidence FROM notify.windows WHERE state = 'open' ORDER BY closes_at LIMIT :most",
        most=most,
    )
    return [
        Hold(
            case_id=row.case_id,
            detainer_id=row.detainer_id,
            place=where.of(row.facility_ori),
            booking_number=row.booking_number,
            window=window_of(row, where.of(row.facility_ori).zone),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Row:
    opens_at: datetime
    closes_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    clock: str
    evidence: Mapping[str, Any]


def window_of(row: Any, zone: str) -> Window:
    """Read a window from its row, with the zone that its evidence names."""
    evidence = msgspec.json.decode(row.evidence)
    read = _Row(row.opens_at, row.closes_at, row.ended_at, row.ended_by, row.clock, evidence)
    return window_from(read, evidence.get("time_zone", zone))


async def alarms(session: ReadSession, where: Places, *, most: int) -> tuple[list[Called], int]:
    """Give the alarms of all services that nobody has cleared, the soonest due first, and how many there are."""
    rows = await session.all(
        f"SELECT *, count(*) OVER () AS all_of_them FROM ({_EVERY_ALARM}) AS every"
        " ORDER BY coalesce(due, since), since LIMIT :most",
        most=most,
    )
    called = [
        Called(
            service=row.service,
            id=row.id,
            kind=row.kind,
            subject=row.subject,
            case_id=row.case_id,
            place=where.of(row.facility_ori),
            contact=row.contact,
            detail=row.detail,
            since=row.since,
            due=row.due,
        )
        for row in rows
    ]
    return called, rows[0].all_of_them if rows else 0


async def never(session: ReadSession) -> list[Asked]:
    """Tell what each service asks each minute, and what it found that nobody has cleared."""
    rows = await session.all(
        "SELECT split_part(subject, ' ', 1) AS name, count(*) AS found FROM"
        f" ({_EVERY_ALARM}) AS every WHERE kind = 'promise_broken' GROUP BY 1"
    )
    found = {row.name: row.found for row in rows}
    return [Asked(service=name, questions=tuple(kept_by(name)), found=found) for name in SERVICES]
