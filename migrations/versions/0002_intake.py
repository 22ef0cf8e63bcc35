"""Make intake's tables: events, cases, ties, the waiting list, the register of facilities.

What may have to be erased one day (raw events, persons) stands apart from what must stay; a salted
digest ties the two. Identifiers are rows so that they can be locked before anyone looks for a tie.
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

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE intake.facilities (
    ori text PRIMARY KEY,
    name text NOT NULL,
    jurisdiction text NOT NULL,
    agency text NOT NULL,
    time_zone text NOT NULL,
    contact text NOT NULL,
    registered_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE TABLE intake.inbox (
    source text NOT NULL,
    id text NOT NULL,
    digest bytea NOT NULL,
    type text NOT NULL,
    sender text NOT NULL,
    facility_ori text,
    detainer_id text,
    time timestamptz NOT NULL,
    sequence text,
    state text NOT NULL CHECK (state IN ('accepted', 'applied', 'waiting', 'parked', 'discarded')),
    reason text,
    case_id uuid,
    accepted_at timestamptz,
    heard_at timestamptz,
    PRIMARY KEY (source, id)
);
CREATE INDEX inbox_case_id ON intake.inbox (case_id) WHERE case_id IS NOT NULL;
CREATE TABLE intake.raw_events (
    source text NOT NULL,
    id text NOT NULL,
    data bytea NOT NULL,
    salt bytea NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE TABLE intake.cases (
    case_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version >= 0),
    custody text NOT NULL CHECK (custody IN ('awaited', 'in_custody', 'release_due', 'gone')),
    facility_ori text NOT NULL,
    booking_number text NOT NULL,
    booked_at timestamptz,
    gone_at timestamptz,
    folded bytea NOT NULL,
    parked_events integer NOT NULL CHECK (parked_events >= 0),
    opened_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX cases_facility_ori ON intake.cases (facility_ori, case_id);
CREATE TABLE intake.persons (
    case_id uuid PRIMARY KEY,
    facility_ori text NOT NULL,
    person bytea NOT NULL,
    salt bytea NOT NULL
);
CREATE TABLE intake.identifiers (
    kind text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE TABLE intake.ties (
    kind text NOT NULL,
    value text NOT NULL,
    case_id uuid NOT NULL,
    since timestamptz NOT NULL,
    by_hand boolean NOT NULL,
    PRIMARY KEY (kind, value, case_id)
);
CREATE TABLE intake.waiting (
    source text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    facility_ori text,
    reason text NOT NULL,
    time timestamptz NOT NULL,
    since timestamptz NOT NULL,
    ask_at timestamptz,
    asked_at timestamptz,
    PRIMARY KEY (source, id)
);
CREATE INDEX waiting_ask_at ON intake.waiting (ask_at) WHERE asked_at IS NULL;
CREATE TABLE intake.waiting_identifiers (
    kind text NOT NULL,
    value text NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    PRIMARY KEY (kind, value, source, id)
);
CREATE INDEX waiting_identifiers_source_id ON intake.waiting_identifiers (source, id);
CREATE TABLE intake.unmatched (
    source text NOT NULL,
    id text NOT NULL,
    detainer_id text NOT NULL,
    case_id uuid,
    facility_ori text NOT NULL,
    booking_number text,
    lodged_at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    due_by timestamptz NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX unmatched_case_id ON intake.unmatched (case_id) WHERE case_id IS NOT NULL;
CREATE VIEW intake.due WITH (security_invoker = true) AS
    SELECT min(ask_at) AS due_at FROM intake.waiting WHERE asked_at IS NULL
"""

SENDER_SEES = f"""{SEES_ALL} OR (sender = 'jail' AND {SEES_ORI}) OR (sender <> 'jail' AND sender = {REACH})"""


def upgrade() -> None:
    """Give intake its schema."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    role = pipeline("intake")
    secured = {
        "facilities": f"{SEES_ALL} OR {REACH} <> ''",
        "inbox": SENDER_SEES,
        "cases": f"{SEES_ALL} OR {SEES_ORI}",
        "persons": f"{SEES_ALL} OR {SEES_ORI}",
        "waiting": SEES_ALL,
    }
    for table, sees in secured.items():
        # Everyone signed in reads the register; only who sees all keeps it.
        writes = SEES_ALL if table == "facilities" else None
        for statement in statements(readable_by_requests("intake", table, sees=sees, writes=writes)):
            op.execute(statement)
    for table in ("facilities", "inbox", "cases", "persons", "waiting"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON intake.{table} TO {role}")
    op.execute(f"GRANT SELECT, INSERT ON intake.raw_events, intake.identifiers, intake.ties TO {role}")
    # A link by hand, and the row lock that keeps two topics from missing each other, need UPDATE.
    op.execute(f"GRANT UPDATE ON intake.identifiers, intake.ties TO {role}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON intake.waiting_identifiers, intake.unmatched TO {role}")
    op.execute(f"GRANT SELECT ON intake.due TO {role}")
    # The door writes down what it accepted, and the operator keeps the register.
    op.execute("GRANT INSERT, UPDATE ON intake.inbox, intake.facilities TO countersign_intake_api")
    for table, readers in {"facilities": ("decision", "notify"), "cases": ("decision", "notify")}.items():
        for statement in statements(neighbours_read("intake", table, readers, sees=secured[table])):
            op.execute(statement)
    op.execute("GRANT SELECT ON intake.unmatched TO countersign_notify_pipeline")
    for statement in statements(neighbours_read("intake", "journal", ("decision",), sees=f"{SEES_ALL} OR {SEES_ORI}")):
        op.execute(statement)
    for statement in statements(neighbours_read("intake", "inbox", ("decision",), sees=f"{SEES_ALL} OR {SEES_ORI}")):
        op.execute(statement)


def downgrade() -> None:
    """Take intake's tables away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP VIEW intake.due")
    # The journal stays until the ground goes, so its readers are taken away by name.
    for policy in ("decision_pipeline_reads", "decision_api_sees"):
        op.execute(f"DROP POLICY {policy} ON intake.journal")
    op.execute(f"REVOKE SELECT ON intake.journal FROM {pipeline('decision')}, {api('decision')}")
    for table in (
        "unmatched",
        "waiting_identifiers",
        "waiting",
        "ties",
        "identifiers",
        "persons",
        "cases",
        "raw_events",
        "inbox",
        "facilities",
    ):
        op.execute(f"DROP TABLE intake.{table}")
