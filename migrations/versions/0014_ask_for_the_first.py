"""Let the nearest instant be found by going to the front of an index, whatever the statistics say.

Asked for the least of them, a server that takes a table for small reads the whole index: 2,860 pages for each look at
5,000 notices that nobody had fetched yet. Asked for the first in order, it stops at the first.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

#: Table, instant, and which rows count: each has an index on just these.
_INSTANTS = (
    ("notify.deliveries", "send_at", "state = 'planned' AND (burst_id IS NULL OR passed)"),
    ("notify.windows", "opens_at", "state = 'planned'"),
    ("notify.windows", "closes_at", "state = 'open'"),
    (
        "notify.deliveries",
        "due_by",
        "delivered_at IS NULL AND late_since IS NULL AND state IN ('planned', 'sent')",
    ),
    ("notify.checks", "remind_at", "reminded_at IS NULL AND remind_at IS NOT NULL"),
    (
        "notify.deliveries",
        "receipt_by",
        "receipt_by IS NOT NULL AND acknowledged_at IS NULL AND unacknowledged_since IS NULL",
    ),
    ("notify.sends", "next_at", "state = 'waiting'"),
    ("notify.deliveries", "held_until", "state = 'planned' AND burst_id IS NOT NULL AND NOT passed"),
    ("notify.mails", "next_at", "state = 'waiting'"),
)
_UNMATCHED = (
    "SELECT min(u.due_by) - interval '4 hours' FROM intake.unmatched u WHERE NOT EXISTS"
    " (SELECT FROM notify.notices n WHERE n.kind = 'unmatched' AND n.detainer_id = u.detainer_id)"
)


def _first(table: str, instant: str, which: str) -> str:
    """Ask for the first; an instant that is not set stands behind all others."""
    return f"(SELECT {instant} AS due_at FROM {table} WHERE {which} ORDER BY {instant} LIMIT 1)"


def _least(table: str, instant: str, which: str) -> str:
    return f"SELECT min({instant}) AS due_at FROM {table} WHERE {which}"


def _due(instants: list[str]) -> str:
    union = " UNION ALL ".join([*instants, _UNMATCHED])
    return (
        "CREATE OR REPLACE VIEW notify.due WITH (security_invoker = true) AS"
        f" SELECT min(due_at) AS due_at FROM ({union}) AS instants"
    )


def upgrade() -> None:
    """Ask for the first of each."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(_due([_first(*each) for each in _INSTANTS]))


def downgrade() -> None:
    """Ask for the least of each."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(_due([_least(*each) for each in _INSTANTS]))
