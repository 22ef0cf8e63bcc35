"""What no topic can bring again is forgotten; what one may is not."""

from datetime import timedelta
from uuid import UUID

from shared.outbox.prune import KEPT, Prune
from shared.runtime.clock import machine_now
from shared.runtime.ids import UuidV7, least_at
from tests.support.database import Database


async def test_old_messages_are_forgotten_and_new_ones_are_not(database: Database) -> None:
    """Age is told by the id itself; the second look within ten minutes does nothing."""
    old = [UUID(int=least_at(machine_now() - KEPT - timedelta(days=1)).int + n) for n in range(5)]
    young = [UuidV7().new(), UUID(int=least_at(machine_now() - KEPT + timedelta(days=1)).int)]
    for message_id in (*old, *young):
        await database.run("INSERT INTO decision.inbox VALUES (:id, now())", id=message_id)
    async with database.sessions("decision") as sessions:
        prune = Prune("decision", sessions)
        assert await prune.tick() == len(old)
        assert await prune.tick() == 0
    left = await database.all("SELECT message_id FROM decision.inbox")
    assert sorted(row[0] for row in left) == sorted(young)
