"""Make the console's schema: who signs in, their sessions, what was revealed to whom; and what it may read.

The console reads the services' tables and writes none of them: it acts through their HTTP. Its api role sees
case data by the reach of the person signed in; persons it does not see at all. `console.reveal` is the one way
to them: it writes down who asks and why, and gives the person in the same statement, or neither.
"""

from alembic import op

from migrations.ddl import SEES_ALL, SEES_ORI, SERVICES, api, pipeline, statements

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE SCHEMA console;
CREATE TABLE console.accounts (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    key_id text NOT NULL UNIQUE REFERENCES access.keys (id),
    password_hash text,
    subject text UNIQUE,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    locked_at timestamptz,
    made_at timestamptz NOT NULL,
    closed_at timestamptz,
    CHECK ((password_hash IS NULL) <> (subject IS NULL))
);
CREATE TABLE console.sessions (
    digest bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES console.accounts (id),
    csrf text NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sessions_seen_at ON console.sessions (seen_at);
CREATE TABLE console.sign_ins (
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES console.accounts (id),
    at timestamptz NOT NULL,
    result text NOT NULL CHECK (result IN ('signed_in', 'refused', 'locked', 'closed', 'signed_out'))
);
CREATE TABLE console.reveals (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES console.accounts (id),
    role text NOT NULL,
    case_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    reference text NOT NULL,
    at timestamptz NOT NULL,
    given boolean NOT NULL
);
CREATE INDEX reveals_case_id ON console.reveals (case_id, at);
CREATE TABLE access.signers (
    name text PRIMARY KEY,
    public_key bytea NOT NULL,
    since timestamptz NOT NULL
)
"""

#: Who may be shown a person: whoever decides, whoever links. An auditor reads everything else.
_REVEALS = """
CREATE FUNCTION console.reveal(reveal_id uuid, account uuid, person_of uuid, why text, ref text, instant timestamptz)
RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    who text;
    found_person bytea;
BEGIN
    SELECT k.role INTO who FROM console.accounts a JOIN access.keys k ON k.id = a.key_id
        WHERE a.id = account AND a.closed_at IS NULL AND a.locked_at IS NULL AND k.revoked_at IS NULL;
    IF who IN ('reviewer', 'operator') AND length(why) > 0 THEN
        SELECT person INTO found_person FROM intake.persons WHERE case_id = person_of;
    END IF;
    INSERT INTO console.reveals (id, account_id, role, case_id, reason, reference, at, given)
        VALUES (reveal_id, account, coalesce(who, 'none'), person_of, why, ref, instant, found_person IS NOT NULL);
    RETURN found_person;
END $$
"""

_BY_ORI = f"{SEES_ALL} OR {SEES_ORI}"
#: What a page may read, and the rows of it: everything that is no person and no secret.
_READS = {
    "intake.cases": _BY_ORI,
    "intake.facilities": SEES_ALL,
    "intake.inbox": SEES_ALL,
    "intake.waiting": SEES_ALL,
    "decision.dossiers": _BY_ORI,
    "decision.decisions": _BY_ORI,
    "decision.snapshots": _BY_ORI,
    "decision.reviews": _BY_ORI,
    "decision.answers": _BY_ORI,
    "notify.dossiers": _BY_ORI,
    "notify.windows": _BY_ORI,
    "notify.notices": SEES_ALL,
    "notify.deliveries": SEES_ALL,
    "notify.attempts": SEES_ALL,
    "notify.receipts": SEES_ALL,
    "notify.checks": _BY_ORI,
    "notify.endpoints": SEES_ALL,
    **{f"{service}.journal": _BY_ORI for service in SERVICES},
    **{f"{service}.{table}": SEES_ALL for service in SERVICES for table in ("alarms", "parked")},
}
#: Of what was set aside everything but the bytes, which may name anybody.
_PARKED = (
    "id, topic, part, position, code, reason, place, mend, source, event_id, event_type, facility_ori, case_id,"
    " case_key, state, parked_at, settled_at, settled_by, settled_reason"
)
#: What the console's own loops read of the services' machinery: places in logs, never what stands there.
_MACHINERY = ", ".join(
    [f"{service}.offsets" for service in SERVICES] + ["intake.unmatched", "notify.sends", "decision.rulebook"]
)


def _role(name: str) -> str:
    return f"""DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name} LOGIN NOBYPASSRLS; END IF;
    END $$"""


def upgrade() -> None:
    """Give the console its schema, its two roles and what they may see."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    op.execute(_REVEALS)
    role, pages = pipeline("console"), api("console")
    for name in (role, pages):
        op.execute(_role(name))
        op.execute(f"GRANT USAGE ON SCHEMA runtime, access, console, intake, decision, notify TO {name}")
        op.execute(f"GRANT SELECT ON runtime.clock, access.keys TO {name}")
    for service in SERVICES:
        op.execute(f"GRANT SELECT ON access.signers TO {pipeline(service)}, {api(service)}")
    for table, sees in _READS.items():
        op.execute(f"CREATE POLICY console_sees ON {table} FOR SELECT TO {pages} USING ({sees})")
        columns = f" ({_PARKED})" if table.endswith(".parked") else ""
        op.execute(f"GRANT SELECT{columns} ON {table} TO {pages}")
    op.execute(f"GRANT SELECT ON {_MACHINERY} TO {role}")
    op.execute(f"GRANT SELECT ON console.accounts, console.sessions TO {role}")
    op.execute(f"GRANT UPDATE (failures, failing_since, locked_at) ON console.accounts TO {role}")
    op.execute(f"GRANT INSERT, UPDATE (seen_at, ended_at), DELETE ON console.sessions TO {role}")
    op.execute(f"GRANT INSERT ON console.sign_ins TO {role}")
    op.execute(f"GRANT SELECT ON console.reveals, console.sign_ins TO {role}")
    signature = "console.reveal(uuid, uuid, uuid, text, text, timestamptz)"
    op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {role}")


def downgrade() -> None:
    """Take the console's schema away, and its way into the others."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    role, pages = pipeline("console"), api("console")
    for table in _READS:
        op.execute(f"DROP POLICY console_sees ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM {pages}")
    op.execute(f"REVOKE ALL ON {_MACHINERY} FROM {role}")
    op.execute(f"REVOKE ALL ON runtime.clock, access.keys FROM {role}, {pages}")
    op.execute("DROP SCHEMA console CASCADE")
    op.execute("DROP TABLE access.signers")
    op.execute(f"REVOKE USAGE ON SCHEMA runtime, access, intake, decision, notify FROM {role}, {pages}")
