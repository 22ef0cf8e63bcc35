"""Set aside for a person: an event that cannot be handled keeps its bytes, and its case is marked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec

from shared.db.session import WriteSession
from shared.domain.errors import MalformedMessage
from shared.kafka.consumer import Record
from shared.kafka.topics import Topic
from shared.outbox.alarms import Alarm, raise_all
from shared.outbox.inbox import Unhandled
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """One event set aside: where it came from, why, and what is known of whom it concerns."""

    id: UUID
    record: Record
    code: str
    reason: str
    place: str = ""
    mend: str = ""
    source: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    facility_ori: str | None = None
    #: ``ORI/booking number`` where it could be read; None where the key has another shape.
    case_key: str | None = None
    case_id: UUID | None = None


async def park(
    session: WriteSession, schema: str, outbox: Outbox, ids: Ids, parked: Sequence[Parked], now: datetime
) -> None:
    """Keep the events with their bytes, tell operators on ``parked.v1``, and raise an alarm for each."""
    if not parked:
        return
    await session.run(
        f"INSERT INTO {schema}.parked (id, topic, part, position, code, reason, place, mend, source, event_id,"
        " event_type, facility_ori, case_id, case_key, message_key, message, headers, state, parked_at)"
        " SELECT u.*, 'parked', CAST(:now AS timestamptz) FROM unnest(CAST(:ids AS uuid[]), CAST(:topics AS text[]),"
        " CAST(:parts AS int[]), CAST(:positions AS bigint[]), CAST(:codes AS text[]), CAST(:reasons AS text[]),"
        " CAST(:places AS text[]), CAST(:mends AS text[]), CAST(:sources AS text[]), CAST(:event_ids AS text[]),"
        " CAST(:types AS text[]), CAST(:oris AS text[]), CAST(:cases AS uuid[]), CAST(:case_keys AS text[]),"
        " CAST(:keys AS bytea[]), CAST(:messages AS bytea[]), CAST(:headers AS jsonb[])) AS u"
        " ON CONFLICT (topic, part, position) DO NOTHING",
        now=now,
        ids=[p.id for p in parked],
        topics=[p.record.topic for p in parked],
        parts=[p.record.partition for p in parked],
        positions=[p.record.offset for p in parked],
        codes=[p.code for p in parked],
        reasons=[p.reason for p in parked],
        places=[p.place for p in parked],
        mends=[p.mend for p in parked],
        sources=[p.source for p in parked],
        event_ids=[p.event_id for p in parked],
        types=[p.event_type for p in parked],
        oris=[p.facility_ori for p in parked],
        cases=[p.case_id for p in parked],
        case_keys=[p.case_key for p in parked],
        keys=[p.record.key for p in parked],
        messages=[p.record.value for p in parked],
        headers=[_headers(p.record) for p in parked],
    )
    await outbox.tell(
        session,
        [
            outbox.letter(Topic.PARKED, "event.parked", key=p.case_key or str(p.id), time=now, data=_told(p))
            for p in parked
        ],
    )
    await raise_all(
        session,
        schema,
        ids,
        [
            Alarm(
                kind="event_parked",
                subject=str(p.id),
                detail=f"{p.code}: {p.reason}",
                since=now,
                case_id=p.case_id,
                facility_ori=p.facility_ori,
            )
            for p in parked
        ],
    )


def with_case(parked: Parked, case_id: UUID) -> Parked:
    """Give the row with the case that waits with it."""
    return replace(parked, case_id=case_id)


def of_ours(parked_id: UUID, unhandled: Unhandled) -> Parked:
    """Make the row for one of our own messages that could not be handled; its key is the case's id."""
    error = unhandled.error
    bad = error if isinstance(error, MalformedMessage) else None
    return Parked(
        id=parked_id,
        record=unhandled.record,
        code=bad.code if bad else "unhandled",
        reason=bad.what if bad else f"handling failed with {type(error).__name__}",
        place=bad.where if bad else "",
        mend=bad.how if bad else "see the log, then retry it",
    )


def _told(parked: Parked) -> dict[str, object]:
    record = parked.record
    return {
        "id": str(parked.id),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "code": parked.code,
        "reason": parked.reason,
        "place": parked.place,
        "mend": parked.mend,
    }


def _headers(record: Record) -> str:
    """Headers as JSON text; bytes that are no UTF-8 are shown as such, since the message keeps the truth."""
    pairs = [[name, value.decode("utf-8", "backslashreplace")] for name, value in record.headers]
    return msgspec.json.encode(pairs).decode().replace("\\u0000", "\\\\u0000")
