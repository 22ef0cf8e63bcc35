"""Notices on their way to endpoints: planned with their place in the feed, claimed while they still are true.

Nothing here speaks to anyone: a claim is committed before a message leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notify import endpoints, message
from services.notify.claimed import Due, load
from services.notify.dossier import Notice, Stage
from services.notify.endpoints import Endpoint, EndpointState
from services.notify.latest import still_stands
from shared.db.session import ReadSession, WriteSession
from shared.runtime.clock import machine_now

#: Whoever has claimed must have settled by then, machine time: four rounds of attempts of ten seconds, and some.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice to be sent now."""

    notice: Notice
    body: bytes
    #: How many attempts there were before this one.
    tries: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one sender has in hand for one endpoint; it may be nothing, where all of it was overtaken."""

    endpoint: Endpoint
    keys: Sequence[bytes]
    letters: Sequence[Letter]


async def plan(session: WriteSession, notices: Sequence[Notice], now: datetime) -> None:
    """Let notices that are put into feeds go to their recipients' endpoints as well."""
    await session.later(
        "INSERT INTO notify.sends (notice_id, endpoint_id, detainer_id, kind, state, tries, next_at, leased_until)"
        " SELECT n.id, e.id, n.detainer_id, n.kind, 'waiting', 0, CAST(:now AS timestamptz), '-infinity'"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:recipients AS text[]), CAST(:detainers AS text[]),"
        " CAST(:kinds AS text[])) AS n (id, recipient, detainer_id, kind)"
        " JOIN notify.endpoints e ON e.recipient = n.recipient"
        " AND (e.state = 'active' OR (e.state = 'suspended' AND n.kind = 'hold_ended'))",
        now=now,
        ids=[notice.id for notice in notices],
        recipients=[notice.recipient for notice in notices],
        detainers=[notice.detainer_id for notice in notices],
        kinds=[notice.kind for notice in notices],
    )


