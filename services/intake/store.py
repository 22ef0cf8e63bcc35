"""The queries that intake reads and writes with; each takes a whole batch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from services.intake.correlate import Identifier, Tie
from services.intake.messages import InboundEvent
from shared.db.session import ReadSession, WriteSession
from shared.domain.case import HeardEvent
from shared.domain.errors import StaleBatch
from shared.runtime.ids import salts

Name = tuple[str, str]
_ONE_DAY = timedelta(days=1)


def sender_of(event_type: str) -> str:
    """Give the kind of sender whose business an event type is: jail, ice or bureau."""
    if event_type.startswith("booking.") or event_type == "detainer.served":
        return "jail"
    return "bureau" if event_type.startswith("match.") else "ice"


@dataclass(frozen=True, slots=True)
class Kept:
    """An event of a case as the database keeps it; ``doubt`` is why it stands on the case though its ties disagree."""

    event: HeardEvent
    doubt: str | None

    @property
    def name(self) -> Name:
        """Give the event's name."""
        return self.event.source, self.event.id


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an event heard for the first time: its state, why, and on which case."""

    event: InboundEvent
    state: str
    reason: str | None = None
    case_id: UUID | None = None


async def known(session: ReadSession, names: Collection[Name]) -> dict[Name, tuple[bytes, bool]]:
    """Give the digests under which events of these names are known, and whether they were heard or only accepted."""
    rows = await session.all(
        "SELECT i.source, i.id, i.digest, i.heard_at IS NOT NULL AS is_heard FROM intake.inbox i"
        " JOIN unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS u (source, id) USING (source, id)",
        sources=[source for source, _ in names],
        ids=[event_id for _, event_id in names],
    )
    return {(row.source, row.id): (row.digest, row.is_heard) for row in rows}


async def mark_heard(session: WriteSession, fates: Sequence[Fate], now: datetime) -> None:
    """Write down events heard for the first time, each in one go with what became of it.

    Raises StaleBatch when another instance has heard one of them meanwhile: what was done here counts for nothing.
    """
    if not fates:
        return
    ordered = sorted(fates, key=lambda fate: (fate.event.source, fate.event.id))
    written = await session.run(
        "INSERT INTO intake.inbox AS i (source, id, digest, type, sender, facility_ori, detainer_id, time, sequence,"
        " state, reason, case_id, heard_at)"
        " SELECT u.*, CAST(:now AS timestamptz) FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]),"
        " CAST(:digests AS bytea[]), CAST(:types AS text[]), CAST(:senders AS text[]), CAST(:oris AS text[]),"
        " CAST(:detainers AS text[]), CAST(:times AS timestamptz[]), CAST(:sequences AS text[]),"
        " CAST(:states AS text[]), CAST(:reasons AS text[]), CAST(:cases AS uuid[])) AS u"
        " ON CONFLICT (source, id) DO UPDATE SET heard_at = excluded.heard_at, state = excluded.state,"
        " reason = excluded.reason, case_id = excluded.case_id"
        " WHERE i.heard_at IS NULL AND i.digest = excluded.digest",
        now=now,
        states=[fate.state for fate in ordered],
        reasons=[fate.reason for fate in ordered],
        cases=[fate.case_id for fate in ordered],
        **_columns([fate.event for fate in ordered]),
    )
    if written != len(ordered):
        raise StaleBatch(f"{len(ordered) - written} of {len(ordered)} events were heard by another instance meanwhile")


async def park_names(session: WriteSession, named: Sequence[tuple[Name | None, bytes]], now: datetime) -> list[bool]:
    """Note names of events set aside, and tell for each whether it is set aside for the first time."""
    names = {name: digest for name, digest in reversed(named) if name is not None}
    rows = await session.all(
        "SELECT i.source, i.id, i.digest FROM intake.inbox i"
        " JOIN unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS u (source, id) USING (source, id)"
        " WHERE i.state IN ('parked', 'discarded')",
        sources=[source for source, _ in names],
        ids=[event_id for _, event_id in names],
    )
    known = {(row.source, row.id): row.digest for row in rows}
    await session.run(
        "INSERT INTO intake.inbox (source, id, digest, type, sender, time, state, heard_at)"
        " SELECT u.*, 'unreadable', 'unknown', CAST(:now AS timestamptz), 'parked', CAST(:now AS timestamptz)"
        " FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:digests AS bytea[])) AS u"
        " ON CONFLICT DO NOTHING",
        now=now,
        sources=[source for source, _ in names],
        ids=[event_id for _, event_id in names],
        digests=list(names.values()),
    )
    firsts = []
    for name, digest in named:
        firsts.append(name is None or known.get(name) != digest)
        if name is not None:
            known[name] = digest
    return firsts


async def forget_parked(session: WriteSession, name: Name) -> None:
    """Forget that an event was set aside, so that it can be heard anew."""
    await session.run(
        "DELETE FROM intake.inbox WHERE source = :source AND id = :id AND state = 'parked'",
        source=name[0],
        id=name[1],
    )


async def discard_parked(session: WriteSession, name: Name, parked_id: UUID) -> None:
    """Say of an event set aside that an operator let it go, unless another body of its name is still set aside."""
    await session.run(
        "UPDATE intake.inbox SET state = 'discarded' WHERE source = :source AND id = :id AND state = 'parked'"
        " AND NOT EXISTS (SELECT FROM intake.parked p WHERE p.source = :source AND p.event_id = :id"
        " AND p.state = 'parked' AND p.id <> :parked_id)",
        source=name[0],
        id=name[1],
        parked_id=parked_id,
    )


async def set_parked(session: WriteSession, parked: Sequence[tuple[Name, str, UUID | None]], now: datetime) -> None:
    """Say of events that they are set aside; what was applied under the same name before stays applied."""
    await session.run(
        "UPDATE intake.inbox i SET state = 'parked', reason = u.reason, case_id = u.case_id, heard_at = :now"
        " FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:reasons AS text[]), CAST(:cases AS uuid[]))"
        " AS u (source, id, reason, case_id)"
        " WHERE i.source = u.source AND i.id = u.id AND (i.heard_at IS NULL OR i.state = 'parked')",
        now=now,
        sources=[source for (source, _), *_ in parked],
        ids=[event_id for (_, event_id), *_ in parked],
        reasons=[reason for _, reason, _ in parked],
        cases=[case_id for *_, case_id in parked],
    )


async def digests(session: ReadSession, names: Collection[Name]) -> dict[Name, bytes]:
    """Give the digests under which events of these names are known."""
    rows = await session.all(
        "SELECT i.source, i.id, i.digest FROM intake.inbox i"
        " JOIN unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS u (source, id) USING (source, id)",
        sources=[source for source, _ in names],
        ids=[event_id for _, event_id in names],
    )
    return {(row.source, row.id): row.digest for row in rows}


async def mark_accepted(session: WriteSession, events: Sequence[InboundEvent], now: datetime) -> None:
    """Note at the door that the broker has these events; the consumer may have been quicker."""
    await session.run(
        "INSERT INTO intake.inbox (source, id, digest, type, sender, facility_ori, detainer_id, time, sequence, state,"
        " accepted_at)"
        " SELECT u.*, 'accepted', CAST(:now AS timestamptz) FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]),"
        " CAST(:digests AS bytea[]), CAST(:types AS text[]), CAST(:senders AS text[]), CAST(:oris AS text[]),"
        " CAST(:detainers AS text[]), CAST(:times AS timestamptz[]), CAST(:sequences AS text[])) AS u"
        " ON CONFLICT DO NOTHING",
        now=now,
        **_columns(events),
    )


def _columns(events: Sequence[InboundEvent]) -> dict[str, Any]:
    """Give the inbox's columns of events, each as one array."""
    return {
        "sources": [e.source for e in events],
        "ids": [e.id for e in events],
        "digests": [e.digest for e in events],
        "types": [e.type for e in events],
        "senders": [sender_of(e.type) for e in events],
        "oris": [e.facility_ori for e in events],
        "detainers": [e.detainer_id for e in events],
        "times": [e.time for e in events],
        "sequences": [e.sequence for e in events],
    }


