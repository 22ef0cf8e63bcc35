"""Make what operators see of topics: looks kept for a day, messages shown for a reason, acts that two must agree on.

A message's masked fields are shown for minutes, to whom the role allows, and only with a row that says who asked and
why; one who was refused is written down as well. Bytes that were set aside come through a function that looks for
such a row first, since the console's roles may not read them. Prometheus gets a role that reads figures alone.
"""

from alembic import op

from migrations.ddl import SERVICES, pipeline, statements

revision = "0008"
down_revision = "0007"

TABLES = """
CREATE TABLE console.looks (
    at timestamptz PRIMARY KEY,
    body jsonb NOT NULL
);
CREATE TABLE console.message_reveals (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES console.accounts (id),
    role text NOT NULL,
    topic text NOT NULL,
    part integer NOT NULL,
    position bigint NOT NULL,
    is_raw boolean NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    reference text NOT NULL,
    at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    given boolean NOT NULL,
    CHECK (until > at)
);
CREATE INDEX message_reveals_message ON console.message_reveals (topic, part, position, at);
CREATE TABLE console.bulk_acts (
    id uuid PRIMARY KEY,
    act text NOT NULL CHECK (act IN ('retry', 'discard')),
    parked jsonb NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    asked_by uuid NOT NULL REFERENCES console.accounts (id),
    asked_at timestamptz NOT NULL,
    lapses_at timestamptz NOT NULL,
    settled_by uuid REFERENCES console.accounts (id),
    settled_at timestamptz,
    agreed boolean,
    outcome jsonb,
    CHECK ((settled_at IS NULL) = (agreed IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL)),
    CHECK (agreed IS NOT TRUE OR settled_by <> asked_by)
)
"""

#: Masked fields are for operators, bytes as they came for administrators: they may hold anything of anybody.
_REVEALS = """
CREATE FUNCTION console.reveal_message(
    reveal_id uuid, account uuid, topic text, part integer, place bigint, raw boolean, why text, ref text,
    instant timestamptz, ends timestamptz
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    who text;
    may boolean;
BEGIN
    SELECT k.role INTO who FROM console.accounts a JOIN access.keys k ON k.id = a.key_id
        WHERE a.id = account AND a.closed_at IS NULL AND a.locked_at IS NULL AND k.revoked_at IS NULL;
    may := coalesce(length(why) > 0 AND (who = 'administrator' OR (who = 'operator' AND NOT raw)), false);
    INSERT INTO console.message_reveals
        VALUES (reveal_id, account, coalesce(who, 'none'), topic, part, place, raw, why, ref, instant, ends, may);
    RETURN may;
END $$;
"""
_BYTES = """
CREATE FUNCTION console.revealed_bytes(account uuid, service text, parked_id uuid, instant timestamptz)
RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    found_bytes bytea;
BEGIN
    IF service NOT IN ('intake', 'decision', 'notify') THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT p.message FROM %I.parked p WHERE p.id = $1 AND EXISTS (SELECT FROM'
        ' console.message_reveals r WHERE r.account_id = $2 AND r.given AND r.is_raw AND r.topic = p.topic'
        ' AND r.part = p.part AND r.position = p.position AND r.at <= $3 AND r.until > $3)', service)
        INTO found_bytes USING parked_id, account, instant;
    RETURN found_bytes;
END $$;
"""
_ROLES = "'jail', 'ice', 'bureau', 'reviewer', 'operator', 'auditor', 'administrator'"


def _keys_allow(roles: str) -> None:
    op.execute("ALTER TABLE access.keys DROP CONSTRAINT keys_role_check")
    op.execute(f"ALTER TABLE access.keys ADD CONSTRAINT keys_role_check CHECK (role IN ({roles}))")


def upgrade() -> None:
    """Add the tables, the two functions, who has taken an alarm, and the role that reads figures."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(TABLES):
        op.execute(statement)
    _keys_allow(f"{_ROLES}, 'monitor'")
    role = pipeline("console")
    for made in (_REVEALS, _BYTES):
        op.execute(made)
    for signature in (
        "console.reveal_message(uuid, uuid, text, integer, bigint, boolean, text, text, timestamptz, timestamptz)",
        "console.revealed_bytes(uuid, text, uuid, timestamptz)",
    ):
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {role}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON console.looks TO {role}")
    op.execute(f"GRANT SELECT ON console.message_reveals TO {role}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE (settled_by, settled_at, agreed, outcome) ON console.bulk_acts TO {role}")
    for service in SERVICES:
        op.execute(f"GRANT SELECT (id) ON {service}.outbox TO {role}")
        op.execute(f"ALTER TABLE {service}.alarms ADD COLUMN taken_by text, ADD COLUMN taken_at timestamptz")


def downgrade() -> None:
    """Take them away; keys of the role that is no longer there are revoked by going."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for service in SERVICES:
        op.execute(f"ALTER TABLE {service}.alarms DROP COLUMN taken_by, DROP COLUMN taken_at")
        op.execute(f"REVOKE SELECT (id) ON {service}.outbox FROM {pipeline('console')}")
    op.execute("DROP FUNCTION console.revealed_bytes")
    op.execute("DROP FUNCTION console.reveal_message")
    for table in ("bulk_acts", "message_reveals", "looks"):
        op.execute(f"DROP TABLE console.{table}")
    op.execute("DELETE FROM access.keys WHERE role = 'monitor'")
    _keys_allow(_ROLES)