async def again(session: WriteSession, endpoint_id: UUID, notice_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Let notices of the recipient's feed go to its endpoint once more, or for the first time; give which."""
    rows = await session.all(
        "INSERT INTO notify.sends AS s"
        " (notice_id, endpoint_id, detainer_id, kind, state, tries, next_at, leased_until)"
        " SELECT n.id, e.id, n.detainer_id, n.kind, 'waiting', 0, CAST(:now AS timestamptz), '-infinity'"
        " FROM notify.endpoints e JOIN notify.notices n ON n.recipient = e.recipient"
        " JOIN notify.deliveries d ON d.notice_id = n.id AND d.position IS NOT NULL"
        " WHERE e.id = :endpoint AND e.state = 'active' AND n.id = ANY (CAST(:ids AS uuid[]))"
        " ON CONFLICT (notice_id, endpoint_id) DO UPDATE SET tries = 0, next_at = excluded.next_at,"
        " state = 'waiting', result = NULL WHERE s.state <> 'waiting' RETURNING s.notice_id",
        endpoint=endpoint_id,
        now=now,
        ids=list(notice_ids),
    )
    return [row.notice_id for row in rows]


async def waiting(session: ReadSession, busy: Sequence[UUID], now: datetime) -> list[UUID]:
    """Give the endpoints, but the busy ones, that something is due for."""
    rows = await session.all(
        "SELECT e.id FROM notify.endpoints e WHERE e.id <> ALL (CAST(:busy AS uuid[])) AND EXISTS (SELECT"
        " FROM notify.sends s WHERE s.endpoint_id = e.id AND s.state = 'waiting' AND s.next_at <= :now"
        " AND s.leased_until <= :machine)",
        busy=list(busy),
        now=now,
        machine=machine_now(),
    )
    return [row.id for row in rows]


async def claim(session: WriteSession, endpoint_id: UUID, now: datetime, *, most: int) -> Claimed | None:
    """Claim what is due for an endpoint and still true; None when nothing is due.

    Of a detainer only one notice at a time is under way to an endpoint, so that no word comes in after its
    successor. One that fails is asked about one notice at a time, the ends of holds first.
    """
    endpoint = await endpoints.locked(session, endpoint_id)
    await _withdraw(session, endpoint)
    most, urgent = (1, "s.kind <> 'hold_ended', ") if endpoint.failures else (most, "")
    machine = machine_now()
    rows = await session.all(
        "SELECT s.notice_id, s.detainer_id, s.tries FROM notify.sends s WHERE s.endpoint_id = :id"
        " AND s.state = 'waiting' AND s.next_at <= :now AND s.leased_until <= :machine AND NOT EXISTS (SELECT"
        " FROM notify.sends o WHERE o.endpoint_id = s.endpoint_id AND o.detainer_id = s.detainer_id"
        f" AND o.state = 'waiting' AND o.leased_until > :machine) ORDER BY {urgent}s.next_at, s.notice_id LIMIT :most",
        id=endpoint_id,
        now=now,
        machine=machine,
        most=most,
    )
    if not rows:
        return None
    first: dict[str, UUID] = {}
    for row in rows:
        first.setdefault(row.detainer_id, row.notice_id)
    tries = {row.notice_id: row.tries for row in rows if first[row.detainer_id] == row.notice_id}
    dues = await load(session, list(tries))
    gone = await replaced(session, list(tries))
    over = [due.notice.id for due in dues if not is_latest(due, gone, now)]
    signed = [due.notice.id for due in dues if due.notice.stage is Stage.ACKNOWLEDGED and tries[due.notice.id]]
    await close(session, endpoint_id, over, "overtaken")
    await close(session, endpoint_id, [each for each in signed if each not in over], "confirmed")
    going = [due for due in dues if due.notice.id not in {*over, *signed}]
    await session.run(
        "UPDATE notify.sends SET leased_until = :until"
        " WHERE endpoint_id = :id AND notice_id = ANY (CAST(:ids AS uuid[]))",
        until=machine + LEASE,
        id=endpoint_id,
        ids=[due.notice.id for due in going],
    )
    letters = [
        Letter(due.notice, message.of_notice(due.body, endpoint.content), tries[due.notice.id])
        for due in sorted(going, key=lambda due: due.notice.id)
    ]
    return Claimed(endpoint, await endpoints.keys_of(session, endpoint_id), letters)


def is_latest(due: Due, gone: frozenset[UUID], now: datetime) -> bool:
    """Tell whether a notice of the feed may be sent another way now; ``gone`` are those with a successor."""
    told = due.body["window"]
    return still_stands(
        due.notice,
        due.decision,
        due.window,
        now,
        is_replaced=due.notice.id in gone,
        told_end=told is not None and told["ended_at"] is not None,
    )


async def replaced(session: ReadSession, notice_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Give those of the notices whose successor exists: a correction, sent or planned, or an end that was sent.

    The end of a hold is planned with its opening, so it takes the place of what its window said only once it is out.
    """
    rows = await session.all(
        "SELECT n.replaces AS id FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id"
        " WHERE n.replaces = ANY (CAST(:ids AS uuid[])) AND d.state <> 'replaced' AND n.kind <> 'hold_ended'"
        " UNION SELECT o.id FROM notify.notices o JOIN notify.notices n ON n.case_id = o.case_id"
        " AND n.detainer_id = o.detainer_id AND n.window_id = o.window_id AND n.recipient = o.recipient"
        " AND n.kind = 'hold_ended' JOIN notify.deliveries d ON d.notice_id = n.id AND d.position IS NOT NULL"
        " WHERE o.id = ANY (CAST(:ids AS uuid[])) AND o.kind IN ('hold_opened', 'hold_closing')",
        ids=list(notice_ids),
    )
    return frozenset(row.id for row in rows)


async def _withdraw(session: WriteSession, endpoint: Endpoint) -> None:
    """Let go of what an endpoint gets no more: all if its owner wants none, all but the ends of holds if it is dead."""
    if endpoint.state is not EndpointState.ACTIVE:
        await session.run(
            "UPDATE notify.sends SET state = 'failed', result = :state WHERE endpoint_id = :id AND state = 'waiting'"
            " AND (:state <> 'suspended' OR kind <> 'hold_ended')",
            id=endpoint.id,
            state=endpoint.state,
        )


async def close(session: WriteSession, endpoint_id: UUID, notice_ids: Sequence[UUID], state: str) -> None:
    """End sends that still wait: confirmed, failed or overtaken."""
    if notice_ids:
        await session.run(
            "UPDATE notify.sends SET state = :state, leased_until = '-infinity' WHERE endpoint_id = :id"
            " AND notice_id = ANY (CAST(:ids AS uuid[])) AND state = 'waiting'",
            id=endpoint_id,
            ids=list(notice_ids),
            state=state,
        )
