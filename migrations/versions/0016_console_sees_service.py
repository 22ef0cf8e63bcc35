"""Let the console see when a person's copy was handed over: what nobody has handed over is shown as such."""

from alembic import op

from migrations.ddl import SEES_ALL, SEES_ORI, api

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Grant it, by the reach of the person signed in."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    role = api("console")
    op.execute(
        f"CREATE POLICY console_sees ON notify.copies_served FOR SELECT TO {role} USING ({SEES_ALL} OR {SEES_ORI})"
    )
    op.execute(f"GRANT SELECT ON notify.copies_served TO {role}")


def downgrade() -> None:
    """Take the grant away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY console_sees ON notify.copies_served")
    op.execute(f"REVOKE SELECT ON notify.copies_served FROM {api('console')}")