#: A salted digest of what an event says: it stays in the journal when the event itself is erased.
_SEAL = "encode(sha256(r.salt || r.data), 'hex') AS seal"


async def keep_raw(session: WriteSession, events: Sequence[InboundEvent]) -> dict[Name, str]:
    """Keep what events say, in the table from which persons can be erased one day; give the seals of the new ones."""
    rows = await session.all(
        "INSERT INTO intake.raw_events AS r (source, id, data, salt) SELECT * FROM unnest(CAST(:sources AS text[]),"
        " CAST(:ids AS text[]), CAST(:datas AS bytea[]), CAST(:salts AS bytea[])) ON CONFLICT DO NOTHING"
        f" RETURNING source, id, {_SEAL}",
        sources=[e.source for e in events],
        ids=[e.id for e in events],
        datas=[msgspec.json.encode(e.data) for e in events],
        salts=salts(len(events)),
    )
    return {(row.source, row.id): row.seal for row in rows}


async def seals(session: ReadSession, names: Collection[Name]) -> dict[Name, str]:
    """Give the seals of events kept before."""
    rows = await session.all(
        f"SELECT r.source, r.id, {_SEAL} FROM intake.raw_events r"
        " JOIN unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS u (source, id) USING (source, id)",
        sources=[source for source, _ in names],
        ids=[event_id for _, event_id in names],
    )
    return {(row.source, row.id): row.seal for row in rows}


async def lock_identifiers(session: WriteSession, names: Collection[Identifier]) -> None:
    """Make the identifiers' rows or lock those that are there, in one order, before anyone looks for a tie.

    A row that is there is locked before the condition is looked at, and by that left as it was.
    """
    ordered = sorted(set(names))
    await session.run(
        "INSERT INTO intake.identifiers SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]))"
        " AS u (kind, value) ORDER BY kind, value"
        " ON CONFLICT (kind, value) DO UPDATE SET kind = excluded.kind WHERE false",
        kinds=[name.kind for name in ordered],
        values=[name.value for name in ordered],
    )


