"""Let the console find what is late, unacknowledged or behind a dead letter without reading everything.

Each index holds only what is in trouble, which is little; without them every look read all deliveries and all cases.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

_INDEXES = {
    "notify.deliveries_unacknowledged": "notify.deliveries (window_id)"
    " WHERE unacknowledged_since IS NOT NULL AND acknowledged_at IS NULL",
    "notify.deliveries_late": "notify.deliveries (late_since) WHERE late_since IS NOT NULL AND delivered_at IS NULL",
    "intake.cases_behind": "intake.cases (case_id) WHERE parked_events > 0",
}


def upgrade() -> None:
    """Add the indexes."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, on in _INDEXES.items():
        op.execute(f"CREATE INDEX {name.partition('.')[2]} ON {on}")


def downgrade() -> None:
    """Take them away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in _INDEXES:
        op.execute(f"DROP INDEX {name}")
