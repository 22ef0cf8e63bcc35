"""${message}."""

from alembic import op

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Say what is added, and why."""
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    """Take it back."""
    op.execute("SET LOCAL lock_timeout = '5s'")