async def ties(session: ReadSession, names: Collection[Identifier]) -> list[Tie]:
    """Give the cases on which these numbers were seen, with when each person was in custody."""
    rows = await session.all(
        "SELECT t.kind, t.value, t.case_id, c.booked_at, c.gone_at FROM intake.ties t"
        " JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS u (kind, value) USING (kind, value)"
        " JOIN intake.cases c USING (case_id)",
        kinds=[name.kind for name in names],
        values=[name.value for name in names],
    )
    return [
        Tie(
            kind=row.kind,
            value=row.value,
            case_id=row.case_id,
            from_=row.booked_at - _ONE_DAY if row.booked_at else None,
            until=row.gone_at,
        )
        for row in rows
    ]


async def ties_of(session: ReadSession, case_ids: Collection[UUID]) -> list[tuple[UUID, Identifier]]:
    """Give every number by which these cases are known."""
    rows = await session.all(
        "SELECT case_id, kind, value FROM intake.ties WHERE case_id = ANY (CAST(:cases AS uuid[]))",
        cases=list(case_ids),
    )
    return [(row.case_id, Identifier(row.kind, row.value)) for row in rows]


async def tie(
    session: WriteSession, seen: Sequence[tuple[Identifier, UUID]], now: datetime, *, by_hand: bool = False
) -> None:
    """Note that numbers were seen on cases."""
    await session.later(
        "INSERT INTO intake.ties (kind, value, case_id, since, by_hand) SELECT u.*, CAST(:now AS timestamptz), :by_hand"
        " FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:cases AS uuid[])) AS u"
        " ON CONFLICT DO NOTHING",
        now=now,
        by_hand=by_hand,
        kinds=[name.kind for name, _ in seen],
        values=[name.value for name, _ in seen],
        cases=[case_id for _, case_id in seen],
    )


async def events_of(session: ReadSession, case_ids: Collection[UUID]) -> dict[UUID, list[Kept]]:
    """Load all events of cases, in one query."""
    rows = await session.all(
        "SELECT i.case_id, i.source, i.id, i.type, i.time, i.heard_at, i.sequence, i.reason, r.data FROM intake.inbox i"
        " JOIN intake.raw_events r USING (source, id)"
        " WHERE i.case_id = ANY (CAST(:cases AS uuid[])) AND i.state = 'applied'",
        cases=list(case_ids),
    )
    found: dict[UUID, list[Kept]] = {case_id: [] for case_id in case_ids}
    for row in rows:
        found[row.case_id].append(Kept(heard_from(row), row.reason))
    return found


def heard_from(row: Any) -> HeardEvent:
    """Give an event from its row of the inbox and its data."""
    return HeardEvent(
        source=row.source,
        id=row.id,
        type=row.type,
        time=row.time,
        heard_at=row.heard_at,
        data=msgspec.json.decode(row.data),
        sequence=row.sequence,
    )


async def event(session: ReadSession, name: Name) -> HeardEvent:
    """Load one event that is known to be there."""
    row = await session.one(
        "SELECT i.source, i.id, i.type, i.time, i.heard_at, i.sequence, r.data FROM intake.inbox i"
        " JOIN intake.raw_events r USING (source, id) WHERE i.source = :source AND i.id = :id",
        source=name[0],
        id=name[1],
    )
    assert row is not None  # noqa: S101 - the caller holds its lock
    return heard_from(row)


async def set_states(session: WriteSession, states: Sequence[tuple[Name, str, str | None, UUID | None]]) -> None:
    """Set what became of events: state, reason, case."""
    await session.later(
        "UPDATE intake.inbox i SET state = u.state, reason = u.reason, case_id = coalesce(u.case_id, i.case_id)"
        " FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:states AS text[]), "
        " CAST(:reasons AS text[]), CAST(:cases AS uuid[])) AS u (source, id, state, reason, case_id)"
        " WHERE i.source = u.source AND i.id = u.id",
        sources=[source for (source, _), *_ in states],
        ids=[event_id for (_, event_id), *_ in states],
        states=[state for _, state, _, _ in states],
        reasons=[reason for _, _, reason, _ in states],
        cases=[case_id for *_, case_id in states],
    )


async def keep_persons(session: WriteSession, persons: Mapping[UUID, tuple[str, Any]]) -> None:
    """Keep who was booked, apart from everything else."""
    await session.later(
        "INSERT INTO intake.persons (case_id, facility_ori, person, salt) SELECT * FROM unnest(CAST(:cases AS uuid[]),"
        " CAST(:oris AS text[]), CAST(:persons AS bytea[]), CAST(:salts AS bytea[]))"
        " ON CONFLICT (case_id) DO UPDATE SET person = excluded.person, facility_ori = excluded.facility_ori",
        cases=list(persons),
        oris=[ori for ori, _ in persons.values()],
        persons=[msgspec.json.encode(person) for _, person in persons.values()],
        salts=salts(len(persons)),
    )
