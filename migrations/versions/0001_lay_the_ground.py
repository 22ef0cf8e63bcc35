"""Make the schemas, the roles, the clock, the keys and the message tables.

A schema for each writer; two roles for each service. The pipeline role sees every row of what it works
on and writes its own schema only; the api role sees what the caller of the request may. Neither owns
a table, so neither can lift row security.
"""

from alembic import op

from migrations.ddl import (
    SEES_ALL,
    SEES_ORI,
    SERVICES,
    api,
    message_tables,
    pipeline,
    readable_by_requests,
    statements,
)

revision = "0001"
down_revision = None

COMMON = """
CREATE TABLE runtime.clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    kind text NOT NULL CHECK (kind IN ('system', 'scaled', 'stepped')),
    starts_at timestamptz NOT NULL,
    speed double precision NOT NULL,
    machine_anchor timestamptz NOT NULL,
    instant timestamptz NOT NULL
);
CREATE TABLE runtime.played (
    name text NOT NULL,
    sent_at timestamptz NOT NULL,
    tally jsonb NOT NULL
);
CREATE TABLE access.keys (
    id text PRIMARY KEY,
    digest bytea NOT NULL,
    role text NOT NULL CHECK (role IN ('jail', 'ice', 'bureau', 'reviewer', 'operator', 'auditor', 'administrator')),
    oris text[] NOT NULL,
    sources text[] NOT NULL,
    label text NOT NULL,
    office text,
    issued_at timestamptz NOT NULL,
    revoked_at timestamptz
)
"""


def _role(name: str) -> str:
    return f"""DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name} LOGIN NOBYPASSRLS; END IF;
    END $$"""


def upgrade() -> None:
    """Lay the ground that every service stands on."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for schema in ("access", *SERVICES):
        op.execute(f"CREATE SCHEMA {schema}")
    for statement in statements(COMMON):
        op.execute(statement)
    for service in SERVICES:
        op.execute(_role(pipeline(service)))
        op.execute(_role(api(service)))
    for service in SERVICES:
        for statement in statements(message_tables(service)):
            op.execute(statement)
        for role in (pipeline(service), api(service)):
            op.execute(f"GRANT USAGE ON SCHEMA runtime, access, intake, decision, notify TO {role}")
            op.execute(f"GRANT SELECT ON runtime.clock, access.keys TO {role}")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {service}.outbox TO {pipeline(service)}")
        op.execute(f"GRANT INSERT ON {service}.outbox TO {api(service)}")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {service}.offsets, {service}.journal_heads TO {pipeline(service)}")
        for table in ("parked", "alarms"):
            for statement in statements(readable_by_requests(service, table, sees=SEES_ALL)):
                op.execute(statement)
            op.execute(f"GRANT SELECT, INSERT, UPDATE ON {service}.{table} TO {pipeline(service)}")
            op.execute(f"GRANT UPDATE ON {service}.{table} TO {api(service)}")
        for statement in statements(readable_by_requests(service, "journal", sees=f"{SEES_ALL} OR {SEES_ORI}")):
            op.execute(statement)
        # Records are added, never edited: no UPDATE, no DELETE for anyone but the owner.
        op.execute(f"GRANT SELECT, INSERT ON {service}.journal TO {pipeline(service)}")


def downgrade() -> None:
    """Take the ground away; the roles stay, since other databases of the cluster may use them."""
    for schema in (*SERVICES, "access"):
        op.execute(f"DROP SCHEMA {schema} CASCADE")
    op.execute("DROP TABLE runtime.clock, runtime.played")
