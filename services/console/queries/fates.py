"""What became of messages: by their place in the log, and by the name under which intake heard of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.console.messages.envelope import Read
from shared.db.session import ReadSession
from shared.kafka.reader import Stored

Place = tuple[str, int]
Name = tuple[str, str]
_SERVICES = ("intake", "decision", "notify")
_PARKED = " UNION ALL ".join(
    f"SELECT '{service}' AS service, id, topic, part, position, code, state, case_id FROM {service}.parked"
    " WHERE topic = :topic AND (part, position) IN (SELECT * FROM unnest(CAST(:parts AS int[]),"
    " CAST(:positions AS bigint[])))"
    for service in _SERVICES
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one message."""

    #: applied, duplicate, waits, set aside, retried, discarded, read, not read.
    word: str
    detail: str = ""
    case_id: UUID | None = None
    #: Where it is set aside: by which service, under which id.
    parked: tuple[str, UUID] | None = None


async def fates(
    session: ReadSession,
    topic: str,
    messages: Sequence[tuple[Stored, Read]],
    positions: Mapping[Place, int | None],
    *,
    inbound: bool,
) -> list[Fate]:
    """Tell of each message what became of it. ``positions`` is how far the reader of each partition has come."""
    if not messages:
        return []
    parked = await _parked(session, topic, [stored for stored, _ in messages])
    names = {it.name for _, it in messages if it.name is not None}
    heard = await _heard(session, names) if inbound else {}
    first: dict[Name, int] = {}
    for stored, it in reversed(messages):
        if it.name is not None:
            first.setdefault(it.name, stored.record.offset)
    told = []
    for stored, it in messages:
        place = (stored.record.partition, stored.record.offset)
        if place in parked:
            told.append(parked[place])
            continue
        position = positions.get((topic, stored.record.partition))
        if position is not None and stored.record.offset >= position:
            told.append(Fate(word="not read", detail="its reader has not come so far"))
        elif it.name is not None and it.name in heard:
            again = first[it.name] < stored.record.offset
            told.append(Fate(word="duplicate", detail="heard before") if again else heard[it.name])
        else:
            told.append(Fate(word="read" if position is not None else "told"))
    return told


async def _parked(session: ReadSession, topic: str, messages: Sequence[Stored]) -> dict[tuple[int, int], Fate]:
    rows = await session.all(
        _PARKED,
        topic=topic,
        parts=[one.record.partition for one in messages],
        positions=[one.record.offset for one in messages],
    )
    words = {"parked": "set aside", "retried": "retried", "discarded": "discarded"}
    return {
        (row.part, row.position): Fate(
            word=words[row.state],
            detail=row.code.replace("_", " "),
            case_id=row.case_id,
            parked=(row.service, row.id),
        )
        for row in rows
    }


async def _heard(session: ReadSession, names: Collection[Name]) -> dict[Name, Fate]:
    rows = await session.all(
        "SELECT source, id, state, reason, case_id FROM intake.inbox JOIN unnest(CAST(:sources AS text[]),"
        " CAST(:ids AS text[])) AS u (source, id) USING (source, id)",
        sources=[source for source, _ in names],
        ids=[event_id for _, event_id in names],
    )
    return {(row.source, row.id): _fate(row.state, row.reason, row.case_id) for row in rows}


def _fate(state: str, reason: str | None, case_id: UUID | None) -> Fate:
    if state == "waiting":
        why = "behind one that is set aside" if reason == "behind_parked" else "for a booking"
        return Fate(word="waits", detail=why, case_id=case_id)
    words = {"accepted": "not read", "parked": "set aside", "discarded": "discarded"}
    return Fate(word=words.get(state, "applied"), case_id=case_id)


async def keys_of(session: ReadSession, case_id: UUID) -> frozenset[str]:
    """Give the keys under which messages of a case lie: its own id, its booking numbers, its detainers'."""
    rows = await session.all(
        "SELECT facility_ori || '/' || booking_number AS key FROM intake.cases WHERE case_id = :id"
        " UNION SELECT facility_ori || '/' || booking_number FROM decision.decisions WHERE case_id = :id"
        " UNION SELECT detainer_id FROM intake.inbox WHERE case_id = :id AND detainer_id IS NOT NULL",
        id=case_id,
    )
    return frozenset({str(case_id), *(row.key for row in rows if row.key)})
