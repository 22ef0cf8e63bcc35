"""Write down what was decided: decisions and snapshots are added, and what stands is kept in the dossier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.decision.store import Kept
from shared.db.session import WriteSession
from shared.domain.events import DecisionRecorded


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """A dossier that was looked at: with which version of its case, when to look again, and what is new."""

    case_id: UUID
    detainer_id: str
    case_version: int
    wake_at: datetime | None
    news: Recorded | None


async def write_down(session: WriteSession, looked_at: Sequence[LookedAt]) -> None:
    """Add new decisions with their snapshots and let each stand in its dossier; note that the others were looked at."""
    news = [(each, each.news) for each in looked_at if each.news is not None]
    if news:
        recorded = [new for _, new in news]
        await _add_decisions(session, recorded)
        await _add_snapshots(session, recorded)
        await _let_stand(session, news)
    unchanged = [each for each in looked_at if each.news is None]
    if unchanged:
        await _note(session, unchanged)


async def _note(session: WriteSession, looked_at: Sequence[LookedAt]) -> None:
    await session.later(
        "UPDATE decision.dossiers d SET case_version = greatest(d.case_version, u.version), wake_at = u.wake_at"
        " FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:versions AS bigint[]),"
        " CAST(:wakes AS timestamptz[])) AS u (case_id, detainer_id, version, wake_at)"
        " WHERE d.case_id = u.case_id AND d.detainer_id = u.detainer_id",
        **_keys(looked_at),
    )


def _keys(looked_at: Sequence[LookedAt]) -> dict[str, Any]:
    return {
        "cases": [each.case_id for each in looked_at],
        "detainers": [each.detainer_id for each in looked_at],
        "versions": [each.case_version for each in looked_at],
        "wakes": [each.wake_at for each in looked_at],
    }


async def _add_decisions(session: WriteSession, news: Sequence[Recorded]) -> None:
    told = [n.told for n in news]
    windows = [t.window for t in told]
    await session.later(
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
        ids=[t.id for t in told],
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


async def _add_snapshots(session: WriteSession, news: Sequence[Recorded]) -> None:
    await session.later(
        "INSERT INTO decision.snapshots (decision_id, facility_ori, facts, salt)"
        " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:oris AS text[]), CAST(:facts AS bytea[]),"
        " CAST(:salts AS bytea[]))",
        ids=[n.told.id for n in news],
        oris=[n.told.facility_ori for n in news],
        facts=[n.snapshot for n in news],
        salts=[n.salt for n in news],
    )


async def _let_stand(session: WriteSession, news: Sequence[tuple[LookedAt, Recorded]]) -> None:
    told = [new.told for _, new in news]
    await session.later(
        "UPDATE decision.dossiers d SET number = u.number, decision_id = u.id, outcome = u.outcome, rule = u.rule,"
        " policy = u.policy, standing = u.standing, facility_ori = u.ori, booking_number = u.booking,"
        " due_by = u.due_by, case_version = greatest(d.case_version, u.version), wake_at = u.wake_at"
        " FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:versions AS bigint[]),"
        " CAST(:wakes AS timestamptz[]), CAST(:numbers AS int[]),"
        " CAST(:ids AS uuid[]), CAST(:outcomes AS text[]), CAST(:rules AS text[]), CAST(:policies AS text[]),"
        " CAST(:standings AS bytea[]),"
        " CAST(:oris AS text[]), CAST(:bookings AS text[]), CAST(:dues AS timestamptz[]))"
        " AS u (case_id, detainer_id, version, wake_at, number, id, outcome, rule, policy, standing, ori, booking,"
        " due_by) WHERE d.case_id = u.case_id AND d.detainer_id = u.detainer_id",
        numbers=[t.number for t in told],
        ids=[t.id for t in told],
        outcomes=[t.outcome for t in told],
        rules=[t.rule for t in told],
        policies=[t.policy for t in told],
        standings=[msgspec.json.encode(new.kept) for _, new in news],
        oris=[t.facility_ori for t in told],
        bookings=[t.booking_number for t in told],
        dues=[t.due_by for t in told],
        **_keys([each for each, _ in news]),
    )
