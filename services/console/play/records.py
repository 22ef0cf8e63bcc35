"""What the database holds once a play has ended: everything the verdict is made of, read at one instant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

SERVICES = ("intake", "decision", "notify")


class _FoldedDetainer(msgspec.Struct):
    detainer_id: str
    status: str


class _FoldedGone(msgspec.Struct):
    at: datetime
    how: str


class _Folded(msgspec.Struct):
    detainers: list[_FoldedDetainer] = []
    gone: _FoldedGone | None = None


_read_folded = msgspec.json.Decoder(_Folded).decode
_read_told = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event that intake knows, by its source and id."""

    name: tuple[str, str]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """An event that a service has set aside; ``digest`` is of its bytes."""

    service: str
    name: tuple[str | None, str | None]
    code: str
    digest: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event without a booking, and whether an operator has been told."""

    name: tuple[str, str]
    is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case: custody, its detainers with their status, and how and when the person left."""

    id: UUID
    custody: str
    time_zone: str
    detainers: dict[str, str]
    gone_at: datetime | None
    gone_how: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The standing decision of a detainer; ``number`` 0 where there is none."""

    case_id: UUID
    detainer_id: str
    number: int
    #: How many decisions there are, and the highest number among them.
    count: int
    top: int
    outcome: str | None
    policy: str | None
    rule: str | None
    citation: str | None
    has_window: bool
    told: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A hold window, and what became of the notice of its end to the jail."""

    id: UUID
    case_id: UUID
    opens_at: datetime
    closes_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    #: Due and delivered instants of its end-of-hold notices to the jail that were not overtaken.
    told: tuple[tuple[datetime, datetime | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A notice that was not with its recipient when it was due."""

    notice_id: UUID
    kind: str
    recipient: str
    due_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWord:
    """The last answer that a recipient was told about a detainer."""

    case_id: UUID
    detainer_id: str
    recipient: str
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All of it."""

    events: Sequence[Event] = ()
    aside: Sequence[Aside] = ()
    waiting: Sequence[Waiting] = ()
    cases: Sequence[Case] = ()
    standings: Sequence[Standing] = ()
    windows: Sequence[Window] = ()
    late: Sequence[Late] = ()
    last_words: Sequence[LastWord] = ()
    #: How the last review of each detainer ended.
    reviews: Sequence[str] = ()
    #: Letters still in an outbox, and timers still to fire, by service.
    letters: dict[str, int] = field(default_factory=dict)
    timers: dict[str, datetime] = field(default_factory=dict)
    #: Counts of the work that was done.
    work: dict[str, int] = field(default_factory=dict)


async def read_records(engine: AsyncEngine) -> Records:
    """Read everything in one transaction that sees one instant."""
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return Records(
            events=[Event(name=(r.source, r.id), state=r.state) for r in await _rows(connection, _EVENTS)],
            aside=[
                Aside(service=r.service, name=(r.source, r.event_id), code=r.code, digest=r.digest)
                for r in await _rows(connection, _ASIDE)
            ],
            waiting=[Waiting(name=(r.source, r.id), is_told=r.is_told) for r in await _rows(connection, _WAITING)],
            cases=[_case(r) for r in await _rows(connection, _CASES)],
            standings=[_standing(r) for r in await _rows(connection, _STANDINGS)],
            windows=[_window(r) for r in await _rows(connection, _WINDOWS)],
            late=[Late(**r._mapping) for r in await _rows(connection, _LATE)],  # noqa: SLF001 - public in SQLAlchemy
            last_words=[LastWord(**r._mapping) for r in await _rows(connection, _LAST_WORDS)],  # noqa: SLF001 - the same
            reviews=[r.state for r in await _rows(connection, _REVIEWS)],
            letters={r.service: r.letters for r in await _rows(connection, _LETTERS) if r.letters},
            timers={r.service: r.due_at for r in await _rows(connection, _TIMERS) if r.due_at is not None},
            work={r.what: r.many for r in await _rows(connection, _WORK)},
        )


async def _rows(connection: AsyncConnection, sql: str) -> Sequence[Row[Any]]:
    return (await connection.execute(text(sql))).all()


def _case(row: Row[Any]) -> Case:
    folded = _read_folded(row.folded)
    return Case(
        id=row.case_id,
        custody=row.custody,
        time_zone=row.time_zone,
        detainers={detainer.detainer_id: detainer.status for detainer in folded.detainers},
        gone_at=folded.gone.at if folded.gone else None,
        gone_how=folded.gone.how if folded.gone else None,
    )


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        case_id=row.case_id,
        detainer_id=row.detainer_id,
        number=row.number,
        count=row.count_,
        top=row.top,
        outcome=row.outcome,
        policy=row.policy,
        rule=row.rule,
        citation=row.citation,
        has_window=row.has_window,
        told=_read_told(row.told) if row.told else {},
    )


def _window(row: Row[Any]) -> Window:
    return Window(
        id=row.id,
        case_id=row.case_id,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        told=tuple(zip(row.due, row.delivered, strict=True)),
    )


def _each(sql: str) -> str:
    """Repeat a query for each service's schema."""
    return " UNION ALL ".join(sql.replace("SCHEMA", name) for name in SERVICES)


_EVENTS = "SELECT source, id, state FROM intake.inbox"
_ASIDE = _each(
    "SELECT 'SCHEMA' AS service, source, event_id, code, sha256(message) AS digest"
    " FROM SCHEMA.parked WHERE state = 'parked'"
)
_WAITING = "SELECT source, id, asked_at IS NOT NULL AS is_told FROM intake.waiting"
_CASES = """
    SELECT c.case_id, c.custody, c.folded, coalesce(f.time_zone, 'UTC') AS time_zone
    FROM intake.cases c LEFT JOIN intake.facilities f ON f.ori = c.facility_ori
"""
# What was told is read only where it is needed: to see why a hold has no window.
_STANDINGS = """
    SELECT d.case_id, d.detainer_id, d.number, d.outcome, d.policy, d.rule, s.citation,
        coalesce(n.count_, 0) AS count_, coalesce(n.top, 0) AS top, s.opens_at IS NOT NULL AS has_window,
        CASE WHEN d.outcome = 'HOLD' AND s.opens_at IS NULL THEN s.told END AS told
    FROM decision.dossiers d
    LEFT JOIN decision.decisions s ON s.id = d.decision_id
    LEFT JOIN (
        SELECT case_id, detainer_id, count(*) AS count_, max(number) AS top FROM decision.decisions GROUP BY 1, 2) n
        ON n.case_id = d.case_id AND n.detainer_id = d.detainer_id
"""
_WINDOWS = """
    SELECT w.id, w.case_id, w.opens_at, w.closes_at, w.ended_at, w.ended_by,
        coalesce(t.due, '{}') AS due, coalesce(t.delivered, '{}') AS delivered
    FROM notify.windows w LEFT JOIN (
        SELECT n.window_id, array_agg(d.due_by ORDER BY n.id) AS due,
            array_agg(d.delivered_at ORDER BY n.id) AS delivered
        FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
        WHERE n.kind = 'hold_ended' AND n.recipient = 'jail:' || n.facility_ori AND d.state <> 'replaced'
        GROUP BY n.window_id) t ON t.window_id = w.id
"""
_LATE = """
    SELECT d.notice_id, n.kind, d.recipient, d.due_by
    FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id
    WHERE d.state <> 'replaced' AND (d.late_since IS NOT NULL OR d.delivered_at IS NULL OR d.delivered_at > d.due_by)
"""
_LAST_WORDS = """
    SELECT DISTINCT ON (n.case_id, n.detainer_id, n.recipient) n.case_id, n.detainer_id, n.recipient, n.outcome
    FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
    WHERE n.kind IN ('decision', 'correction') AND n.case_id IS NOT NULL AND d.position IS NOT NULL
    ORDER BY n.case_id, n.detainer_id, n.recipient, d.position DESC
"""
_REVIEWS = """
    SELECT DISTINCT ON (case_id, detainer_id) state FROM decision.reviews
    ORDER BY case_id, detainer_id, opened_at DESC, id DESC
"""
_LETTERS = _each("SELECT 'SCHEMA' AS service, count(*) AS letters FROM SCHEMA.outbox")
_TIMERS = _each("SELECT 'SCHEMA' AS service, due_at FROM SCHEMA.due")
_WORK = """
    SELECT 'records_heard' AS what, coalesce(sum(position), 0)::bigint AS many FROM intake.offsets
    UNION ALL SELECT 'case_versions', coalesce(sum(version), 0)::bigint FROM intake.cases
    UNION ALL SELECT 'decisions', count(*) FROM decision.decisions
    UNION ALL SELECT 'reviews_opened', count(*) FROM decision.reviews
    UNION ALL SELECT 'notices', count(*) FROM notify.notices
    UNION ALL SELECT 'corrections', count(*) FROM notify.notices WHERE kind = 'correction'
    UNION ALL SELECT 'deliveries', count(*) FROM notify.deliveries WHERE delivered_at IS NOT NULL
    UNION ALL SELECT 'receipts', count(*) FROM notify.receipts
    UNION ALL SELECT 'alarms', (SELECT count(*) FROM intake.alarms) + (SELECT count(*) FROM decision.alarms)
        + (SELECT count(*) FROM notify.alarms)
"""
