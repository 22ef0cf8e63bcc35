"""Record that a copy of the answer reached the person: when, by whom, in which language, and how.

The copy itself is a notice in the jail's feed. That it was handed over is another thing than that the jail has it.
"""

from alembic import op

from migrations.ddl import SEES_ALL, SEES_ORI, api, pipeline, readable_by_requests, statements

revision = "0013"
down_revision = "0012"

TABLES = """
CREATE TABLE notify.copies_served (
    id uuid PRIMARY KEY,
    notice_id uuid NOT NULL REFERENCES notify.notices (id),
    facility_ori text NOT NULL,
    served_at timestamptz NOT NULL,
    served_by text NOT NULL,
    language text NOT NULL,
    manner text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    UNIQUE (notice_id, served_at, manner)
)
"""


def upgrade() -> None:
    """Add the record of service."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    sees = f"{SEES_ALL} OR {SEES_ORI}"
    for statement in statements(readable_by_requests("notify", "copies_served", sees=sees)):
        op.execute(statement)
    op.execute(f"GRANT SELECT ON notify.copies_served TO {pipeline('notify')}")
    op.execute(f"GRANT INSERT ON notify.copies_served TO {api('notify')}")


def downgrade() -> None:
    """Take the record of service away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE notify.copies_served")
