"""What a case looks like from outside: the queries behind the case pages, and the forms they answer in."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.db.session import ReadSession
from shared.domain.case import Detainer

Shown = dict[str, Any]

#: What jail and ICE see of a decision; besides, its number and the case version it was made on.
_TOLD = (
    *("id", "case_id", "detainer_id", "facility_ori", "booking_number", "outcome", "policy", "rule", "citation"),
    *("decided_at", "decided_by", "window", "supersedes", "due_by", "number", "case_version"),
)
_EXPLAINED = ("confidence", "unknown", "near_misses", "counterfactual", "duties")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases are asked for; None: any."""

    facility_ori: str | None
    booking_number: str | None
    custody: str | None
    outcome: str | None
    after: UUID | None
    most: int


async def listed(session: ReadSession, wanted: Wanted) -> list[Shown]:
    """Give a page of cases, in id order."""
    rows = await session.all(
        "SELECT c.case_id, c.facility_ori, c.booking_number, c.custody, c.booked_at, c.gone_at, c.version,"
        " c.parked_events FROM intake.cases c"
        " WHERE (CAST(:ori AS text) IS NULL OR c.facility_ori = CAST(:ori AS text))"
        " AND (CAST(:number AS text) IS NULL OR c.booking_number = CAST(:number AS text))"
        " AND (CAST(:custody AS text) IS NULL OR c.custody = CAST(:custody AS text))"
        " AND (CAST(:outcome AS text) IS NULL OR EXISTS (SELECT FROM decision.dossiers d"
        " WHERE d.case_id = c.case_id AND d.outcome = CAST(:outcome AS text)))"
        " AND (CAST(:after AS uuid) IS NULL OR c.case_id > CAST(:after AS uuid)) ORDER BY c.case_id LIMIT :most",
        ori=wanted.facility_ori,
        number=wanted.booking_number,
        custody=wanted.custody,
        outcome=wanted.outcome,
        after=wanted.after,
        most=wanted.most,
    )
    return [_dict(row) for row in rows]


async def outcomes(session: ReadSession, case_ids: Collection[UUID]) -> dict[UUID, list[Shown]]:
    """Give in short what stands for each detainer of the cases."""
    rows = await session.all(
        "SELECT d.case_id, d.detainer_id, d.outcome, d.number, d.policy, d.rule, x.decided_at, d.due_by"
        " FROM decision.dossiers d JOIN decision.decisions x ON x.id = d.decision_id"
        " WHERE d.case_id = ANY (CAST(:cases AS uuid[])) ORDER BY d.case_id, d.detainer_id",
        cases=list(case_ids),
    )
    found: dict[UUID, list[Shown]] = defaultdict(list)
    for row in rows:
        shown = _dict(row)
        found[shown.pop("case_id")].append(shown)
    return found


async def decisions(session: ReadSession, case_id: UUID) -> dict[str, Shown]:
    """Give the standing decision of each detainer as its recipients see it, and what explains it."""
    rows = await session.all(
        "SELECT d.detainer_id, x.told, x.explanation FROM decision.dossiers d"
        " JOIN decision.decisions x ON x.id = d.decision_id WHERE d.case_id = :case",
        case=case_id,
    )
    return {row.detainer_id: _decision(row) for row in rows}


def _decision(row: Any) -> Shown:
    told, explained = msgspec.json.decode(row.told), msgspec.json.decode(row.explanation)
    return {name: told[name] for name in _TOLD} | {"explanation": {name: explained[name] for name in _EXPLAINED}}


async def windows(session: ReadSession, case_id: UUID) -> dict[str, Shown]:
    """Give the live window of each detainer, or else the latest that there was."""
    rows = await session.all(
        "SELECT DISTINCT ON (detainer_id) detainer_id, id, decision_id, opens_at, closes_at, clock, rule, citation,"
        " evidence, state, ended_at, ended_by FROM notify.windows WHERE case_id = :case"
        " ORDER BY detainer_id, (state <> 'closed') DESC, id DESC",
        case=case_id,
    )
    found = {}
    for row in rows:
        shown = _dict(row) | {"evidence": msgspec.json.decode(row.evidence)}
        found[shown.pop("detainer_id")] = shown
    return found


async def reviews(session: ReadSession, case_id: UUID) -> dict[str, Shown]:
    """Give the review that waits for a person on each detainer."""
    rows = await session.all(
        "SELECT detainer_id, id, state, office, opened_at, coalesce(answer_by, due_by) AS answer_by, due_by"
        " FROM decision.reviews WHERE case_id = :case AND state IN ('open', 'claimed')",
        case=case_id,
    )
    found = {}
    for row in rows:
        shown = _dict(row)
        found[shown.pop("detainer_id")] = shown
    return found


def detainer(lodged: Detainer) -> Shown:
    """Show a detainer; nothing of the person it names."""
    return {
        "detainer_id": lodged.detainer_id,
        "status": lodged.status,
        "form": lodged.form,
        "basis": lodged.basis,
        "requests": lodged.requests,
        "issued_at": lodged.issued_at,
        "lodged_at": lodged.lodged_at,
        "heard_at": lodged.heard_at,
        "served": lodged.served,
        "ended_at": lodged.ended_at,
    }


def with_ending(decision: Shown | None, window: Shown | None) -> Shown | None:
    """Put what happened beside what the clock said, where both speak of the same window."""
    if decision is None or window is None or decision["window"] is None:
        return decision
    told = decision["window"]
    if datetime.fromisoformat(told["opens_at"]) != window["opens_at"] or window["ended_at"] is None:
        return decision
    return decision | {"window": told | {"ended_at": window["ended_at"], "ended_by": window["ended_by"]}}


def _dict(row: Any) -> Shown:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public mapping
