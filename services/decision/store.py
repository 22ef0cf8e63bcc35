"""The queries that decision reads and writes with; each takes a whole batch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
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


_read_kept = msgspec.json.Decoder(Kept).decode


async def lock(session: WriteSession, pairs: Collection[tuple[UUID, str, str, str]]) -> dict[Pair, Dossier]:
    """Lock the dossiers in order, and make those that are missing; each pair comes with ORI and number."""
    ordered = sorted(pairs)
    rows = await session.all(
        "INSERT INTO decision.dossiers AS d (case_id, detainer_id, facility_ori, booking_number, number, case_version)"
        " SELECT u.*, 0, 0 FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:oris AS text[]),"
        " CAST(:numbers AS text[])) AS u (case_id, detainer_id, ori, number) ORDER BY u.case_id, u.detainer_id"
        # Written as it was, which locks it, so that what is given back is what stands once it is ours.
        " ON CONFLICT (case_id, detainer_id) DO UPDATE SET number = d.number"
        " RETURNING case_id, detainer_id, number, standing",
        cases=[row[0] for row in ordered],
        detainers=[row[1] for row in ordered],
        oris=[row[2] for row in ordered],
        numbers=[row[3] for row in ordered],
    )
    return {
        (row.case_id, row.detainer_id): Dossier(
            case_id=row.case_id,
            detainer_id=row.detainer_id,
            number=row.number,
            kept=_read_kept(row.standing) if row.standing is not None else None,
        )
        for row in rows
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
