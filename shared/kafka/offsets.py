"""Where the logs end, cheap enough to be asked all the time."""

from collections.abc import Collection
from types import TracebackType
from typing import Self

from shared.domain.errors import KafkaAway
from shared.kafka.aio import KafkaError, TopicPartition, partition_counts, plain_consumer, start


class LogEnds:
    """Asks for the next offset of every partition over one kept connection."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer = plain_consumer(bootstrap)
        self._partitions: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        """Connect."""
        try:
            await start(self._consumer)
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        await self._consumer.stop()

    async def ends(self, topics: Collection[str]) -> dict[tuple[str, int], int]:
        """Give the offset that the next record of each partition will get; KafkaAway when nobody answers."""
        unknown = [topic for topic in topics if topic not in self._partitions]
        try:
            if unknown:
                self._partitions |= await partition_counts(self._bootstrap, unknown)
            asked = [TopicPartition(topic, n) for topic in topics for n in range(self._partitions[topic])]
            found = await self._consumer.end_offsets(asked)
        except KafkaError as error:
            raise KafkaAway(f"the ends of the logs cannot be read: {error!r}") from error
        return {(tp.topic, tp.partition): end for tp, end in found.items()}
