"""Keep the idempotency keys of requests, so that what is asked twice is done once and answered alike.

A key is added in the transaction of its request's effect, by whichever role has it; the answer follows. Requests add
keys and read none, and answers are closed with what only the asker has.
"""

from alembic import op

from migrations.ddl import REACH, SERVICES, api, pipeline, statements

revision = "0018"
down_revision = "0017"

SCHEMAS = (*SERVICES, "watchdog")


def _repeats(schema: str) -> str:
    return f"""
    CREATE TABLE {schema}.repeats (
        caller text NOT NULL,
        key_digest bytea NOT NULL,
        request_digest bytea NOT NULL,
        begun_at timestamptz NOT NULL,
        answer bytea,
        PRIMARY KEY (caller, key_digest)
    );
    CREATE INDEX repeats_begun_at ON {schema}.repeats (begun_at);
    ALTER TABLE {schema}.repeats ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {schema}.repeats FORCE ROW LEVEL SECURITY;
    CREATE POLICY pipeline_all ON {schema}.repeats TO {pipeline(schema)} USING (true) WITH CHECK (true);
    CREATE POLICY owner_reads ON {schema}.repeats FOR SELECT TO CURRENT_USER USING (true);
    CREATE POLICY api_adds ON {schema}.repeats FOR INSERT TO {api(schema)} WITH CHECK ({REACH} <> '');
    GRANT SELECT, INSERT, DELETE, UPDATE (answer) ON {schema}.repeats TO {pipeline(schema)};
    GRANT INSERT ON {schema}.repeats TO {api(schema)}
    """


def upgrade() -> None:
    """Add the keys."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for schema in SCHEMAS:
        for statement in statements(_repeats(schema)):
            op.execute(statement)


def downgrade() -> None:
    """Forget them: whatever is asked again then is done again."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for schema in SCHEMAS:
        op.execute(f"DROP TABLE {schema}.repeats")
