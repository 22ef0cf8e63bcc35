"""Let people of local accounts prove who they are by a second thing: codes of an app, and codes for when it is lost.

What an app's codes are made from is sealed with a key that is not in the database; a recovery code is kept as a
digest, and is good once. The console itself takes neither away: that is for the database's owner.
"""

from alembic import op

from migrations.ddl import pipeline, statements

revision = "0015"
down_revision = "0014"

TABLES = """
CREATE TABLE console.second_factors (
    account_id uuid PRIMARY KEY REFERENCES console.accounts (id),
    sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);
CREATE TABLE console.recovery_codes (
    account_id uuid NOT NULL REFERENCES console.accounts (id),
    digest bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (account_id, digest)
)
"""
_RESULTS = "'signed_in', 'refused', 'locked', 'closed', 'signed_out'"


def _results_are(names: str) -> None:
    op.execute("ALTER TABLE console.sign_ins DROP CONSTRAINT sign_ins_result_check")
    op.execute(f"ALTER TABLE console.sign_ins ADD CONSTRAINT sign_ins_result_check CHECK (result IN ({names}))")


def upgrade() -> None:
    """Add both tables, and two things that can become of a sign-in."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    role = pipeline("console")
    op.execute(
        f"GRANT SELECT, INSERT, UPDATE (sealed, made_at, confirmed_at, last_step) ON console.second_factors TO {role}"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE (used_at) ON console.recovery_codes TO {role}")
    _results_are(f"{_RESULTS}, 'recovered', 'factor_set'")


def downgrade() -> None:
    """Take them away: a password alone is enough again."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DELETE FROM console.sign_ins WHERE result IN ('recovered', 'factor_set')")
    _results_are(_RESULTS)
    op.execute("DROP TABLE console.recovery_codes")
    op.execute("DROP TABLE console.second_factors")
