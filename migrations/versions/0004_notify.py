"""Make notify's tables: what was last decided, hold windows, notices, deliveries, attempts, receipts.

Notices, attempts and receipts are records; `deliveries` is where each notice stands now. Waiting is a row
with an instant (`send_at`, `opens_at`, `closes_at`, `due_by`), never a sleeping loop, so the end of a hold
needs this schema and a clock, and nothing else.
"""

from alembic import op

from migrations.ddl import (
    REACH,
    SEES_ALL,
    SEES_ORI,
    api,
    neighbours_read,
    pipeline,
    readable_by_requests,
    statements,
)

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE notify.inbox (
    message_id uuid PRIMARY KEY,
    heard_at timestamptz NOT NULL
);
CREATE TABLE notify.dossiers (
    case_id uuid NOT NULL,
    detainer_id text NOT NULL,
    facility_ori text NOT NULL,
    booking_number text NOT NULL,
    number integer NOT NULL,
    outcome text NOT NULL,
    decision bytea NOT NULL,
    heard_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, detainer_id)
);
CREATE INDEX dossiers_booking ON notify.dossiers (facility_ori, booking_number);
CREATE TABLE notify.windows (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    detainer_id text NOT NULL,
    decision_id uuid NOT NULL,
    facility_ori text NOT NULL,
    booking_number text NOT NULL,
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    clock text NOT NULL,
    rule text NOT NULL,
    citation text NOT NULL CHECK (citation <> ''),
    evidence bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'open', 'closed')),
    ended_at timestamptz,
    ended_by text CHECK (ended_by IN ('clock', 'pick_up', 'release', 'cancelled', 'citizenship', 'superseded', 'retracted')),
    CHECK (closes_at > opens_at),
    CHECK ((state = 'closed') = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX windows_live ON notify.windows (case_id, detainer_id) WHERE state <> 'closed';
CREATE INDEX windows_case_id ON notify.windows (case_id);
CREATE INDEX windows_booking ON notify.windows (facility_ori, booking_number) WHERE state <> 'closed';
CREATE INDEX windows_opens_at ON notify.windows (opens_at) WHERE state = 'planned';
CREATE INDEX windows_closes_at ON notify.windows (closes_at) WHERE state = 'open';
CREATE TABLE notify.notices (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('decision', 'hold_opened', 'hold_closing', 'hold_ended', 'correction', 'unmatched', 'person_copy')),
    recipient text NOT NULL,
    case_id uuid,
    detainer_id text NOT NULL,
    decision_id uuid,
    number integer NOT NULL,
    window_id uuid,
    facility_ori text NOT NULL,
    booking_number text,
    outcome text,
    rule text,
    replaces uuid,
    due_by timestamptz NOT NULL,
    came_late boolean NOT NULL,
    planned_at timestamptz NOT NULL,
    body bytea NOT NULL
);
CREATE INDEX notices_case_id ON notify.notices (case_id, detainer_id);
CREATE INDEX notices_unmatched ON notify.notices (detainer_id) WHERE kind = 'unmatched';
CREATE TABLE notify.deliveries (
    notice_id uuid PRIMARY KEY REFERENCES notify.notices (id),
    recipient text NOT NULL,
    facility_ori text NOT NULL,
    window_id uuid,
    state text NOT NULL CHECK (state IN ('planned', 'sent', 'delivered', 'acknowledged', 'failed', 'replaced')),
    send_at timestamptz NOT NULL,
    due_by timestamptz NOT NULL,
    position bigint,
    told bytea,
    sent_at timestamptz,
    delivered_at timestamptz,
    acknowledged_at timestamptz,
    late_since timestamptz,
    CHECK (delivered_at IS NULL OR sent_at IS NOT NULL)
);
CREATE UNIQUE INDEX deliveries_feed ON notify.deliveries (recipient, position) WHERE position IS NOT NULL;
CREATE INDEX deliveries_send_at ON notify.deliveries (send_at) WHERE state = 'planned';
CREATE INDEX deliveries_window_id ON notify.deliveries (window_id) WHERE state = 'planned';
CREATE INDEX deliveries_due_by ON notify.deliveries (due_by)
    WHERE delivered_at IS NULL AND late_since IS NULL AND state IN ('planned', 'sent');
