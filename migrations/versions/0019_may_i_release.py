"""Answer a release check in one round trip: what counts for a booking, and whether its jail is awaited to report.

The function says whose request it is before it looks, so row security goes by the caller as everywhere.
"""

from alembic import op

from migrations.ddl import api

revision = "0019"
down_revision = "0018"

FUNCTION = """
CREATE FUNCTION notify.release_check(the_reach text, the_oris text, the_ori text, the_number text)
RETURNS TABLE (
    case_id uuid, detainer_id text, decision bytea, recalled_number integer, is_awaited boolean,
    id uuid, decision_id uuid, facility_ori text, booking_number text, opens_at timestamptz, closes_at timestamptz,
    clock text, rule text, citation text, evidence bytea, state text, ended_at timestamptz, ended_by text
) LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('countersign.reach', the_reach, true), set_config('countersign.oris', the_oris, true);
    RETURN QUERY
        SELECT d.case_id, d.detainer_id, d.decision, d.recalled_number,
            EXISTS (SELECT FROM notify.checks c WHERE c.case_id = d.case_id AND c.reminded_at IS NULL),
            w.id, w.decision_id, w.facility_ori, w.booking_number, w.opens_at, w.closes_at,
            w.clock, w.rule, w.citation, w.evidence, w.state, w.ended_at, w.ended_by
        FROM notify.dossiers d LEFT JOIN notify.windows w ON w.case_id = d.case_id AND w.detainer_id = d.detainer_id
        WHERE d.facility_ori = the_ori AND d.booking_number = the_number
        ORDER BY d.case_id, d.detainer_id, w.opens_at, w.id;
END $$
"""


def upgrade() -> None:
    """Add the question."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION notify.release_check FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION notify.release_check TO {api('notify')}")


def downgrade() -> None:
    """Take the question away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION notify.release_check")
