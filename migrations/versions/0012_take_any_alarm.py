"""Let the watchdog's alarms be taken like all others, and stand in the console's one list.

The watchdog got its schema when alarms could not be taken yet.
"""

from alembic import op

from migrations.ddl import SEES_ALL, api

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add who has taken an alarm, and the console's sight of it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE watchdog.alarms ADD COLUMN taken_by text, ADD COLUMN taken_at timestamptz")
    op.execute(f"GRANT UPDATE (taken_by, taken_at) ON watchdog.alarms TO {api('watchdog')}")
    op.execute(f"CREATE POLICY console_sees ON watchdog.alarms FOR SELECT TO {api('console')} USING ({SEES_ALL})")
    op.execute(f"GRANT USAGE ON SCHEMA watchdog TO {api('console')}")
    op.execute(f"GRANT SELECT ON watchdog.alarms TO {api('console')}")


def downgrade() -> None:
    """Take them away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"REVOKE SELECT ON watchdog.alarms FROM {api('console')}")
    op.execute(f"REVOKE USAGE ON SCHEMA watchdog FROM {api('console')}")
    op.execute("DROP POLICY console_sees ON watchdog.alarms")
    op.execute("ALTER TABLE watchdog.alarms DROP COLUMN taken_by, DROP COLUMN taken_at")
