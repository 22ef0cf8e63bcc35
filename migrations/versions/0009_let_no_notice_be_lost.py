"""Make what a notice needs when the first way fails: mail, a valve for bursts, recalls, and an independent watchdog.

A rung of a ladder is a person and how long a notice may lie before that person has mail; a mail is a row with an
instant. A burst is more notices than is normal, and waits for a person. The watchdog has a schema and two roles of
its own: it reads when a notice was due and whether it arrived, and nothing of what it said or whom it was about.
"""

from alembic import op

from migrations.ddl import (
    REACH,
    SEES_ALL,
    SEES_ORI,
    alarms_table,
    api,
    pipeline,
    readable_by_requests,
    statements,
)

revision = "0009"
down_revision = "0008"

KINDS = "'decision', 'hold_opened', 'hold_closing', 'hold_ended', 'correction', 'unmatched', 'person_copy'"
TABLES = f"""
ALTER TABLE notify.notices DROP CONSTRAINT notices_kind_check,
    ADD CONSTRAINT notices_kind_check CHECK (kind IN ({KINDS}, 'recall'));
ALTER TABLE notify.dossiers ADD COLUMN recalled_number integer NOT NULL DEFAULT 0;
ALTER TABLE notify.endpoints ADD COLUMN signature text NOT NULL DEFAULT 'hmac' CHECK (signature IN ('hmac', 'ed25519'));
ALTER TABLE notify.attempts ADD COLUMN rung integer;
CREATE TABLE notify.rungs (
    recipient text NOT NULL,
    facility_ori text,
    rung integer NOT NULL CHECK (rung > 0),
    name text NOT NULL,
    address text NOT NULL,
    after_minutes double precision NOT NULL CHECK (after_minutes >= 0),
    set_at timestamptz NOT NULL,
    set_by text NOT NULL,
    PRIMARY KEY (recipient, rung),
    CHECK ((recipient = 'ice') = (facility_ori IS NULL))
);
CREATE TABLE notify.mails (
    notice_id uuid NOT NULL REFERENCES notify.notices (id),
    rung integer NOT NULL,
    recipient text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'handed', 'failed', 'overtaken', 'unneeded')),
    tries integer NOT NULL,
    next_at timestamptz NOT NULL,
    leased_until timestamptz NOT NULL,
    result text,
    PRIMARY KEY (notice_id, rung)
);
CREATE INDEX mails_next_at ON notify.mails (next_at) WHERE state = 'waiting';
CREATE INDEX mails_recipient ON notify.mails (recipient, next_at) WHERE state = 'waiting';
ALTER TABLE notify.deliveries ADD COLUMN burst_id uuid, ADD COLUMN held_until timestamptz,
    ADD COLUMN passed boolean NOT NULL DEFAULT false;
DROP INDEX notify.deliveries_send_at;
CREATE INDEX deliveries_send_at ON notify.deliveries (send_at) WHERE state = 'planned' AND (burst_id IS NULL OR passed);
CREATE INDEX deliveries_held_until ON notify.deliveries (held_until)
    WHERE state = 'planned' AND burst_id IS NOT NULL AND NOT passed;
CREATE INDEX deliveries_burst_id ON notify.deliveries (burst_id) WHERE burst_id IS NOT NULL;
CREATE TABLE notify.flow (
    scope text NOT NULL CHECK (scope IN ('facility', 'policy')),
    key text NOT NULL,
    ends boolean NOT NULL,
    minute timestamptz NOT NULL,
    units integer NOT NULL,
    PRIMARY KEY (scope, key, ends, minute)
);
CREATE TABLE notify.bursts (
    id uuid PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('facility', 'policy')),
    key text NOT NULL,
    opened_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'released', 'recalled')),
    open_until timestamptz,
    settled_at timestamptz,
    settled_by text,
    settled_reason text
);
CREATE UNIQUE INDEX bursts_waiting ON notify.bursts (scope, key) WHERE state = 'waiting';
CREATE INDEX bursts_open_until ON notify.bursts (scope, key, open_until) WHERE state = 'released';
CREATE TABLE notify.recalls (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    action text NOT NULL CHECK (action IN ('recall', 'correct')),
    chosen jsonb NOT NULL,
    reason text NOT NULL,
    called_by text NOT NULL,
    notices integer NOT NULL
)
"""

_PLANNED = "SELECT min(send_at) AS due_at FROM notify.deliveries WHERE state = 'planned'"
_FREE = f"{_PLANNED} AND (burst_id IS NULL OR passed)"
_REST = """
        UNION ALL SELECT min(opens_at) FROM notify.windows WHERE state = 'planned'
        UNION ALL SELECT min(closes_at) FROM notify.windows WHERE state = 'open'
        UNION ALL SELECT min(due_by) FROM notify.deliveries
            WHERE delivered_at IS NULL AND late_since IS NULL AND state IN ('planned', 'sent')
        UNION ALL SELECT min(remind_at) FROM notify.checks WHERE reminded_at IS NULL
        UNION ALL SELECT min(u.due_by) - interval '4 hours' FROM intake.unmatched u
            WHERE NOT EXISTS (SELECT FROM notify.notices n WHERE n.kind = 'unmatched' AND n.detainer_id = u.detainer_id)
        UNION ALL SELECT min(receipt_by) FROM notify.deliveries
            WHERE receipt_by IS NOT NULL AND acknowledged_at IS NULL AND unacknowledged_since IS NULL
        UNION ALL SELECT min(next_at) FROM notify.sends WHERE state = 'waiting'"""