CREATE TABLE notify.recipients (
    recipient text PRIMARY KEY,
    last_position bigint NOT NULL
);
CREATE TABLE notify.attempts (
    id uuid PRIMARY KEY,
    notice_id uuid NOT NULL,
    facility_ori text NOT NULL,
    recipient text NOT NULL,
    way text NOT NULL,
    at timestamptz NOT NULL,
    result text NOT NULL
);
CREATE INDEX attempts_notice_id ON notify.attempts (notice_id);
CREATE TABLE notify.receipts (
    notice_id uuid PRIMARY KEY,
    facility_ori text NOT NULL,
    recipient text NOT NULL,
    received_at timestamptz NOT NULL,
    signed_by text NOT NULL,
    note text
);
CREATE TABLE notify.checks (
    case_id uuid PRIMARY KEY,
    facility_ori text NOT NULL,
    asked_at timestamptz NOT NULL,
    remind_at timestamptz,
    reminded_at timestamptz
);
CREATE INDEX checks_remind_at ON notify.checks (remind_at) WHERE reminded_at IS NULL;
CREATE VIEW notify.due WITH (security_invoker = true) AS
    SELECT min(due_at) AS due_at FROM (
        SELECT min(send_at) AS due_at FROM notify.deliveries WHERE state = 'planned'
        UNION ALL SELECT min(opens_at) FROM notify.windows WHERE state = 'planned'
        UNION ALL SELECT min(closes_at) FROM notify.windows WHERE state = 'open'
        UNION ALL SELECT min(due_by) FROM notify.deliveries
            WHERE delivered_at IS NULL AND late_since IS NULL AND state IN ('planned', 'sent')
        UNION ALL SELECT min(remind_at) FROM notify.checks WHERE reminded_at IS NULL
        UNION ALL SELECT min(u.due_by) - interval '4 hours' FROM intake.unmatched u
            WHERE NOT EXISTS (SELECT FROM notify.notices n WHERE n.kind = 'unmatched' AND n.detainer_id = u.detainer_id)
    ) AS instants
"""


def upgrade() -> None:
    """Give notify its schema."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    role, requests = pipeline("notify"), api("notify")
    by_ori = f"{SEES_ALL} OR {SEES_ORI}"
    addressed = (
        f"{SEES_ALL} OR ({SEES_ORI} AND recipient = 'jail:' || facility_ori) OR ({REACH} = 'ice' AND recipient = 'ice')"
    )
    secured = {
        "dossiers": by_ori,
        "windows": by_ori,
        "checks": by_ori,
        "notices": addressed,
        "deliveries": addressed,
        "attempts": addressed,
        "receipts": addressed,
    }
    for table, sees in secured.items():
        for statement in statements(readable_by_requests("notify", table, sees=sees)):
            op.execute(statement)
    op.execute(
        f"GRANT SELECT, INSERT, UPDATE ON notify.dossiers, notify.windows, notify.deliveries, notify.recipients, notify.checks TO {role}"
    )
    op.execute(f"GRANT SELECT, INSERT ON notify.inbox, notify.notices, notify.attempts, notify.receipts TO {role}")
    op.execute(f"GRANT SELECT ON notify.due TO {role}")
    # Fetching with the recipient's key delivers; a receipt acknowledges; both are records.
    op.execute(f"GRANT UPDATE (state, delivered_at, acknowledged_at) ON notify.deliveries TO {requests}")
    op.execute(f"GRANT INSERT ON notify.receipts, notify.checks, notify.journal TO {requests}")
    op.execute(f"GRANT UPDATE ON notify.checks TO {requests}")
    # ICE fetches and acknowledges too: it adds to the record, and reads none of it.
    op.execute(f"CREATE POLICY ice_adds ON notify.journal FOR INSERT TO {requests} WITH CHECK ({REACH} = 'ice')")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON notify.journal_heads TO {requests}")
    for table in ("windows", "notices", "deliveries", "receipts", "journal"):
        for statement in statements(neighbours_read("notify", table, ("decision",), sees=by_ori)):
            op.execute(statement)


def downgrade() -> None:
    """Take notify's tables away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP VIEW notify.due")
    # The journal stays until the ground goes, so its policies are taken away by name.
    for policy in ("decision_pipeline_reads", "decision_api_sees", "ice_adds"):
        op.execute(f"DROP POLICY {policy} ON notify.journal")
    op.execute(f"REVOKE SELECT ON notify.journal FROM {pipeline('decision')}, {api('decision')}")
    op.execute(f"REVOKE INSERT ON notify.journal FROM {api('notify')}")
    op.execute(f"REVOKE ALL ON notify.journal_heads FROM {api('notify')}")
    for table in (
        "checks",
        "receipts",
        "attempts",
        "recipients",
        "deliveries",
        "notices",
        "windows",
        "dossiers",
        "inbox",
    ):
        op.execute(f"DROP TABLE notify.{table}")
