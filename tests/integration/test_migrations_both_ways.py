"""Each migration can be taken back and made again."""

import pytest

from shared.db.schema import downgrade, migrate
from shared.runtime.clock import ClockSetting
from tests.support.database import BEGINS, Database

_SHAPE = """
    SELECT 'column', table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema IN ('access', 'intake', 'decision', 'notify', 'watchdog')
    UNION ALL SELECT 'policy', schemaname || '.' || tablename || '.' || policyname FROM pg_policies
    UNION ALL SELECT 'grant', table_schema || '.' || table_name || ' ' || privilege_type || ' ' || grantee
        FROM information_schema.role_table_grants WHERE grantee LIKE 'countersign\\_%'
    ORDER BY 1, 2
"""


@pytest.mark.parametrize("revision", ["0008", "0007", "0006", "0005", "0003", "0002", "0001"])
async def test_down_and_up_again_gives_the_same_database(database: Database, revision: str) -> None:
    """Columns, row security and grants are afterwards what they were, so a step back costs nothing."""
    before = await database.all(_SHAPE)
    async with database.owner() as engine:
        await downgrade(engine, revision)
        assert await database.all(_SHAPE) != before
        await migrate(engine, ClockSetting("stepped", BEGINS))
    assert await database.all(_SHAPE) == before
