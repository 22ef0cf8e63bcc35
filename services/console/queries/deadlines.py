"""Every deadline that runs, or has passed with nobody having said that it is settled; the nearest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.console.queries.places import Place, Places
from shared.db.session import ReadSession

#: Beyond so many the board counts and no longer draws each one.
MOST = 1000
#: A review with less than this left is at risk, whoever has claimed it.
REVIEW_RISK = timedelta(hours=2)
#: What was sent and has not arrived is at risk from here on; nobody has much time left to telephone.
ARRIVAL_RISK = timedelta(hours=1)

_HOLDS = """
SELECT 'hold' AS kind, w.closes_at AS due_at, w.case_id, w.detainer_id, w.facility_ori, w.booking_number,
    'HOLD' AS outcome, w.id AS subject, w.opens_at AS since,
    CASE WHEN c.parked_events > 0 THEN 'parked'
         WHEN EXISTS (SELECT FROM notify.deliveries d WHERE d.window_id = w.id AND d.unacknowledged_since IS NOT NULL
              AND d.acknowledged_at IS NULL) THEN 'unacknowledged' END AS trouble, NULL AS note
FROM notify.windows w JOIN intake.cases c ON c.case_id = w.case_id WHERE w.state = 'open'"""
#: An answer is due as long as one of those it is for has not got it.
_ANSWERS = """
SELECT 'answer', min(d.due_by), n.case_id, n.detainer_id, min(n.facility_ori), min(n.booking_number),
    max(n.outcome), CAST(min(CAST(n.id AS text)) AS uuid), min(d.send_at),
    CASE WHEN bool_or(d.state = 'planned' AND d.send_at < CAST(:now AS timestamptz) - interval '1 minute')
         THEN 'not_sent' WHEN bool_or(d.state = 'sent') THEN 'not_delivered' END,
    string_agg(DISTINCT d.recipient, ', ')
FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id
WHERE d.delivered_at IS NULL AND d.late_since IS NULL AND d.state IN ('planned', 'sent')
    AND n.kind IN ('decision', 'correction', 'unmatched')
GROUP BY n.case_id, n.detainer_id"""
_REVIEWS = """
SELECT 'review', CASE WHEN r.answer_by > :now THEN r.answer_by ELSE r.due_by END,
    r.case_id, r.detainer_id, r.facility_ori, r.booking_number, 'REVIEW', r.id, r.opened_at,
    CASE WHEN r.answer_by <= :now THEN 'overdue' ELSE r.state END, r.claimed_by
FROM decision.reviews r WHERE r.state IN ('open', 'claimed')"""
_RECEIPTS = """
SELECT 'receipt', d.receipt_by, n.case_id, n.detainer_id, n.facility_ori, n.booking_number, n.outcome, n.id,
    d.sent_at, d.state, n.kind || ' to ' || d.recipient
FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id
WHERE d.receipt_by IS NOT NULL AND d.acknowledged_at IS NULL AND d.unacknowledged_since IS NULL"""
#: What is past stays on the board until a person has cleared its alarm.
_PASSED = """
SELECT CASE a.kind WHEN 'notice_late' THEN 'answer' ELSE 'receipt' END, coalesce(a.due, a.since), n.case_id,
    n.detainer_id, n.facility_ori, n.booking_number, n.outcome, n.id, a.since, 'passed',
    n.kind || ' to ' || n.recipient
FROM notify.alarms a JOIN notify.deliveries d
    ON d.notice_id = CASE WHEN a.kind IN ('notice_late', 'notice_unacknowledged') THEN CAST(a.subject AS uuid) END
    JOIN notify.notices n ON n.id = d.notice_id
WHERE a.kind IN ('notice_late', 'notice_unacknowledged') AND a.cleared_at IS NULL AND d.acknowledged_at IS NULL
    AND (a.kind <> 'notice_late' OR d.delivered_at IS NULL)"""
_EACH = (_HOLDS, _ANSWERS, _REVIEWS, _RECEIPTS, _PASSED)
_ALL = " UNION ALL ".join(_EACH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One instant by which something must have happened."""

    #: hold, answer, review or receipt.
    kind: str
    due_at: datetime
    case_id: UUID | None
    detainer_id: str
    place: Place
    booking_number: str | None
    outcome: str | None
    #: The window, notice or review.
    subject: UUID
    since: datetime | None
    trouble: str | None
    note: str | None
    is_late: bool
    #: Why it is at risk, in words; None while it is in time.
    risk: str | None

    @property
    def state(self) -> str:
        """Give ok, risk or late."""
        return "late" if self.is_late else "risk" if self.risk else "ok"


async def deadlines(session: ReadSession, where: Places, now: datetime) -> list[Deadline]:
    """Give the deadlines that run, the nearest first."""
    rows = await session.all(f"SELECT * FROM ({_ALL}) AS every ORDER BY due_at, kind LIMIT :most", now=now, most=MOST)
    return [
        Deadline(
            kind=row.kind,
            due_at=row.due_at,
            case_id=row.case_id,
            detainer_id=row.detainer_id,
            place=where.of(row.facility_ori),
            booking_number=row.booking_number,
            outcome=row.outcome,
            subject=row.subject,
            since=row.since,
            trouble=row.trouble,
            note=row.note,
            is_late=row.due_at <= now or row.trouble == "passed",
            risk=at_risk(row.kind, row.trouble, row.due_at - now),
        )
        for row in rows
    ]


def at_risk(kind: str, trouble: str | None, left: timedelta) -> str | None:
    """Say why a deadline is at risk: the way to it is broken, blocked or unproven; None while it is in time."""
    if kind == "hold":
        return {
            "parked": "a message of this case is set aside, and may be what ends the hold",
            "unacknowledged": "a warning was not acknowledged",
        }.get(trouble or "")
    if kind == "answer" and trouble == "not_sent":
        return "decided, not told"
    if kind == "answer" and trouble == "not_delivered" and left < ARRIVAL_RISK:
        return "sent, not fetched"
    if kind == "review" and (left < REVIEW_RISK or trouble == "overdue"):
        return "an answer was wanted before now" if trouble == "overdue" else "not answered"
    if kind == "receipt" and left < ARRIVAL_RISK:
        return "no receipt yet"
    return None
