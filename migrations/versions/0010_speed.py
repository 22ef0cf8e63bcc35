"""Keep small what is looked at all the time: queues swept by the thousand, rows changed in place, one index more.

An inbox of our own messages is pruned once its topics hold none of them any more; intake's is not, since it knows
an event as long as its case is kept.
"""

from alembic import op

from migrations.ddl import SERVICES, pipeline

revision = "0010"
down_revision = "0009"

#: Rows that change several times: room on their own page spares the indexes.
_CHANGING = (
    "intake.cases",
    "decision.dossiers",
    "notify.dossiers",
    "notify.windows",
    *(f"{schema}.journal_heads" for schema in SERVICES),
)
#: Rows that come and go, or that leave a partial index soon: swept by number, and at once.
_PASSING = (*(f"{schema}.outbox" for schema in SERVICES), "notify.deliveries", "notify.sends")
_SWEPT = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0"
_SWEPT_NAMES = "autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay"


def upgrade() -> None:
    """Make room, sweep often, and let the inboxes of our own messages be pruned."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in _CHANGING:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 75)")
    for table in _PASSING:
        op.execute(f"ALTER TABLE {table} SET ({_SWEPT})")
    op.execute("CREATE INDEX deliveries_unsent ON notify.deliveries (due_by) WHERE state = 'planned'")
    for schema in ("decision", "notify"):
        op.execute(f"GRANT DELETE ON {schema}.inbox TO {pipeline(schema)}")


def downgrade() -> None:
    """Take the index and the grants away; how full pages are is left to the next writing."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for schema in ("decision", "notify"):
        op.execute(f"REVOKE DELETE ON {schema}.inbox FROM {pipeline(schema)}")
    op.execute("DROP INDEX notify.deliveries_unsent")
    for table in _PASSING:
        op.execute(f"ALTER TABLE {table} RESET ({_SWEPT_NAMES})")
    for table in _CHANGING:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
