"""Read what is kept of cases, a few hundred cases at a time, for the audit and for deciding again."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console.audit.chains import Entry, Head
from services.console.audit.rows import JOURNALS, CaseRecords, Row
from services.decision.answer_seals import SEALED
from services.decision.replay import Stored

_CASES_AT_A_TIME = 500
_FIRST = UUID(int=0)

#: Every table with the column that says whose chain its rows belong to; each has an index that begins with it.
_SOURCES = (
    *((f"{journal}.{table}", "case_id") for journal in JOURNALS for table in ("journal", "journal_heads")),
    ("intake.cases", "case_id"),
    ("decision.decisions", "case_id"),
    ("notify.windows", "case_id"),
    ("notify.notices", "case_id"),
)
_DECISIONS = (
    "SELECT d.*, s.facts, s.salt FROM decision.decisions d LEFT JOIN decision.snapshots s ON s.decision_id = d.id"
)


async def every_case(connection: AsyncConnection) -> AsyncIterator[CaseRecords]:
    """Give all that is kept of each case in turn, by case id."""
    after = _FIRST
    while ids := await _next(connection, after):
        for one in await _load(connection, ids):
            yield one
        after = ids[-1]


async def notices_alone(connection: AsyncConnection) -> list[UUID]:
    """Give notices of detainers without a case that no record speaks of; they stand in no case's chain."""
    sql = "SELECT id FROM notify.notices n WHERE case_id IS NULL"
    rows = await _rows(connection, f"{sql} AND NOT EXISTS (SELECT FROM notify.journal j WHERE j.case_id = n.id)")
    return [row["id"] for row in rows]


async def every_decision(connection: AsyncConnection) -> AsyncIterator[list[Stored]]:
    """Give the decisions of each case, by detainer and number."""
    after = _FIRST
    while True:
        rows = await _rows(
            connection,
            f"{_DECISIONS} WHERE d.case_id IN (SELECT DISTINCT case_id FROM decision.decisions WHERE case_id > :after"
            " ORDER BY case_id LIMIT :most) ORDER BY d.case_id, d.detainer_id, d.number",
            after=after,
            most=_CASES_AT_A_TIME,
        )
        if not rows:
            return
        yield [Stored(**{name: row[name] for name in Stored.__dataclass_fields__}) for row in rows]
        after = rows[-1]["case_id"]


async def _next(connection: AsyncConnection, after: UUID) -> list[UUID]:
    """Give the next case ids of any table, in order."""
    parts = " UNION ".join(
        f"(SELECT DISTINCT {column} AS id FROM {table} WHERE {column} > :after ORDER BY {column} LIMIT :most)"
        for table, column in _SOURCES
    )
    rows = await _rows(connection, f"{parts} ORDER BY id LIMIT :most", after=after, most=_CASES_AT_A_TIME)
    return [row["id"] for row in rows]


async def _load(connection: AsyncConnection, ids: Sequence[UUID]) -> list[CaseRecords]:
    entries: dict[str, dict[UUID, list[Entry]]] = {}
    heads: dict[str, dict[UUID, Head]] = {}
    for journal in JOURNALS:
        entries[journal] = defaultdict(list)
        for row in await _of(
            connection,
            ids,
            "SELECT case_id, seq, at, kind, facility_ori, detainer_id, body, prev, digest"
            f" FROM {journal}.journal WHERE case_id = ANY (:ids) ORDER BY case_id, seq",
        ):
            entries[journal][row["case_id"]].append(Entry(**row))
        found = await _of(
            connection, ids, f"SELECT case_id, seq, digest FROM {journal}.journal_heads WHERE case_id = ANY (:ids)"
        )
        heads[journal] = {row["case_id"]: Head(row["seq"], row["digest"]) for row in found}
    decisions = _by_case(await _of(connection, ids, f"{_DECISIONS} WHERE d.case_id = ANY (:ids)"))
    windows = _by_case(await _of(connection, ids, "SELECT * FROM notify.windows WHERE case_id = ANY (:ids)"))
    # A notice of a detainer without a case has a chain of its own, named by the notice.
    mine = "n.case_id = ANY (:ids) OR (n.case_id IS NULL AND n.id = ANY (:ids))"
    notices = _by_case(
        await _of(
            connection, ids, f"SELECT n.*, coalesce(n.case_id, n.id) AS chain_id FROM notify.notices n WHERE {mine}"
        )
    )
    receipts = _by_case(
        await _of(
            connection,
            ids,
            "SELECT r.*, r.notice_id AS id, coalesce(n.case_id, n.id) AS chain_id FROM notify.receipts r"
            f" JOIN notify.notices n ON n.id = r.notice_id WHERE {mine}",
        )
    )
    events = _by_case(
        await _of(
            connection,
            ids,
            "SELECT i.case_id, i.source, i.id, i.state, encode(sha256(r.salt || r.data), 'hex') AS seal"
            " FROM intake.inbox i LEFT JOIN intake.raw_events r USING (source, id) WHERE i.case_id = ANY (:ids)",
        )
    )
    answers = _by_case(await _rows(connection, SEALED, cases=list(ids)))
    cases = await _of(connection, ids, "SELECT case_id, version, folded FROM intake.cases WHERE case_id = ANY (:ids)")
    case_of = {row["case_id"]: row for row in cases}
    return [
        CaseRecords(
            case_id=case_id,
            entries={journal: entries[journal].get(case_id, []) for journal in JOURNALS},
            heads={journal: heads[journal][case_id] for journal in JOURNALS if case_id in heads[journal]},
            decisions=decisions.get(case_id, ()),
            windows=windows.get(case_id, ()),
            notices=notices.get(case_id, ()),
            receipts=receipts.get(case_id, ()),
            case=case_of.get(case_id),
            events=events.get(case_id, ()),
            answers=answers.get(case_id, ()),
        )
        for case_id in ids
    ]


def _by_case(rows: Sequence[Row]) -> dict[UUID, list[Row]]:
    made: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        made[row.get("chain_id") or row["case_id"]].append(row)
    return made


async def _of(connection: AsyncConnection, ids: Sequence[UUID], sql: str) -> list[Row]:
    return await _rows(connection, sql.replace(":ids", "CAST(:ids AS uuid[])"), ids=list(ids))


async def _rows(connection: AsyncConnection, sql: str, **values: Any) -> list[Row]:
    found = await connection.execute(text(sql), values)
    return [dict(row) for row in found.mappings()]
