"""The DDL that every schema repeats: messages, journal, roles and row security."""

#: A request sees what its caller may: everything, its own ORIs, or what is addressed to ICE. Unset is nobody.
REACH = "(SELECT current_setting('countersign.reach', true))"
ORIS = "CAST((SELECT string_to_array(current_setting('countersign.oris', true), ',')) AS text[])"
SEES_ALL = f"{REACH} = 'all'"
SEES_ORI = f"({REACH} = 'oris' AND facility_ori = ANY ({ORIS}))"

SERVICES = ("intake", "decision", "notify")


def pipeline(schema: str) -> str:
    """Name the role of a service's batches and timers."""
    return f"countersign_{schema}_pipeline"


def api(schema: str) -> str:
    """Name the role of a service's requests."""
    return f"countersign_{schema}_api"


def alarms_table(schema: str) -> str:
    """Where a person is called: one row for each thing that somebody must see."""
    return f"""CREATE TABLE {schema}.alarms (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        subject text NOT NULL,
        case_id uuid,
        facility_ori text,
        contact text NOT NULL,
        detail text NOT NULL,
        since timestamptz NOT NULL,
        due timestamptz,
        cleared_at timestamptz,
        cleared_by text,
        cleared_reason text
    );
    CREATE UNIQUE INDEX alarms_kind_subject ON {schema}.alarms (kind, subject)"""


def message_tables(schema: str) -> str:
    """Inbox aside (each service has its own form), what makes delivery exactly-once in effect."""
    return f"""
    CREATE TABLE {schema}.outbox (
        id uuid PRIMARY KEY,
        topic text NOT NULL,
        key text NOT NULL,
        message bytea NOT NULL,
        leased_until timestamptz NOT NULL
    );
    CREATE INDEX outbox_leased_until ON {schema}.outbox (leased_until);
    CREATE TABLE {schema}.offsets (
        consumer_group text NOT NULL,
        topic text NOT NULL,
        part integer NOT NULL,
        position bigint NOT NULL CHECK (position >= 0),
        PRIMARY KEY (consumer_group, topic, part)
    );
    CREATE TABLE {schema}.parked (
        id uuid PRIMARY KEY,
        topic text NOT NULL,
        part integer NOT NULL,
        position bigint NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        place text NOT NULL,
        mend text NOT NULL,
        source text,
        event_id text,
        event_type text,
        facility_ori text,
        case_id uuid,
        case_key text,
        message_key bytea,
        message bytea,
        headers jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('parked', 'retried', 'discarded')),
        parked_at timestamptz NOT NULL,
        settled_at timestamptz,
        settled_by text,
        settled_reason text,
        UNIQUE (topic, part, position)
    );
    CREATE INDEX parked_case_id ON {schema}.parked (case_id) WHERE state = 'parked';
    {alarms_table(schema)};
    CREATE TABLE {schema}.journal (
        case_id uuid NOT NULL,
        seq bigint NOT NULL CHECK (seq > 0),
        at timestamptz NOT NULL,
        kind text NOT NULL,
        facility_ori text NOT NULL,
        detainer_id text,
        body bytea NOT NULL,
        prev bytea NOT NULL,
        digest bytea NOT NULL,
        PRIMARY KEY (case_id, seq)
    );
    CREATE TABLE {schema}.journal_heads (
        case_id uuid PRIMARY KEY,
        seq bigint NOT NULL,
        digest bytea NOT NULL
    )
    """


def readable_by_requests(
    schema: str, table: str, *, sees: str, reader: str | None = None, writes: str | None = None
) -> str:
    """Force row security on a table that a request reads; the pipeline and the owner see it whole.

    ``writes`` is what a request may write, where that is less than what it sees.
    """
    api_role = reader or api(schema)
    return f"""
    ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {schema}.{table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY pipeline_all ON {schema}.{table} TO {pipeline(schema)} USING (true) WITH CHECK (true);
    CREATE POLICY owner_reads ON {schema}.{table} FOR SELECT TO CURRENT_USER USING (true);
    CREATE POLICY api_sees ON {schema}.{table} TO {api_role} USING ({sees})
        WITH CHECK ({writes or sees});
    GRANT SELECT ON {schema}.{table} TO {api_role}
    """


def neighbours_read(schema: str, table: str, readers: tuple[str, ...], *, sees: str) -> str:
    """Let other services' pipelines read a table whole, and their requests by the caller's reach."""
    lines = []
    for reader in readers:
        lines += [
            f"CREATE POLICY {reader}_pipeline_reads ON {schema}.{table} FOR SELECT TO {pipeline(reader)} USING (true)",
            f"GRANT SELECT ON {schema}.{table} TO {pipeline(reader)}",
            f"CREATE POLICY {reader}_api_sees ON {schema}.{table} FOR SELECT TO {api(reader)} USING ({sees})",
            f"GRANT SELECT ON {schema}.{table} TO {api(reader)}",
        ]
    return ";\n".join(lines)


def statements(sql: str) -> list[str]:
    """Split DDL at the semicolons; asyncpg takes one statement at a time."""
    return [statement for part in sql.split(";") if (statement := part.strip())]
