"""Watch that a copy which the law owes the person is handed over: by when, and whether a person was called for it.

Such a copy was told to the jail like any notice; that the jail has it says nothing of the person.
"""

from alembic import op

from migrations.ddl import SEES_ALL, SEES_ORI, api, pipeline, readable_by_requests, statements

revision = "0020"
down_revision = "0019"

TABLES = """
CREATE TABLE notify.copies_owed (
    notice_id uuid PRIMARY KEY REFERENCES notify.notices (id),
    facility_ori text NOT NULL,
    hand_by timestamptz NOT NULL,
    called_at timestamptz,
    settled_at timestamptz,
    settled_by text CHECK (settled_by IN ('served', 'replaced')),
    CHECK ((settled_at IS NULL) = (settled_by IS NULL))
);
CREATE INDEX copies_owed_hand_by ON notify.copies_owed (hand_by) WHERE settled_at IS NULL AND called_at IS NULL
"""

#: What waited before goes on under a name of its own.
DUE = """
ALTER VIEW notify.due RENAME TO due_of_notices;
CREATE VIEW notify.due WITH (security_invoker = true) AS SELECT min(due_at) AS due_at FROM (
    SELECT due_at FROM notify.due_of_notices UNION ALL (SELECT hand_by FROM notify.copies_owed
        WHERE settled_at IS NULL AND called_at IS NULL ORDER BY hand_by LIMIT 1)
) AS instants
"""


def upgrade() -> None:
    """Add the watch."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    for statement in statements(readable_by_requests("notify", "copies_owed", sees=f"{SEES_ALL} OR {SEES_ORI}")):
        op.execute(statement)
    op.execute(
        f"GRANT SELECT, INSERT, UPDATE (called_at, settled_at, settled_by) ON notify.copies_owed TO {pipeline('notify')}"
    )
    op.execute(f"GRANT UPDATE (settled_at, settled_by) ON notify.copies_owed TO {api('notify')}")
    for statement in statements(DUE):
        op.execute(statement)
    op.execute(f"GRANT SELECT ON notify.due TO {pipeline('notify')}")


def downgrade() -> None:
    """Take the watch away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP VIEW notify.due")
    op.execute("ALTER VIEW notify.due_of_notices RENAME TO due")
    op.execute("DROP TABLE notify.copies_owed")
