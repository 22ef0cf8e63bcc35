"""How far a group has come: rows in Postgres, moved in the batch's own transaction."""

from collections.abc import Collection, Mapping, Sequence

from shared.db.session import Sessions, WriteSession
from shared.domain.errors import StaleBatch
from shared.kafka.consumer import Stretch


async def move(session: WriteSession, schema: str, group: str, stretches: Sequence[Stretch]) -> None:
    """Move each partition's row from where the batch began to where it ends.

    Raises ``StaleBatch`` when a row stands elsewhere: another instance has the partition, whatever the
    group believes, and nothing of this batch may be kept.
    """
    moved = await session.run(
        f"UPDATE {schema}.offsets o SET position = s.finish"
        " FROM unnest(CAST(:topics AS text[]), CAST(:parts AS int[]), CAST(:starts AS bigint[]),"
        " CAST(:ends AS bigint[]))"
        " AS s (topic, part, start, finish)"
        " WHERE o.consumer_group = :group AND o.topic = s.topic AND o.part = s.part AND o.position = s.start",
        group=group,
        topics=[s.topic for s in stretches],
        parts=[s.partition for s in stretches],
        starts=[s.begin for s in stretches],
        ends=[s.end for s in stretches],
    )
    if moved != len(stretches):
        raise StaleBatch(
            f"{len(stretches) - moved} of {len(stretches)} partitions have been moved on by another instance"
        )


class OffsetRows:
    """Gives a consumer the offsets to begin at, and makes the rows of partitions never read before."""

    def __init__(self, sessions: Sessions, schema: str, group: str) -> None:
        self._sessions = sessions
        self._schema = schema
        self._group = group

    async def __call__(
        self, assigned: Collection[tuple[str, int]], log_starts: Mapping[tuple[str, int], int]
    ) -> Mapping[tuple[str, int], int]:
        """Give the offset of each assigned partition; a new row begins where the log begins."""
        places = sorted(assigned)
        async with self._sessions.transaction() as session:
            await session.run(
                f"INSERT INTO {self._schema}.offsets (consumer_group, topic, part, position)"
                " SELECT :group, * FROM unnest(CAST(:topics AS text[]), CAST(:parts AS int[]),"
                " CAST(:starts AS bigint[]))"
                " ON CONFLICT DO NOTHING",
                group=self._group,
                topics=[topic for topic, _ in places],
                parts=[part for _, part in places],
                starts=[log_starts.get(place, 0) for place in places],
            )
            rows = await session.all(
                f"SELECT topic, part, position FROM {self._schema}.offsets WHERE consumer_group = :group",
                group=self._group,
            )
        return {(row.topic, row.part): row.position for row in rows if (row.topic, row.part) in assigned}
