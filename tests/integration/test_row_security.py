"""What a request can read is fenced by the database itself: judged on the catalog, then tried."""

import pytest
from sqlalchemy.exc import DBAPIError

from shared.db.engine import make_engine
from shared.db.session import Sessions
from shared.runtime.clock import SteppedClock
from tests.support.builders import ORI, OTHER_ORI
from tests.support.database import BEGINS, Database

#: Readable whole, and why. The clock says what time it is. Of keys there is an id, a role and the digest of a
#: 256-bit random secret, from which nobody gets the secret; whoever asks must be looked up before it is known
#: what they may see. Of signers there is a public key.
OPEN = {"runtime.clock", "access.keys", "access.signers"}
#: Records: added, never edited, by either role of any service. A chain is worth as much as this list.
RECORDS = {
    "decision.decisions",
    "decision.answers",
    "decision.approvals",
    "decision.review_acts",
    "decision.snapshots",
    "notify.notices",
    "notify.attempts",
    "notify.receipts",
    "notify.copies_served",
    "notify.recalls",
    "intake.raw_events",
    "intake.journal",
    "decision.journal",
    "notify.journal",
}
#: What the two roles of a service may never touch: its messages' inner life, for requests.
NOT_GRANTED = ("inbox", "outbox", "offsets", "raw_events", "identifiers", "ties", "waiting_identifiers", "unmatched")

TABLES = (
    "c.relkind IN ('r', 'p', 'v')"
    " AND n.nspname IN ('runtime', 'access', 'intake', 'decision', 'notify', 'console', 'watchdog')"
)
GRANTED = f"""
    SELECT n.nspname || '.' || c.relname, r.rolname, c.relrowsecurity AND c.relforcerowsecurity
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN pg_roles r
    WHERE {TABLES} AND r.rolname ~ '^countersign_[a-z]+_(pipeline|api)$' AND r.rolname LIKE :roles
      AND (has_table_privilege(r.oid, c.oid, :privilege) OR
           (:privilege <> 'DELETE' AND has_any_column_privilege(r.oid, c.oid, :column_privilege)))
"""


async def granted(database: Database, roles: str, privilege: str) -> list[tuple[str, str, bool]]:
    """Give (table, role, whether row security is forced) for every grant of this kind, on columns too."""
    column = "SELECT" if privilege == "DELETE" else privilege
    rows = await database.all(GRANTED, roles=roles, privilege=privilege, column_privilege=column)
    return [(str(table), str(role), bool(forced)) for table, role, forced in rows]


async def test_what_a_request_can_read_has_forced_row_security(database: Database) -> None:
    """Every table that an api role may select from, or from a column of it, is fenced for owners too."""
    readable = await granted(database, "%_api", "SELECT")
    assert len({table for table, *_ in readable} - OPEN) > 15
    assert {table for table, _, forced in readable if not forced} - OPEN == HEADS


#: A notice's receipt appends to its case's chain in the request: the head is a number and a digest, no more.
HEADS = {"notify.journal_heads"}


async def test_fences_keep_rows_from_being_written_too(database: Database) -> None:
    """Whatever table an api role may write has forced row security, or nothing of it can be read back."""
    for privilege in ("INSERT", "UPDATE", "DELETE"):
        written = {table for table, _, forced in await granted(database, "%_api", privilege) if not forced}
        assert written <= HEADS | {f"{schema}.outbox" for schema in ("intake", "decision", "notify")}


async def test_every_fence_has_a_policy_for_the_reader(database: Database) -> None:
    """No policy for an api role lets everything through: each names a reach."""
    policies = await database.all(
        "SELECT schemaname || '.' || tablename, coalesce(qual, with_check) FROM pg_policies"
        " WHERE roles::text LIKE '%_api%'"
    )
    assert len(policies) > 15
    assert [table for table, qual in policies if "countersign.reach" not in str(qual)] == []


async def test_records_are_added_never_edited(database: Database) -> None:
    """No service has UPDATE, DELETE or TRUNCATE on a record, not even on a column of one."""
    for privilege in ("UPDATE", "DELETE"):
        assert {table for table, *_ in await granted(database, "%", privilege)} & RECORDS == set()
    truncates = GRANTED.replace("has_any_column_privilege(r.oid, c.oid, :column_privilege)", "false")
    assert await database.all(truncates, roles="%", privilege="TRUNCATE") == []


async def test_a_service_writes_its_own_schema_only(database: Database) -> None:
    """Others' tables can be read where granted, and never written."""
    for privilege in ("INSERT", "UPDATE", "DELETE"):
        for table, role, _ in await granted(database, "%", privilege):
            assert role.split("_")[1] == table.split(".")[0]


