"""The queries that decision reads and writes with; each takes a whole batch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.decision.judge import Answer, Standing
from shared.db.session import ReadSession, WriteSession
from shared.domain.decision import Outcome
from shared.domain.events import DecisionRecorded, WindowTold

Pair = tuple[UUID, str]


class Kept(msgspec.Struct):
    """What a dossier keeps of the standing decision besides its columns."""

    decision: DecisionRecorded
    window: WindowTold | None
    spent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A detainer on a case as decision keeps it; its row is locked by whoever decides."""

    case_id: UUID
    detainer_id: str
    number: int
    kept: Kept | None

    @property
    def standing(self) -> Standing | None:
        """Give what stands, in the judge's words."""
        if self.kept is None:
            return None
        told = self.kept.decision
        return Standing(
            outcome=Outcome(told.outcome),
            policy=told.policy,
            rule=told.rule,
            facility_ori=told.facility_ori,
            due_by=told.due_by,
            window=self.kept.window,
            spent=self.kept.spent,
            release_at=told.release_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A new decision with all that is written down of it."""

    told: DecisionRecorded
    kept: Kept
    as_of: datetime
    snapshot: bytes
    salt: bytes
    snapshot_digest: bytes
    explanation: bytes
    rulebook_version: int
    rulebook_digest: str


_read_kept = msgspec.json.Decoder(Kept).decode


async def lock(session: WriteSession, pairs: Collection[tuple[UUID, str, str, str]]) -> dict[Pair, Dossier]:
    """Make the dossiers that are missing, then lock all of them in order; each pair comes with ORI and number."""
    rows = sorted(pairs)
    keys: dict[str, Any] = {"cases": [row[0] for row in rows], "detainers": [row[1] for row in rows]}
    await session.run(
        "INSERT INTO decision.dossiers (case_id, detainer_id, facility_ori, booking_number, number, case_version)"
        " SELECT u.*, 0, 0 FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:oris AS text[]),"
        " CAST(:numbers AS text[])) AS u ON CONFLICT DO NOTHING",
        oris=[row[2] for row in rows],
        numbers=[row[3] for row in rows],
        **keys,
    )
    locked = await session.all(
        "SELECT d.case_id, d.detainer_id, d.number, d.standing FROM decision.dossiers d"
        " JOIN unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[])) AS u (case_id, detainer_id)"
        " USING (case_id, detainer_id) ORDER BY d.case_id, d.detainer_id FOR UPDATE OF d",
        **keys,
    )
    return {
        (row.case_id, row.detainer_id): Dossier(
            case_id=row.case_id,
            detainer_id=row.detainer_id,
            number=row.number,
            kept=_read_kept(row.standing) if row.standing is not None else None,
        )
        for row in locked
    }


async def answers(session: ReadSession, case_ids: Collection[UUID]) -> dict[Pair, Answer]:
    """Give the latest answer for each detainer of the cases; one for two persons counts from its approval."""
    rows = await session.all(
        "SELECT DISTINCT ON (a.case_id, a.detainer_id) a.case_id, a.detainer_id, a.answer, a.office,"
        " coalesce(p.at, a.answered_at) AS answered_at, a.question_digest"
        " FROM decision.answers a LEFT JOIN decision.approvals p ON p.answer_id = a.id AND p.approves"
        " WHERE a.case_id = ANY (CAST(:cases AS uuid[])) AND (p.approves OR NOT a.needs_second)"
        " ORDER BY a.case_id, a.detainer_id, coalesce(p.at, a.answered_at) DESC, a.id DESC",
        cases=list(case_ids),
    )
    return {
        (row.case_id, row.detainer_id): Answer(
            answer=row.answer, office=row.office, answered_at=row.answered_at, question_digest=row.question_digest
        )
        for row in rows
    }


async def due_cases(session: ReadSession, now: datetime, most: int) -> list[UUID]:
    """Give cases of which something must be decided again though nothing was heard."""
    rows = await session.all(
        "SELECT DISTINCT case_id FROM (SELECT case_id FROM decision.dossiers WHERE wake_at <= :now"
        " ORDER BY wake_at LIMIT :most) AS due",
        now=now,
        most=most,
    )
    return [row.case_id for row in rows]


async def note(session: WriteSession, looked_at: Sequence[tuple[UUID, str, int, datetime | None]]) -> None:
    """Note of each dossier which version it was looked at with, and when to look again."""
    await session.run(
        "UPDATE decision.dossiers d SET case_version = greatest(d.case_version, u.version), wake_at = u.wake_at"
        " FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:versions AS bigint[]),"
        " CAST(:wakes AS timestamptz[])) AS u (case_id, detainer_id, version, wake_at)"
        " WHERE d.case_id = u.case_id AND d.detainer_id = u.detainer_id",
        cases=[row[0] for row in looked_at],
        detainers=[row[1] for row in looked_at],
        versions=[row[2] for row in looked_at],
        wakes=[row[3] for row in looked_at],
    )


async def record(session: WriteSession, news: Sequence[Recorded]) -> None:
    """Add new decisions with their snapshots, and let each stand in its dossier."""
    if not news:
        return
    told = [n.told for n in news]
    ids = [t.id for t in told]
    windows = [t.window for t in told]
    await session.run(
        "INSERT INTO decision.decisions (id, case_id, detainer_id, number, facility_ori, booking_number, case_version,"
        " outcome, policy, rule, citation, rulebook_version, rulebook_digest, snapshot_digest, as_of, decided_at,"
        " decided_by, opens_at, closes_at, clock, due_by, supersedes, told, explanation)"
        " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:cases AS uuid[]), CAST(:detainers AS text[]),"
        " CAST(:numbers AS int[]), CAST(:oris AS text[]), CAST(:bookings AS text[]), CAST(:versions AS bigint[]),"
        " CAST(:outcomes AS text[]), CAST(:policies AS text[]), CAST(:rules AS text[]), CAST(:citations AS text[]),"
        " CAST(:rulebooks AS int[]), CAST(:rulebook_digests AS text[]), CAST(:snapshot_digests AS bytea[]),"
        " CAST(:as_ofs AS timestamptz[]), CAST(:decided AS timestamptz[]), CAST(:deciders AS text[]),"
        " CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[]), CAST(:clocks AS text[]),"
        " CAST(:dues AS timestamptz[]), CAST(:supersedes AS uuid[]), CAST(:tolds AS bytea[]),"
        " CAST(:explanations AS bytea[]))",
        ids=ids,
        cases=[t.case_id for t in told],
        detainers=[t.detainer_id for t in told],
        numbers=[t.number for t in told],
        oris=[t.facility_ori for t in told],
        bookings=[t.booking_number for t in told],
        versions=[t.case_version for t in told],
        outcomes=[t.outcome for t in told],
        policies=[t.policy for t in told],
        rules=[t.rule for t in told],
        citations=[t.citation for t in told],
        rulebooks=[n.rulebook_version for n in news],
        rulebook_digests=[n.rulebook_digest for n in news],
        snapshot_digests=[n.snapshot_digest for n in news],
        as_ofs=[n.as_of for n in news],
        decided=[t.decided_at for t in told],
        deciders=[t.decided_by for t in told],
        opens=[w.opens_at if w else None for w in windows],
        closes=[w.closes_at if w else None for w in windows],
        clocks=[w.clock if w else None for w in windows],
        dues=[t.due_by for t in told],
        supersedes=[t.supersedes for t in told],
        tolds=[msgspec.json.encode(t) for t in told],
        explanations=[n.explanation for n in news],
    )
    await session.run(
        "INSERT INTO decision.snapshots (decision_id, facility_ori, facts, salt)"
        " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:oris AS text[]), CAST(:facts AS bytea[]),"
        " CAST(:salts AS bytea[]))",
        ids=ids,
        oris=[t.facility_ori for t in told],
        facts=[n.snapshot for n in news],
        salts=[n.salt for n in news],
    )
    await session.run(
        "UPDATE decision.dossiers d SET number = u.number, decision_id = u.id, outcome = u.outcome, rule = u.rule,"
        " policy = u.policy, standing = u.standing, facility_ori = u.ori, booking_number = u.booking, due_by = u.due_by"
        " FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:numbers AS int[]),"
        " CAST(:ids AS uuid[]), CAST(:outcomes AS text[]), CAST(:rules AS text[]), CAST(:policies AS text[]),"
        " CAST(:standings AS bytea[]),"
        " CAST(:oris AS text[]), CAST(:bookings AS text[]), CAST(:dues AS timestamptz[]))"
        " AS u (case_id, detainer_id, number, id, outcome, rule, policy, standing, ori, booking, due_by)"
        " WHERE d.case_id = u.case_id AND d.detainer_id = u.detainer_id",
        cases=[t.case_id for t in told],
        detainers=[t.detainer_id for t in told],
        numbers=[t.number for t in told],
        ids=ids,
        outcomes=[t.outcome for t in told],
        rules=[t.rule for t in told],
        policies=[t.policy for t in told],
        standings=[msgspec.json.encode(n.kept) for n in news],
        oris=[t.facility_ori for t in told],
        bookings=[t.booking_number for t in told],
        dues=[t.due_by for t in told],
    )


async def rulebook_version(session: ReadSession) -> int:
    """Give the version of the rulebook that the database decides by."""
    row = await session.one("SELECT version FROM decision.rulebook")
    return row.version if row else 0


async def adopt_rulebook(session: WriteSession, version: int, digest: str, now: datetime) -> tuple[int, str]:
    """Let the database know the rulebook's version, which only goes up; give back the version that stands there."""
    await session.run(
        "INSERT INTO decision.rulebook (version, digest, loaded_at) VALUES (:version, :digest, :now)"
        " ON CONFLICT (one) DO UPDATE SET version = excluded.version, digest = excluded.digest,"
        " loaded_at = excluded.loaded_at WHERE rulebook.version < excluded.version",
        version=version,
        digest=digest,
        now=now,
    )
    row = await session.one("SELECT version, digest FROM decision.rulebook")
    assert row is not None  # noqa: S101 - just written
    return row.version, row.digest
