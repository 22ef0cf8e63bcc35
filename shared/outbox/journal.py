"""Records that are added, never edited: chained case by case, each with the digest of the one before."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.db.session import WriteSession

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What happened to a case: kind, instant, and a body of ids, outcomes and digests (no persons)."""

    case_id: UUID
    at: datetime
    kind: str
    facility_ori: str
    body: dict[str, Any]
    detainer_id: str | None = None


def canonical(value: Any) -> bytes:
    """Write JSON in the one form that is digested: keys sorted, no spaces."""
    return msgspec.json.encode(value, order="sorted")


def link(
    prev: bytes,
    case_id: UUID,
    seq: int,
    *,
    kind: str,
    at: datetime,
    facility_ori: str,
    detainer_id: str | None,
    body: bytes,
) -> bytes:
    """Give the digest of a record: SHA-256 over the one before and all that the record says of itself."""
    head = canonical([prev.hex(), str(case_id), seq, kind, at.astimezone(UTC).isoformat(), facility_ori, detainer_id])
    return hashlib.sha256(head + b"\n" + body).digest()


async def _heads(session: WriteSession, schema: str, cases: Sequence[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """Lock the ends of the cases' chains, and begin those of cases that had none."""
    rows = await session.all(
        f"INSERT INTO {schema}.journal_heads AS h SELECT id, 0, CAST(:zero AS bytea)"
        " FROM unnest(CAST(:cases AS uuid[])) AS id ORDER BY id"
        " ON CONFLICT (case_id) DO UPDATE SET seq = h.seq RETURNING case_id, seq, digest",
        cases=cases,
        zero=GENESIS,
    )
    return {row.case_id: (row.seq, row.digest) for row in rows}


async def add(session: WriteSession, schema: str, records: Sequence[Record]) -> None:
    """Append records to their cases' chains, in the order given; heads are locked in case order."""
    if not records:
        return
    cases = sorted({record.case_id for record in records})
    heads = await _heads(session, schema, cases)
    chained = []
    for record in records:
        seq, prev = heads[record.case_id]
        body = canonical(record.body)
        # What Postgres keeps of an instant is what is digested: microseconds, UTC.
        digest = link(
            prev,
            record.case_id,
            seq + 1,
            kind=record.kind,
            at=record.at,
            facility_ori=record.facility_ori,
            detainer_id=record.detainer_id,
            body=body,
        )
        chained.append((record, seq + 1, body, prev, digest))
        heads[record.case_id] = (seq + 1, digest)
    await session.later(
        f"INSERT INTO {schema}.journal (case_id, seq, at, kind, facility_ori, detainer_id, body, prev, digest)"
        " SELECT * FROM unnest(CAST(:cases AS uuid[]), CAST(:seqs AS bigint[]), CAST(:ats AS timestamptz[]),"
        " CAST(:kinds AS text[]), CAST(:oris AS text[]), CAST(:detainers AS text[]), CAST(:bodies AS bytea[]),"
        " CAST(:prevs AS bytea[]), CAST(:digests AS bytea[]))",
        cases=[record.case_id for record, *_ in chained],
        seqs=[seq for _, seq, *_ in chained],
        ats=[record.at for record, *_ in chained],
        kinds=[record.kind for record, *_ in chained],
        oris=[record.facility_ori for record, *_ in chained],
        detainers=[record.detainer_id for record, *_ in chained],
        bodies=[body for _, _, body, _, _ in chained],
        prevs=[prev for *_, prev, _ in chained],
        digests=[digest for *_, digest in chained],
    )
    await session.later(
        f"UPDATE {schema}.journal_heads h SET seq = n.seq, digest = n.digest"
        " FROM unnest(CAST(:cases AS uuid[]), CAST(:seqs AS bigint[]), CAST(:digests AS bytea[]))"
        " AS n (case_id, seq, digest) WHERE h.case_id = n.case_id",
        cases=list(heads),
        seqs=[seq for seq, _ in heads.values()],
        digests=[digest for _, digest in heads.values()],
    )
