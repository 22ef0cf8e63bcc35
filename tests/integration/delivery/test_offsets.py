"""Where a consumer begins: at our own rows, which are made where the log begins."""

from shared.kafka.consumer import Stretch
from shared.outbox.offsets import OffsetRows, move
from tests.support.database import Database


async def test_a_partition_never_read_begins_where_its_log_begins(database: Database) -> None:
    """A log that has been swept does not begin at nought, and one we know nothing of does."""
    async with database.sessions("intake") as sessions:
        rows = OffsetRows(sessions, "intake", "intake")
        assert await rows([("t", 0), ("t", 1)], {("t", 0): 40}) == {("t", 0): 40, ("t", 1): 0}


async def test_a_row_stands_whatever_the_log_says(database: Database) -> None:
    """A group that is assigned a partition again goes on from its row, not from the log's beginning."""
    async with database.sessions("intake") as sessions:
        rows = OffsetRows(sessions, "intake", "intake")
        await rows([("t", 0), ("t", 1)], {})
        async with sessions.transaction() as session:
            await move(session, "intake", "intake", [Stretch("t", 0, 0, 7), Stretch("t", 1, 0, 2)])
        assert await rows([("t", 0)], {("t", 0): 3}) == {("t", 0): 7}


async def test_groups_go_their_own_ways(database: Database) -> None:
    """What one group has read is another's to read."""
    async with database.sessions("intake") as sessions:
        mine, theirs = (OffsetRows(sessions, "intake", group) for group in ("mine", "theirs"))
        await mine([("t", 0)], {})
        await theirs([("t", 0)], {})
        async with sessions.transaction() as session:
            await move(session, "intake", "mine", [Stretch("t", 0, 0, 7)])
        assert await theirs([("t", 0)], {}) == {("t", 0): 0}
