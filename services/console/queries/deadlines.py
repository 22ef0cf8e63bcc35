"""Every deadline that runs, or has passed with nobody having said that it is settled; the nearest first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.console.queries.places import Place, Places
from shared.db.session import ReadSession

#: So many of each kind are read, the nearest first, and so many of those that have passed, the latest first: what
#: nobody fetched for days must not hide the next hold that closes, nor take the page its time.
MOST = 1000
#: An answer goes to few, so that so many deliveries make as many answers at least.
_RECIPIENTS = 4
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
_ANSWERS = f"""
SELECT 'answer', min(due_by), case_id, detainer_id, min(facility_ori), min(booking_number),
    max(outcome), CAST(min(CAST(id AS text)) AS uuid), min(send_at),
    CASE WHEN bool_or(state = 'planned' AND send_at < CAST(:now AS timestamptz) - interval '1 minute')
         THEN 'not_sent' WHEN bool_or(state = 'sent') THEN 'not_delivered' END,
    string_agg(DISTINCT recipient, ', ')
FROM (SELECT d.due_by, d.send_at, d.state, d.recipient, n.id, n.case_id, n.detainer_id, n.facility_ori,
          n.booking_number, n.outcome
      FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id
      WHERE d.delivered_at IS NULL AND d.late_since IS NULL AND d.state IN ('planned', 'sent')
          AND n.kind IN ('decision', 'correction', 'unmatched')
      ORDER BY d.due_by LIMIT {_RECIPIENTS} * CAST(:most AS bigint)) AS owed
GROUP BY case_id, detainer_id"""
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
FROM (SELECT kind, due, since, CASE WHEN kind IN ('notice_late', 'notice_unacknowledged')
          THEN CAST(subject AS uuid) END AS notice_id FROM notify.alarms
      WHERE kind IN ('notice_late', 'notice_unacknowledged') AND cleared_at IS NULL
      ORDER BY since DESC LIMIT CAST(:most AS bigint)) a
    JOIN notify.deliveries d ON d.notice_id = a.notice_id JOIN notify.notices n ON n.id = d.notice_id
WHERE d.acknowledged_at IS NULL AND (a.kind <> 'notice_late' OR d.delivered_at IS NULL)"""
_EACH = (_HOLDS, _ANSWERS, _REVIEWS, _RECEIPTS, _PASSED)
# The second column is the instant. Bounded one by one, each is read along an index as far as it is needed.
_ALL = " UNION ALL ".join(f"(SELECT * FROM ({each}) AS one ORDER BY 2 LIMIT CAST(:most AS bigint))" for each in _EACH)


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
    rows = await session.all(f"SELECT * FROM ({_ALL}) AS every ORDER BY due_at, kind", now=now, most=MOST)
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


def is_cut(found: Sequence[Deadline]) -> bool:
    """Tell whether there are more of a kind than were read, so that counts are at least what they say."""
    counts = Counter((one.kind, one.trouble == "passed") for one in found)
    passed = sum(count for (_, has_passed), count in counts.items() if has_passed)
    return max([passed, *counts.values()], default=0) >= MOST


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
