"""Make the ways out: when a receipt is awaited, webhook endpoints with their secrets, and what goes to them.

A send is one notice on its way to one endpoint: a row with an instant, like all that waits. Secrets stand in a
table of their own, which requests may add to and never read.
"""

from alembic import op

from migrations.ddl import REACH, SEES_ALL, SEES_ORI, api, pipeline, readable_by_requests, statements

revision = "0005"
down_revision = "0004"

TABLES = """
ALTER TABLE notify.deliveries ADD COLUMN receipt_by timestamptz, ADD COLUMN unacknowledged_since timestamptz;
CREATE INDEX deliveries_receipt_by ON notify.deliveries (receipt_by)
    WHERE receipt_by IS NOT NULL AND acknowledged_at IS NULL AND unacknowledged_since IS NULL;
ALTER TABLE notify.attempts ADD COLUMN endpoint_id uuid, ADD COLUMN status integer, ADD COLUMN took_ms integer;
ALTER TABLE notify.attempts ALTER COLUMN facility_ori DROP NOT NULL;
CREATE INDEX attempts_endpoint_id ON notify.attempts (endpoint_id, id) WHERE endpoint_id IS NOT NULL;
CREATE TABLE notify.endpoints (
    id uuid PRIMARY KEY,
    recipient text NOT NULL,
    facility_ori text,
    url text NOT NULL,
    content text NOT NULL CHECK (content IN ('thin', 'full')),
    state text NOT NULL CHECK (state IN ('unproven', 'active', 'suspended', 'disabled')),
    state_since timestamptz NOT NULL,
    state_reason text NOT NULL,
    registered_at timestamptz NOT NULL,
    registered_by text NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    CHECK ((recipient = 'ice') = (facility_ori IS NULL))
);
CREATE UNIQUE INDEX endpoints_url ON notify.endpoints (recipient, url) WHERE state <> 'disabled';
CREATE TABLE notify.endpoint_secrets (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES notify.endpoints (id),
    recipient text NOT NULL,
    facility_ori text,
    secret bytea NOT NULL,
    retires_at timestamptz
);
CREATE INDEX endpoint_secrets_endpoint_id ON notify.endpoint_secrets (endpoint_id);
CREATE TABLE notify.sends (
    notice_id uuid NOT NULL REFERENCES notify.notices (id),
    endpoint_id uuid NOT NULL REFERENCES notify.endpoints (id),
    detainer_id text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'confirmed', 'failed', 'overtaken')),
    tries integer NOT NULL,
    next_at timestamptz NOT NULL,
    leased_until timestamptz NOT NULL,
    result text,
    PRIMARY KEY (notice_id, endpoint_id)
);
CREATE INDEX sends_next_at ON notify.sends (next_at) WHERE state = 'waiting';
CREATE INDEX sends_endpoint_id ON notify.sends (endpoint_id, next_at, notice_id) WHERE state = 'waiting';
CREATE INDEX sends_detainer_id ON notify.sends (endpoint_id, detainer_id) WHERE state = 'waiting';
CREATE INDEX notices_replaces ON notify.notices (replaces) WHERE replaces IS NOT NULL
"""

_INSTANTS = """
        SELECT min(send_at) AS due_at FROM notify.deliveries WHERE state = 'planned'
        UNION ALL SELECT min(opens_at) FROM notify.windows WHERE state = 'planned'
        UNION ALL SELECT min(closes_at) FROM notify.windows WHERE state = 'open'
        UNION ALL SELECT min(due_by) FROM notify.deliveries
            WHERE delivered_at IS NULL AND late_since IS NULL AND state IN ('planned', 'sent')
        UNION ALL SELECT min(remind_at) FROM notify.checks WHERE reminded_at IS NULL
        UNION ALL SELECT min(u.due_by) - interval '4 hours' FROM intake.unmatched u
            WHERE NOT EXISTS (SELECT FROM notify.notices n WHERE n.kind = 'unmatched' AND n.detainer_id = u.detainer_id)"""
_WAITING = """
        UNION ALL SELECT min(receipt_by) FROM notify.deliveries
            WHERE receipt_by IS NOT NULL AND acknowledged_at IS NULL AND unacknowledged_since IS NULL
        UNION ALL SELECT min(next_at) FROM notify.sends WHERE state = 'waiting'"""


def _due(instants: str) -> str:
    return (
        "CREATE OR REPLACE VIEW notify.due WITH (security_invoker = true) AS"
        f" SELECT min(due_at) AS due_at FROM ({instants}) AS instants"
    )


def upgrade() -> None:
    """Add the ways out."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    op.execute(_due(_INSTANTS + _WAITING))
    role, requests = pipeline("notify"), api("notify")
    owned = f"{SEES_ALL} OR {SEES_ORI} OR ({REACH} = 'ice' AND recipient = 'ice')"
    for statement in statements(readable_by_requests("notify", "endpoints", sees=owned)):
        op.execute(statement)
    state = "state, state_since, state_reason, failures, failing_since"
    op.execute(f"GRANT SELECT, UPDATE ({state}) ON notify.endpoints TO {role}")
    op.execute(f"GRANT INSERT, UPDATE ({state}) ON notify.endpoints TO {requests}")
    for statement in statements(f"""
        ALTER TABLE notify.endpoint_secrets ENABLE ROW LEVEL SECURITY;
        ALTER TABLE notify.endpoint_secrets FORCE ROW LEVEL SECURITY;
        CREATE POLICY pipeline_reads ON notify.endpoint_secrets FOR SELECT TO {role} USING (true);
        CREATE POLICY owner_reads ON notify.endpoint_secrets FOR SELECT TO CURRENT_USER USING (true);
        CREATE POLICY api_adds ON notify.endpoint_secrets TO {requests} USING ({owned}) WITH CHECK ({owned});
        GRANT SELECT ON notify.endpoint_secrets TO {role};
        GRANT INSERT, SELECT (endpoint_id, retires_at), UPDATE (retires_at) ON notify.endpoint_secrets TO {requests};
        GRANT SELECT, INSERT, UPDATE ON notify.sends TO {role}
    """):
        op.execute(statement)


def downgrade() -> None:
    """Take the ways out away; attempts at them are records, and go with what they speak of."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(_due(_INSTANTS))
    for table in ("sends", "endpoint_secrets", "endpoints"):
        op.execute(f"DROP TABLE notify.{table}")
    op.execute("DELETE FROM notify.attempts WHERE endpoint_id IS NOT NULL")
    op.execute("ALTER TABLE notify.attempts ALTER COLUMN facility_ori SET NOT NULL")
    op.execute("ALTER TABLE notify.attempts DROP COLUMN endpoint_id, DROP COLUMN status, DROP COLUMN took_ms")
    op.execute("DROP INDEX notify.notices_replaces")
    op.execute("ALTER TABLE notify.deliveries DROP COLUMN receipt_by, DROP COLUMN unacknowledged_since")
