"""The queries of what waits: for a booking, behind an event that is set aside, and detainers nobody can match."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.correlate import Identifier
from services.intake.inbound import InboundEvent
from services.intake.store import Name, heard_from
from shared.db.session import ReadSession, WriteSession
from shared.domain.case import HeardEvent

#: Why an event waits though its case is known.
BEHIND_PARKED = "behind_parked"


async def waiting_for(
    session: ReadSession, names: Collection[Identifier]
) -> list[tuple[HeardEvent, tuple[Identifier, ...]]]:
    """Give the events that wait for one of these numbers, each with all numbers of its own."""
    rows = await session.all(
        "SELECT i.source, i.id, i.type, i.time, i.heard_at, i.sequence, r.data,"
        " array_agg(ARRAY[w.kind, w.value]) AS names FROM intake.waiting_identifiers w"
        " JOIN intake.inbox i USING (source, id) JOIN intake.raw_events r USING (source, id)"
        " WHERE i.case_id IS NULL AND (w.source, w.id) IN (SELECT x.source, x.id FROM intake.waiting_identifiers x"
        " JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS u (kind, value) USING (kind, value))"
        " GROUP BY i.source, i.id, r.data",
        kinds=[name.kind for name in names],
        values=[name.value for name in names],
    )
    return [(heard_from(row), tuple(Identifier(kind, value) for kind, value in row.names)) for row in rows]


async def queued_on(session: ReadSession, case_id: UUID) -> list[tuple[HeardEvent, tuple[Identifier, ...]]]:
    """Give the events that queue on a case behind one that is set aside."""
    rows = await session.all(
        "SELECT i.source, i.id, i.type, i.time, i.heard_at, i.sequence, r.data,"
        " coalesce(array_agg(ARRAY[w.kind, w.value]) FILTER (WHERE w.kind IS NOT NULL), '{}') AS names"
        " FROM intake.inbox i JOIN intake.raw_events r USING (source, id)"
        " LEFT JOIN intake.waiting_identifiers w USING (source, id)"
        " WHERE i.case_id = :case_id AND i.state = 'waiting' AND i.reason = :behind GROUP BY i.source, i.id, r.data",
        case_id=case_id,
        behind=BEHIND_PARKED,
    )
    return [(heard_from(row), tuple(Identifier(kind, value) for kind, value in row.names)) for row in rows]


async def queue(session: WriteSession, queued: Sequence[tuple[Name, Sequence[Identifier]]]) -> None:
    """Keep the numbers of events that queue on their cases until what is set aside there is settled."""
    await _keep_names(session, [(name, number) for name, numbers in queued for number in numbers])


async def _keep_names(session: WriteSession, names: Sequence[tuple[Name, Identifier]]) -> None:
    await session.later(
        "INSERT INTO intake.waiting_identifiers (kind, value, source, id) SELECT * FROM unnest(CAST(:kinds AS text[]),"
        " CAST(:values AS text[]), CAST(:sources AS text[]), CAST(:ids AS text[])) ON CONFLICT DO NOTHING",
        kinds=[number.kind for _, number in names],
        values=[number.value for _, number in names],
        sources=[source for (source, _), _ in names],
        ids=[event_id for (_, event_id), _ in names],
    )


async def let_wait(session: WriteSession, waiting: Sequence[tuple[InboundEvent, str, datetime]], now: datetime) -> None:
    """Put events on the waiting list, each with the reason and the instant at which an operator is asked."""
    await session.later(
        "INSERT INTO intake.waiting (source, id, type, facility_ori, reason, time, ask_at, since)"
        " SELECT u.*, CAST(:now AS timestamptz) FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]),"
        " CAST(:types AS text[]), CAST(:oris AS text[]), CAST(:reasons AS text[]), CAST(:times AS timestamptz[]),"
        " CAST(:asks AS timestamptz[])) AS u ON CONFLICT DO NOTHING",
        now=now,
        sources=[e.source for e, *_ in waiting],
        ids=[e.id for e, *_ in waiting],
        types=[e.type for e, *_ in waiting],
        oris=[e.facility_ori for e, *_ in waiting],
        reasons=[reason for _, reason, _ in waiting],
        times=[e.time for e, *_ in waiting],
        asks=[ask_at for *_, ask_at in waiting],
    )
    await _keep_names(session, [((e.source, e.id), number) for e, *_ in waiting for number in e.ties])


async def end_wait(session: WriteSession, names: Collection[Name]) -> None:
    """Take events off the waiting list."""
    for table in ("waiting_identifiers", "waiting"):
        await session.later(
            f"DELETE FROM intake.{table} w USING unnest(CAST(:sources AS text[]), CAST(:ids AS text[]))"
            " AS u (source, id) WHERE w.source = u.source AND w.id = u.id",
            sources=[source for source, _ in names],
            ids=[event_id for _, event_id in names],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A detainer whose booking nobody knows: ICE is told so in time."""

    source: str
    id: str
    detainer_id: str
    case_id: UUID | None
    facility_ori: str
    booking_number: str | None
    lodged_at: datetime
    heard_at: datetime
    due_by: datetime


async def keep_unmatched(
    session: WriteSession, settled: Collection[UUID], placed: Collection[Name], unmatched: Sequence[Unmatched]
) -> None:
    """Forget what is matched by now (whole cases, single events), and keep what is not."""
    if settled:
        await session.later(
            "DELETE FROM intake.unmatched WHERE case_id = ANY (CAST(:cases AS uuid[]))", cases=list(settled)
        )
    if placed:
        await session.later(
            "DELETE FROM intake.unmatched m USING unnest(CAST(:sources AS text[]), CAST(:ids AS text[]))"
            " AS u (source, id) WHERE m.source = u.source AND m.id = u.id",
            sources=[source for source, _ in placed],
            ids=[event_id for _, event_id in placed],
        )
    if unmatched:
        await session.later(
            "INSERT INTO intake.unmatched (source, id, detainer_id, case_id, facility_ori, booking_number, lodged_at,"
            " heard_at, due_by) SELECT * FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]),"
            " CAST(:detainers AS text[]), CAST(:cases AS uuid[]), CAST(:oris AS text[]), CAST(:numbers AS text[]),"
            " CAST(:lodged AS timestamptz[]), CAST(:heard AS timestamptz[]), CAST(:dues AS timestamptz[]))"
            " ON CONFLICT (source, id) DO UPDATE SET case_id = excluded.case_id, due_by = excluded.due_by",
            sources=[u.source for u in unmatched],
            ids=[u.id for u in unmatched],
            detainers=[u.detainer_id for u in unmatched],
            cases=[u.case_id for u in unmatched],
            oris=[u.facility_ori for u in unmatched],
            numbers=[u.booking_number for u in unmatched],
            lodged=[u.lodged_at for u in unmatched],
            heard=[u.heard_at for u in unmatched],
            dues=[u.due_by for u in unmatched],
        )
