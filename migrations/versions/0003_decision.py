"""Make decision's tables: the standing decision of each detainer, all decisions, snapshots, reviews.

`dossiers` is current state: the row that whoever decides must lock first, and the place of its timer.
`decisions` and `answers` are records. A snapshot can be erased; its digest stays in the decision.
"""

from alembic import op

from migrations.ddl import (
    SEES_ALL,
    SEES_ORI,
    api,
    neighbours_read,
    pipeline,
    readable_by_requests,
    statements,
)

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE decision.inbox (
    message_id uuid PRIMARY KEY,
    heard_at timestamptz NOT NULL
);
CREATE TABLE decision.rulebook (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL,
    digest text NOT NULL,
    loaded_at timestamptz NOT NULL
);
CREATE TABLE decision.dossiers (
    case_id uuid NOT NULL,
    detainer_id text NOT NULL,
    facility_ori text NOT NULL,
    booking_number text NOT NULL,
    number integer NOT NULL CHECK (number >= 0),
    decision_id uuid,
    outcome text,
    rule text,
    policy text,
    standing bytea,
    case_version bigint NOT NULL,
    due_by timestamptz,
    wake_at timestamptz,
    PRIMARY KEY (case_id, detainer_id)
);
CREATE INDEX dossiers_wake_at ON decision.dossiers (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX dossiers_facility_ori ON decision.dossiers (facility_ori);
CREATE TABLE decision.decisions (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    detainer_id text NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    facility_ori text NOT NULL,
    booking_number text NOT NULL,
    case_version bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('HOLD', 'NOTIFY_ONLY', 'RELEASE', 'REVIEW')),
    policy text NOT NULL,
    rule text NOT NULL,
    citation text NOT NULL CHECK (citation <> ''),
    rulebook_version integer NOT NULL,
    rulebook_digest text NOT NULL,
    snapshot_digest bytea NOT NULL,
    as_of timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL,
    opens_at timestamptz,
    closes_at timestamptz,
    clock text,
    due_by timestamptz NOT NULL,
    supersedes uuid,
    told bytea NOT NULL,
    explanation bytea NOT NULL,
    UNIQUE (case_id, detainer_id, number),
    CHECK ((opens_at IS NULL) = (closes_at IS NULL) AND (opens_at IS NULL) = (clock IS NULL)),
    CHECK (opens_at IS NULL OR (outcome = 'HOLD' AND closes_at > opens_at))
);
CREATE TABLE decision.snapshots (
    decision_id uuid PRIMARY KEY,
    facility_ori text NOT NULL,
    facts bytea NOT NULL,
    salt bytea NOT NULL
);
CREATE TABLE decision.reviews (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    detainer_id text NOT NULL,
    decision_id uuid NOT NULL,
    facility_ori text NOT NULL,
    booking_number text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'claimed', 'answered', 'lapsed')),
    question bytea NOT NULL,
    office text,
    opened_at timestamptz NOT NULL,
    due_by timestamptz NOT NULL,
    claimed_by text,
    claimed_at timestamptz,
    ended_at timestamptz
);
CREATE UNIQUE INDEX reviews_open ON decision.reviews (case_id, detainer_id) WHERE state IN ('open', 'claimed');
CREATE INDEX reviews_due_by ON decision.reviews (due_by) WHERE state IN ('open', 'claimed');
CREATE TABLE decision.answers (
    id uuid PRIMARY KEY,
    review_id uuid NOT NULL,
    case_id uuid NOT NULL,
    detainer_id text NOT NULL,
    facility_ori text NOT NULL,
    answer text NOT NULL CHECK (answer IN ('honor', 'decline')),
    office text NOT NULL,
    reason_code text NOT NULL,
    rationale text NOT NULL,
    question_digest bytea NOT NULL,
    answered_at timestamptz NOT NULL,
    answered_by text NOT NULL
);
CREATE INDEX answers_case_id ON decision.answers (case_id, detainer_id);
CREATE VIEW decision.due WITH (security_invoker = true) AS
    SELECT min(wake_at) AS due_at FROM decision.dossiers WHERE wake_at IS NOT NULL
"""


def upgrade() -> None:
    """Give decision its schema."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    role, requests = pipeline("decision"), api("decision")
    sees = f"{SEES_ALL} OR {SEES_ORI}"
    for table in ("dossiers", "decisions", "snapshots", "reviews", "answers"):
        for statement in statements(readable_by_requests("decision", table, sees=sees)):
            op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON decision.dossiers, decision.reviews, decision.rulebook TO {role}")
    op.execute(
        f"GRANT SELECT, INSERT ON decision.decisions, decision.snapshots, decision.answers, decision.inbox TO {role}"
    )
    op.execute(f"GRANT SELECT ON decision.due TO {role}")
    # A reviewer claims and answers; the answer is a record, and asks the pipeline to decide again.
    op.execute(f"GRANT UPDATE (state, claimed_by, claimed_at) ON decision.reviews TO {requests}")
    op.execute(f"GRANT INSERT ON decision.answers TO {requests}")
    op.execute(f"GRANT UPDATE (wake_at) ON decision.dossiers TO {requests}")
    for table in ("decisions", "dossiers"):
        for statement in statements(neighbours_read("decision", table, ("notify",), sees=sees)):
            op.execute(statement)


def downgrade() -> None:
    """Take decision's tables away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP VIEW decision.due")
    for table in ("answers", "reviews", "snapshots", "decisions", "dossiers", "rulebook", "inbox"):
        op.execute(f"DROP TABLE decision.{table}")
