"""Was anything lost, doubled or contradicted? The ledgers against the database, and the database against itself."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.intake.messages import read_event
from shared.db.session import ReadSession
from shared.domain.case import CustodyCase
from shared.domain.fold import fold
from shared.outbox.invariants import Reach, Violation, ask, invariants

_ANSWERS = frozenset({"decision", "correction"})
_FATES = frozenset({"applied", "waiting", "parked", "discarded"})
_MOST_CASES = 20_000


@dataclass
class Verdict:
    """What was found; every list has to be empty."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    late_ends: list[str] = field(default_factory=list)
    folded_otherwise: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Whether nothing at all was found."""
        found = (self.lost, self.doubled, self.contradictions, self.late_ends, self.folded_otherwise, self.broken)
        return not any(found)


async def at_any_instant(engine: AsyncEngine, now: datetime) -> list[str]:
    """Ask what is wrong at any instant, in the middle of the faults: safety, without liveness."""
    async with engine.connect() as connection:
        cheap = [one for one in invariants() if one.is_cheap and not one.patience_s]
        return [_said(one) for one in await ask(ReadSession(connection), cheap, Reach.whole(now))]


async def judge(
    engine: AsyncEngine, events: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], now: datetime
) -> Verdict:
    """Judge a run that has settled."""
    verdict = Verdict()
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        verdict.broken += [_said(one) for one in await ask(ReadSession(connection), invariants(), Reach.whole(now))]
        await _events(verdict, connection, events)
        await _folds(verdict, connection)
        await _ends(verdict, connection, notices)
        await _counts(verdict, connection)
    _notices(verdict, notices)
    return verdict


def _said(one: Violation) -> str:
    return f"{one.invariant.name}: {one.subject} ({one.detail})"


async def _events(verdict: Verdict, connection: AsyncConnection, events: Iterable[Mapping[str, Any]]) -> None:
    """Every acknowledged event has one fate; what was refused at the door has none."""
    rows = (await connection.execute(text("SELECT source, id, state FROM intake.inbox"))).all()
    fates = {(row.source, row.id): row.state for row in rows}
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in events:
        said[tuple(line["event"])].add(line["said"])
    taken = {name for name, words in said.items() if "ok" in words}
    verdict.counts["acknowledged"] = sum(line["said"] == "ok" for line in events)
    verdict.counts["events"] = len(taken)
    verdict.counts["poison written"] = sum(line["said"] == "poison" for line in events)
    verdict.lost += [f"{source} {name}" for source, name in sorted(taken - fates.keys())]
    verdict.lost += [f"{n[0]} {n[1]} is {fates[n]}" for n in sorted(taken & fates.keys()) if fates[n] not in _FATES]
    aside = (await connection.execute(text("SELECT count(*) FROM intake.parked WHERE source IS NULL"))).scalar_one()
    if aside < verdict.counts["poison written"]:
        verdict.lost.append(f"{verdict.counts['poison written']} unreadable records, {aside} set aside")


async def _folds(verdict: Verdict, connection: AsyncConnection) -> None:
    """Each case is the fold of its events as they came, each taken once."""
    rows = await connection.execute(
        text(
            "SELECT c.case_id, c.folded, array_agg(i.source) AS sources, array_agg(i.id) AS ids FROM intake.cases c"
            " JOIN intake.inbox i ON i.case_id = c.case_id AND i.state = 'applied' GROUP BY c.case_id"
            " ORDER BY c.case_id LIMIT :most"
        ),
        {"most": _MOST_CASES},
    )
    for row in rows.all():
        told = await connection.execute(
            text(
                "SELECT i.source, i.id, i.type, i.time, i.sequence, coalesce(i.accepted_at, i.heard_at) AS at, r.data"
                " FROM intake.inbox i JOIN intake.raw_events r USING (source, id) WHERE i.case_id = :case"
                " AND i.state = 'applied'"
            ),
            {"case": row.case_id},
        )
        again = fold(read_event(_event(each)).heard(each.at) for each in told.all())
        if _shape(again) != _shape_of(row.folded):
            verdict.folded_otherwise.append(f"case {row.case_id}")
        verdict.counts["cases folded again"] += 1


def _event(row: Any) -> bytes:
    said = {
        "specversion": "1.0",
        "id": row.id,
        "source": row.source,
        "type": row.type,
        "time": row.time.isoformat(),
        "data": json.loads(row.data),
    }
    return json.dumps(said | ({"sequence": row.sequence} if row.sequence else {})).encode()


def _shape(case: CustodyCase) -> tuple[Any, ...]:
    detainers = sorted((one.detainer_id, one.status.value) for one in case.detainers)
    due = case.release_due.due_at.timestamp() if case.release_due else None
    return case.custody.value, detainers, due, case.gone.at.timestamp() if case.gone else None


def _shape_of(folded: bytes) -> tuple[Any, ...]:
    said = json.loads(folded)
    detainers = sorted((one["detainer_id"], one["status"]) for one in said.get("detainers", ()))
    due, gone = said.get("release_due"), said.get("gone")
    return (
        said["custody"],
        detainers,
        datetime.fromisoformat(due["due_at"]).timestamp() if due else None,
        datetime.fromisoformat(gone["at"]).timestamp() if gone else None,
    )


async def _ends(verdict: Verdict, connection: AsyncConnection, notices: Sequence[Mapping[str, Any]]) -> None:
    """Every window that ran to its end: the notice of it was out when it closed, and when the jail had it."""
    rows = await connection.execute(
        text(
            "SELECT n.id, w.id AS window, w.closes_at, d.sent_at, d.due_by, n.recipient FROM notify.windows w"
            " JOIN notify.notices n ON n.window_id = w.id AND n.kind = 'hold_ended'"
            " AND n.recipient = 'jail:' || w.facility_ori JOIN notify.deliveries d ON d.notice_id = n.id"
            " WHERE w.ended_by = 'clock' AND n.planned_at < w.closes_at"
        )
    )
    came = {line["notice"]: line["at"] for line in reversed(notices)}
    for row in rows.all():
        verdict.counts["holds ended by the clock"] += 1
        if row.sent_at is None or row.sent_at > row.closes_at:
            verdict.late_ends.append(f"window {row.window}: out at {row.sent_at}, closed at {row.closes_at}")
        at = came.get(str(row.id))
        if at is not None and datetime.fromisoformat(at) <= row.closes_at:
            verdict.counts["of them with the jail in time"] += 1


async def _counts(verdict: Verdict, connection: AsyncConnection) -> None:
    asked = {
        "cases": "SELECT count(*) FROM intake.cases",
        "decisions": "SELECT count(*) FROM decision.decisions",
        "standing decisions": "SELECT count(*) FROM decision.dossiers WHERE number > 0",
        "windows": "SELECT count(*) FROM notify.windows",
        "notices": "SELECT count(*) FROM notify.notices",
        "deliveries": "SELECT count(*) FROM notify.deliveries WHERE delivered_at IS NOT NULL",
        "attempts": "SELECT count(*) FROM notify.attempts",
        "alarms of broken promises": " UNION ALL ".join(
            f"SELECT count(*) FROM {name}.alarms WHERE kind = 'promise_broken'"
            for name in ("intake", "decision", "notify")
        ),
    }
    for name, sql in asked.items():
        verdict.counts[name] = sum((await connection.execute(text(sql))).scalars().all())


def _notices(verdict: Verdict, notices: Iterable[Mapping[str, Any]]) -> None:
    """One notice has one content; and no answer comes behind its successor, on either way."""
    contents: dict[tuple[str, str], set[str]] = defaultdict(set)
    told: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    last: dict[tuple[str, str, str], int] = {}
    for line in notices:
        verdict.counts[f"by {line['way']}"] += 1
        if line["kind"] is None:
            continue
        contents[line["way"], line["notice"]].add(line["digest"])
        if line["kind"] not in _ANSWERS:
            continue
        told[line["recipient"], line["detainer"], str(line["number"]), line["kind"]].add(line["notice"])
        place = (line["way"], line["recipient"], line["detainer"])
        if line["number"] < last.get(place, 0):
            verdict.contradictions.append(
                f"{line['way']} to {line['recipient']}: {line['number']} after {last[place]} on {line['detainer']}"
            )
        last[place] = max(last.get(place, 0), line["number"])
    verdict.doubled += [f"{way}: notice {n} with {len(d)} contents" for (way, n), d in contents.items() if len(d) > 1]
    verdict.doubled += [f"{key}: {len(ids)} notices" for key, ids in told.items() if len(ids) > 1]