async def test_the_services_roles_own_nothing_and_are_above_nothing(database: Database) -> None:
    """Neither role owns a table, bypasses row security, makes roles or databases, or belongs to another role."""
    roles = await database.all("SELECT rolname FROM pg_roles WHERE rolname ~ '^countersign_[a-z]+_(pipeline|api)$'")
    assert len(roles) == 10
    for (role,) in roles:
        (row,) = await database.all(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
            " EXISTS (SELECT FROM pg_class WHERE relowner = r.oid),"
            " EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)"
            " FROM pg_roles r WHERE rolname = :role",
            role=role,
        )
        assert not any(row), role


async def test_what_no_request_reads_is_not_granted(database: Database) -> None:
    """Delivery's own tables and what is told of persons beyond a case are the pipeline's alone."""
    readable = {table for table, *_ in await granted(database, "%_api", "SELECT")}
    inner = {f"{schema}.{name}" for schema in ("intake", "decision", "notify") for name in NOT_GRANTED}
    # Intake's inbox is what a sender asks about its own events; it is fenced by sender.
    assert readable & inner == {"intake.inbox"}


async def cases_seen(sessions: Sessions, **scope: str) -> int:
    """Count the cases a request of this scope sees."""
    async with sessions.reading(**scope) as session:
        return len(await session.all("SELECT 1 FROM intake.cases"))


@pytest.fixture
async def two_cases(database: Database) -> Database:
    """Give a database with a case at each of two jails."""
    for ori in (ORI, OTHER_ORI):
        await database.run(
            "INSERT INTO intake.cases VALUES (gen_random_uuid(), 1, 'in_custody', :ori, '1', NULL, NULL, '{}', 0,"
            " now(), now())",
            ori=ori,
        )
    return database


async def test_scopes_see_what_is_theirs(two_cases: Database) -> None:
    """Unset sees nothing, a jail its own, a list what is on it, ICE no case, an operator all."""
    async with two_cases.sessions("intake", "api") as sessions:
        assert await cases_seen(sessions) == 0
        assert await cases_seen(sessions, reach="oris", oris=ORI) == 1
        assert await cases_seen(sessions, reach="oris", oris=f"{ORI},{OTHER_ORI}") == 2
        assert await cases_seen(sessions, reach="oris", oris="") == 0
        assert await cases_seen(sessions, reach="oris") == 0
        assert await cases_seen(sessions, oris=ORI) == 0
        assert await cases_seen(sessions, reach="ice") == 0
        assert await cases_seen(sessions, reach="all") == 2


async def test_a_scope_ends_with_its_transaction(two_cases: Database) -> None:
    """A pooled connection forgets who asked: after a commit and after a rollback the next request sees nothing."""
    engine = make_engine(two_cases.role_url("intake", "api"), name="test", pool_size=1)
    sessions = Sessions(engine, SteppedClock(BEGINS))
    try:
        async with sessions.reading() as session:
            row = await session.one("SELECT pg_backend_pid() AS pid")
        assert row is not None
        assert await cases_seen(sessions, reach="all") == 2
        assert await cases_seen(sessions) == 0
        with pytest.raises(DBAPIError):
            async with sessions.transaction(reach="all") as broken:
                await broken.run("SELECT 1 / 0")
        async with sessions.reading() as session:
            again = await session.one("SELECT pg_backend_pid() AS pid, (SELECT count(*) FROM intake.cases) AS seen")
        assert again is not None
        assert (again.pid, again.seen) == (row.pid, 0)
    finally:
        await sessions.close()


async def test_a_request_cannot_write_beyond_its_reach(two_cases: Database) -> None:
    """A jail's request can neither note an event for another jail nor for ICE; its own it can."""
    insert = (
        "INSERT INTO intake.inbox (source, id, digest, type, sender, facility_ori, time, state)"
        " VALUES ('s', :ori, '', 't', :sender, :ori, now(), 'accepted')"
    )
    async with two_cases.sessions("intake", "api") as sessions:
        for ori, sender in ((OTHER_ORI, "jail"), (ORI, "ice")):
            with pytest.raises(DBAPIError, match="row-level security"):
                async with sessions.transaction(reach="oris", oris=ORI) as session:
                    await session.run(insert, ori=ori, sender=sender)
        async with sessions.transaction(reach="oris", oris=ORI) as session:
            assert await session.run(insert, ori=ORI, sender="jail") == 1


async def test_only_an_operator_keeps_the_register(database: Database) -> None:
    """Everyone signed in may read the register of facilities; a jail, ICE or bureau may not write it."""
    insert = "INSERT INTO intake.facilities VALUES (:ori, 'n', 'CT', 'a', 'UTC', 'c', now(), now())"
    async with database.sessions("intake", "api") as sessions:
        for scope in ({"reach": "oris", "oris": ORI}, {"reach": "ice"}, {"reach": "bureau"}, {}):
            with pytest.raises(DBAPIError, match="row-level security"):
                async with sessions.transaction(**scope) as session:
                    await session.run(insert, ori=ORI)
        async with sessions.transaction(reach="all") as session:
            await session.run(insert, ori=ORI)
        async with sessions.reading(reach="oris", oris=OTHER_ORI) as session:
            assert len(await session.all("SELECT 1 FROM intake.facilities")) == 1