_NEW = """
        UNION ALL SELECT min(held_until) FROM notify.deliveries
            WHERE state = 'planned' AND burst_id IS NOT NULL AND NOT passed
        UNION ALL SELECT min(next_at) FROM notify.mails WHERE state = 'waiting'"""

#: What the watchdog may read, by column: instants and states, the ids to name a notice by, and whom to call.
WATCHED = {
    "notify.windows": "id, case_id, facility_ori, opens_at, closes_at, state",
    "notify.notices": "id, kind, recipient, window_id, case_id, facility_ori, due_by",
    "notify.deliveries": "notice_id, recipient, window_id, state, send_at, due_by, sent_at, delivered_at,"
    " acknowledged_at, late_since, receipt_by, unacknowledged_since, burst_id, passed",
    "intake.facilities": "ori, contact",
}


def _due(instants: str) -> str:
    return (
        "CREATE OR REPLACE VIEW notify.due WITH (security_invoker = true) AS"
        f" SELECT min(due_at) AS due_at FROM ({instants}) AS instants"
    )


def _role(name: str) -> str:
    return f"""DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name} LOGIN NOBYPASSRLS; END IF;
    END $$"""


def upgrade() -> None:
    """Add them."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    op.execute(_due(_FREE + _REST + _NEW))
    _grant()
    _watchdog()


def _grant() -> None:
    role, requests = pipeline("notify"), api("notify")
    owned = f"{SEES_ALL} OR {SEES_ORI} OR ({REACH} = 'ice' AND recipient = 'ice')"
    for table, sees in {"rungs": owned, "bursts": SEES_ALL, "recalls": SEES_ALL}.items():
        for statement in statements(readable_by_requests("notify", table, sees=sees)):
            op.execute(statement)
    op.execute(f"GRANT INSERT, DELETE ON notify.rungs TO {requests}")
    op.execute(f"GRANT SELECT ON notify.rungs TO {role}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON notify.mails, notify.bursts TO {role}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON notify.flow TO {role}")
    op.execute(f"GRANT SELECT, INSERT ON notify.recalls TO {role}")


def _watchdog() -> None:
    dog, requests = pipeline("watchdog"), api("watchdog")
    op.execute("CREATE SCHEMA watchdog")
    for statement in statements(alarms_table("watchdog")):
        op.execute(statement)
    for role in (dog, requests):
        op.execute(_role(role))
        op.execute(f"GRANT USAGE ON SCHEMA runtime, access, watchdog TO {role}")
        op.execute(f"GRANT SELECT ON runtime.clock, access.keys, access.signers TO {role}")
    for statement in statements(readable_by_requests("watchdog", "alarms", sees=SEES_ALL)):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON watchdog.alarms TO {dog}")
    op.execute(f"GRANT UPDATE (cleared_at, cleared_by, cleared_reason) ON watchdog.alarms TO {requests}")
    op.execute(f"GRANT USAGE ON SCHEMA notify, intake TO {dog}")
    for table, columns in WATCHED.items():
        op.execute(f"CREATE POLICY watchdog_reads ON {table} FOR SELECT TO {dog} USING (true)")
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {dog}")


def downgrade() -> None:
    """Take them away; attempts by mail and recalls are records, and go with what they speak of."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    dog = pipeline("watchdog")
    for table, columns in WATCHED.items():
        op.execute(f"DROP POLICY watchdog_reads ON {table}")
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM {dog}")
    for role in (dog, api("watchdog")):
        op.execute(f"REVOKE SELECT ON runtime.clock, access.keys, access.signers FROM {role}")
        op.execute(f"REVOKE USAGE ON SCHEMA runtime, access, notify, intake FROM {role}")
    op.execute("DROP SCHEMA watchdog CASCADE")
    op.execute(_due(_PLANNED + _REST))
    for table in ("recalls", "bursts", "flow", "mails", "rungs"):
        op.execute(f"DROP TABLE notify.{table}")
    for index in ("deliveries_burst_id", "deliveries_held_until", "deliveries_send_at"):
        op.execute(f"DROP INDEX notify.{index}")
    op.execute("ALTER TABLE notify.deliveries DROP COLUMN burst_id, DROP COLUMN held_until, DROP COLUMN passed")
    op.execute("CREATE INDEX deliveries_send_at ON notify.deliveries (send_at) WHERE state = 'planned'")
    op.execute("DELETE FROM notify.attempts WHERE rung IS NOT NULL")
    op.execute("ALTER TABLE notify.attempts DROP COLUMN rung")
    op.execute("ALTER TABLE notify.endpoints DROP COLUMN signature")
    op.execute("ALTER TABLE notify.dossiers DROP COLUMN recalled_number")
    _without_recalls()
    op.execute(
        "ALTER TABLE notify.notices DROP CONSTRAINT notices_kind_check,"
        f" ADD CONSTRAINT notices_kind_check CHECK (kind IN ({KINDS}))"
    )


def _without_recalls() -> None:
    """Let go of recalls: row security holds for the owner too, so it is lifted for as long as this takes."""
    recalls = "SELECT id FROM notify.notices WHERE kind = 'recall'"
    tables = ("receipts", "deliveries", "notices")
    for table in tables:
        op.execute(f"ALTER TABLE notify.{table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM notify.sends WHERE notice_id IN ({recalls})")
    for table, column in zip(tables, ("notice_id", "notice_id", "id"), strict=True):
        op.execute(f"DELETE FROM notify.{table} WHERE {column} IN ({recalls})")
    for table in tables:
        op.execute(f"ALTER TABLE notify.{table} FORCE ROW LEVEL SECURITY")
