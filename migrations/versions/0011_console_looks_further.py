"""Let the console see what people do at the desk, and find cases by number without reading them all."""

from alembic import op

from migrations.ddl import SEES_ALL, SEES_ORI, SERVICES, api

revision = "0011"
down_revision = "0010"

_DESK = {"approvals": f"{SEES_ALL} OR {SEES_ORI}", "review_acts": f"{SEES_ALL} OR {SEES_ORI}", "delegations": SEES_ALL}
_INDEXES = {
    "intake.cases_booking_number": "intake.cases (booking_number)",
    "decision.dossiers_detainer_id": "decision.dossiers (detainer_id)",
    **{f"{name}.alarms_open": f"{name}.alarms (since) WHERE cleared_at IS NULL" for name in SERVICES},
    **{f"{name}.parked_open": f"{name}.parked (id) WHERE state = 'parked'" for name in SERVICES},
}


def upgrade() -> None:
    """Add grants, policies and indexes."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, sees in _DESK.items():
        op.execute(f"CREATE POLICY console_sees ON decision.{table} FOR SELECT TO {api('console')} USING ({sees})")
        op.execute(f"GRANT SELECT ON decision.{table} TO {api('console')}")
    for name, on in _INDEXES.items():
        op.execute(f"CREATE INDEX {name.partition('.')[2]} ON {on}")


def downgrade() -> None:
    """Take them away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in _INDEXES:
        op.execute(f"DROP INDEX {name}")
    for table in _DESK:
        op.execute(f"DROP POLICY console_sees ON decision.{table}")
        op.execute(f"REVOKE SELECT ON decision.{table} FROM {api('console')}")
