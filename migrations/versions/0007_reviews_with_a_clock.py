"""Give reviews a clock, claims an end, answers a second person, and offices a stand-in.

Until now a review had one instant, the one by which jail and ICE must be told. An answer is wanted earlier, so
that there is time left to tell it; until then a person is reminded, and after it somebody else is called.
That nobody approves an answer of their own is the database's to refuse, whatever the service does. Code from
before runs on it: what it does not write is empty, and reads as before.
"""

from alembic import op

from migrations.ddl import SEES_ALL, SEES_ORI, api, pipeline, readable_by_requests, statements

revision = "0007"
down_revision = "0006"

TABLES = """
ALTER TABLE access.keys ADD COLUMN holder text;
ALTER TABLE decision.reviews ADD COLUMN answer_by timestamptz, ADD COLUMN call_at timestamptz,
    ADD COLUMN claimed_until timestamptz;
CREATE INDEX reviews_call_at ON decision.reviews (call_at) WHERE call_at IS NOT NULL AND state IN ('open', 'claimed');
CREATE TABLE decision.delegations (
    id uuid PRIMARY KEY,
    office text NOT NULL,
    from_key text NOT NULL,
    to_key text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    ended_by text,
    CHECK (ends_at >= starts_at),
    CHECK (to_key <> from_key)
);
CREATE INDEX delegations_to_key ON decision.delegations (to_key, ends_at);
ALTER TABLE decision.answers ADD COLUMN person text NOT NULL DEFAULT '',
    ADD COLUMN needs_second boolean NOT NULL DEFAULT false,
    ADD COLUMN delegation_id uuid, ADD COLUMN rule_said bytea;
ALTER TABLE decision.answers ADD CONSTRAINT answers_given_by UNIQUE (id, answered_by, person);
CREATE INDEX answers_review_id ON decision.answers (review_id);
CREATE TABLE decision.approvals (
    answer_id uuid PRIMARY KEY,
    answered_by text NOT NULL,
    answered_person text NOT NULL,
    review_id uuid NOT NULL,
    case_id uuid NOT NULL,
    facility_ori text NOT NULL,
    approves boolean NOT NULL,
    by_key text NOT NULL,
    by_person text NOT NULL,
    office text NOT NULL,
    rationale text NOT NULL,
    at timestamptz NOT NULL,
    FOREIGN KEY (answer_id, answered_by, answered_person) REFERENCES decision.answers (id, answered_by, person),
    CONSTRAINT nobody_approves_their_own
        CHECK (NOT approves OR (by_key <> answered_by AND by_person <> answered_person))
);
CREATE TABLE decision.review_acts (
    id uuid PRIMARY KEY,
    review_id uuid NOT NULL,
    case_id uuid NOT NULL,
    facility_ori text NOT NULL,
    at timestamptz NOT NULL,
    act text NOT NULL CHECK (act IN ('claimed', 'released', 'handed_over', 'reminded', 'escalated')),
    by_key text,
    to_key text,
    reason text
);
CREATE INDEX review_acts_review_id ON decision.review_acts (review_id);
CREATE OR REPLACE VIEW decision.due WITH (security_invoker = true) AS
    SELECT min(due_at) AS due_at FROM (
        SELECT min(wake_at) AS due_at FROM decision.dossiers WHERE wake_at IS NOT NULL
        UNION ALL
        SELECT min(call_at) FROM decision.reviews WHERE call_at IS NOT NULL AND state IN ('open', 'claimed')
    ) AS instants
"""

AS_BEFORE = """
CREATE OR REPLACE VIEW decision.due WITH (security_invoker = true) AS
    SELECT min(wake_at) AS due_at FROM decision.dossiers WHERE wake_at IS NOT NULL;
DROP TABLE decision.review_acts, decision.approvals, decision.delegations;
ALTER TABLE decision.answers DROP CONSTRAINT answers_given_by;
DROP INDEX decision.answers_review_id;
ALTER TABLE decision.answers DROP COLUMN person, DROP COLUMN needs_second, DROP COLUMN delegation_id,
    DROP COLUMN rule_said;
DROP INDEX decision.reviews_call_at;
ALTER TABLE decision.reviews DROP COLUMN answer_by, DROP COLUMN call_at, DROP COLUMN claimed_until;
ALTER TABLE access.keys DROP COLUMN holder
"""


def upgrade() -> None:
    """Add what a review with a clock needs."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    role, requests = pipeline("decision"), api("decision")
    for table in ("approvals", "review_acts"):
        for statement in statements(readable_by_requests("decision", table, sees=f"{SEES_ALL} OR {SEES_ORI}")):
            op.execute(statement)
        op.execute(f"GRANT SELECT, INSERT ON decision.{table} TO {role}")
        op.execute(f"GRANT INSERT ON decision.{table} TO {requests}")
    for statement in statements(readable_by_requests("decision", "delegations", sees=SEES_ALL)):
        op.execute(statement)
    op.execute(f"GRANT SELECT ON decision.delegations TO {role}")
    op.execute(f"GRANT INSERT, UPDATE (ends_at, ended_by) ON decision.delegations TO {requests}")
    op.execute(f"GRANT UPDATE (claimed_until) ON decision.reviews TO {requests}")


def downgrade() -> None:
    """Take it away; who approved and who stood in goes with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(AS_BEFORE):
        op.execute(statement)
