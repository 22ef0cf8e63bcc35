"""What is sent and not done, the endpoints and how they do, the attempts at them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from shared.db.session import ReadSession

_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A notice that its recipient has not acknowledged."""

    notice_id: UUID
    kind: str
    recipient: str
    case_id: UUID | None
    facility_ori: str
    state: str
    due_by: datetime
    receipt_by: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    late_since: datetime | None
    unacknowledged_since: datetime | None
    tries: int
    next_at: datetime | None
    endpoint_id: UUID | None

    @property
    def wanted_by(self) -> datetime:
        """Give the instant that counts now: of arriving, then of signing."""
        return self.receipt_by if self.delivered_at and self.receipt_by else self.due_by

    @property
    def stage(self) -> str:
        """Say how far it is: sent is not delivered, and delivered is not acknowledged."""
        if self.late_since and not self.delivered_at:
            return "late"
        if self.unacknowledged_since:
            return "no receipt"
        return {"planned": "planned", "sent": "sent", "delivered": "delivered"}.get(self.state, self.state)


async def wanted(session: ReadSession, now: datetime, most: int = 100) -> list[Undone]:
    """Give what has left and is not acknowledged, by what is wanted first; planned ones only when they are due."""
    rows = await session.all(
        "SELECT d.notice_id, n.kind, d.recipient, n.case_id, d.facility_ori, d.state, d.due_by, d.receipt_by,"
        " d.sent_at, d.delivered_at, d.late_since, d.unacknowledged_since, coalesce(a.tries, 0) AS tries,"
        " CAST(NULL AS timestamptz) AS next_at, a.endpoint_id"
        " FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id"
        " LEFT JOIN LATERAL (SELECT count(*) AS tries, (array_agg(endpoint_id ORDER BY id DESC))[1] AS endpoint_id"
        " FROM notify.attempts WHERE notice_id = d.notice_id AND endpoint_id IS NOT NULL) a ON true"
        " WHERE d.acknowledged_at IS NULL AND (d.state IN ('sent', 'delivered') AND (d.receipt_by IS NOT NULL"
        " OR d.delivered_at IS NULL) OR d.state = 'planned' AND d.send_at <= :now)"
        " ORDER BY least(d.due_by, d.receipt_by), d.notice_id LIMIT :most",
        now=now,
        most=most,
    )
    found = [Undone(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return sorted(found, key=lambda one: (one.wanted_by, one.notice_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a recipient wants its notices, and how that goes."""

    id: UUID
    recipient: str
    facility_ori: str | None
    url: str
    state: str
    state_since: datetime
    state_reason: str
    failures: int
    failing_since: datetime | None
    attempts: int
    failed: int
    last_success: datetime | None
    median_ms: float | None
    slow_ms: float | None

    @property
    def host(self) -> str:
        """Give the host alone: a path may hold a secret of the recipient's."""
        return urlsplit(self.url).hostname or "no host"

    @property
    def health(self) -> str:
        """Say how it does: a word that says what to do."""
        if self.state != "active":
            return self.state
        return f"failing, {self.failures} in a row" if self.failures else "answering"

    @property
    def is_ill(self) -> bool:
        """Tell whether somebody should look at it."""
        return self.state == "suspended" or (self.state == "active" and self.failures > 0)


async def endpoints(session: ReadSession, now: datetime) -> list[Endpoint]:
    """Give the endpoints: those in trouble first."""
    rows = await session.all(
        "SELECT e.id, e.recipient, e.facility_ori, e.url, e.state, e.state_since, e.state_reason, e.failures,"
        " e.failing_since, a.attempts, a.failed, a.last_success, a.median_ms, a.slow_ms FROM notify.endpoints e"
        " LEFT JOIN LATERAL (SELECT count(*) AS attempts,"
        " count(*) FILTER (WHERE result <> 'confirmed') AS failed,"
        " max(at) FILTER (WHERE result = 'confirmed') AS last_success,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms) AS median_ms,"
        " percentile_cont(0.99) WITHIN GROUP (ORDER BY took_ms) AS slow_ms"
        " FROM notify.attempts WHERE endpoint_id = e.id AND at > :since) a ON true ORDER BY e.id",
        since=now - _DAY,
    )
    found = [Endpoint(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return sorted(found, key=lambda one: (not one.is_ill, one.state == "disabled", one.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to reach a recipient."""

    id: UUID
    notice_id: UUID
    kind: str | None
    case_id: UUID | None
    recipient: str
    way: str
    at: datetime
    result: str
    status: int | None
    took_ms: int | None


async def attempts(session: ReadSession, most: int = 30) -> list[Attempt]:
    """Give the last attempts that went out of the house, the newest first."""
    rows = await session.all(
        "SELECT a.id, a.notice_id, n.kind, n.case_id, a.recipient, a.way, a.at, a.result, a.status, a.took_ms"
        " FROM notify.attempts a LEFT JOIN notify.notices n ON n.id = a.notice_id"
        " WHERE a.endpoint_id IS NOT NULL OR a.way <> 'pull' ORDER BY a.id DESC LIMIT :most",
        most=most,
    )
    return [Attempt(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
