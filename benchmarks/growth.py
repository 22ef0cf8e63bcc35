"""What an event costs when there are many cases already: rows of lives that were lived are copied under new numbers."""

from dataclasses import dataclass

import asyncpg

from benchmarks import machine
from benchmarks.drain import Drained, drain
from benchmarks.load import events
from benchmarks.stage import Stage
from services.console.simulate.profile import Profile

_MEASURED = 1_500
_TABLES = (
    *("intake.inbox", "intake.raw_events", "intake.identifiers", "intake.ties", "intake.cases", "intake.persons"),
    *("intake.journal", "intake.journal_heads", "decision.dossiers", "decision.decisions"),
    *("decision.snapshots", "decision.journal", "decision.journal_heads", "notify.dossiers"),
    *(
        "notify.windows",
        "notify.notices",
        "notify.deliveries",
        "notify.attempts",
        "notify.journal",
        "notify.journal_heads",
    ),
)
#: Columns that hold the name of something of one life, and so are made new in a copy.
_UUIDS = frozenset({"case_id", "id", "decision_id", "message_id", "notice_id", "window_id", "supersedes", "replaces"})
_TEXTS = frozenset({"booking_number", "detainer_id", "value"})
#: A copy is one of many: waiting for its own disk write would only measure the disk.
_COPYING = "SET LOCAL synchronous_commit = off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What was met at one size."""

    cases: int
    drained: Drained
    database_mb: float
    index_mb: float
    memory_mb: dict[str, float]


async def grow(stage: Stage, cases: int) -> None:
    """Copy what there is, doubling, until there are so many cases."""
    round_of = 0
    while (there := await _cases(stage)) < cases:
        round_of += 1
        share = min(1.0, (cases - there) / max(there, 1))
        async with stage.database.acquire() as connection, connection.transaction():
            await connection.execute(_COPYING)
            await _choose(connection, max(1, int(there * share)))
            for table in _TABLES:
                await _copy(connection, table, f"{there}-{round_of}")
    await stage.database.execute("ANALYZE")


async def _choose(connection: asyncpg.Connection, most: int) -> None:
    await connection.execute("CREATE TEMP TABLE chosen (case_id uuid PRIMARY KEY) ON COMMIT DROP")
    await connection.execute(f"INSERT INTO chosen SELECT case_id FROM intake.cases LIMIT {most}")
    await connection.execute("ANALYZE chosen")


async def _copy(connection: asyncpg.Connection, table: str, mark: str) -> None:
    """Copy the rows of the chosen cases with every name made new, by one rule, so that they still belong together."""
    schema, name = table.split(".")
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2"
        " ORDER BY ordinal_position",
        schema,
        name,
    )
    columns = [row["column_name"] for row in rows]
    of_event = name in ("inbox", "raw_events") and schema == "intake"
    made = [_made_new(column, mark, of_event=of_event) for column in columns]
    await connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(made)} FROM {table} t"
        f" WHERE {_of_chosen(table)} ON CONFLICT DO NOTHING"
    )


def _made_new(column: str, mark: str, *, of_event: bool) -> str:
    if of_event and column == "id":
        return f"t.id || '~{mark}'"
    if column == "position":
        return "NULL"
    if column in _UUIDS:
        return f"CASE WHEN t.{column} IS NULL THEN NULL ELSE md5(t.{column}::text || '{mark}')::uuid END"
    if column in _TEXTS:
        return f"t.{column} || '~{mark}'"
    return f"t.{column}"


def _of_chosen(table: str) -> str:
    chosen = "case_id IN (SELECT case_id FROM chosen)"
    through = {
        "intake.raw_events": "intake.inbox x WHERE x.source = t.source AND x.id = t.id",
        "intake.identifiers": "intake.ties x WHERE x.kind = t.kind AND x.value = t.value",
        "decision.snapshots": "decision.decisions x WHERE x.id = t.decision_id",
        "notify.deliveries": "notify.notices x WHERE x.id = t.notice_id",
        "notify.attempts": "notify.notices x WHERE x.id = t.notice_id",
    }
    if table in through:
        return f"EXISTS (SELECT FROM {through[table]} AND x.{chosen})"
    return f"t.{chosen}"


async def grown(stage: Stage, profile: Profile, *, seed: int, cores: int) -> Grown:
    """Measure what an event costs now: a backlog of new lives, and what all of it takes on disk and in memory."""
    drained = await drain(stage, events(profile, _MEASURED, seed=seed), cores=cores)
    sizes = await stage.database.fetchrow(
        "SELECT sum(pg_total_relation_size(c.oid)) AS whole, sum(pg_indexes_size(c.oid)) AS indexes FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('intake', 'decision', 'notify')"
        " AND c.relkind = 'r'"
    )
    return Grown(
        cases=await _cases(stage),
        drained=drained,
        database_mb=round(float(sizes["whole"]) / 1e6, 1),
        index_mb=round(float(sizes["indexes"]) / 1e6, 1),
        memory_mb={part: round(mb, 1) for part, mb in machine.resident_mb().items() if part != "postgres"},
    )


async def _cases(stage: Stage) -> int:
    return int(await stage.database.fetchval("SELECT count(*) FROM intake.cases"))
