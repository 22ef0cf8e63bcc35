"""The parts that every service is put together from, opened and closed in the right order."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from shared.db.listen import Wake
from shared.db.session import Sessions
from shared.http.access import Keys
from shared.kafka.consumer import KafkaSource
from shared.kafka.producer import KafkaLog
from shared.kafka.topics import Topic
from shared.outbox.ground import open_ground
from shared.outbox.offsets import OffsetRows
from shared.outbox.outbox import Outbox
from shared.outbox.relay import Relay
from shared.runtime.clock import Clock
from shared.runtime.health import Progress
from shared.runtime.ids import Ids, UuidV7
from shared.runtime.settings import SharedSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service's main hands to its own code."""

    schema: str
    settings: SharedSettings
    clock: Clock
    ids: Ids
    #: Sessions of the pipeline role: batches and timers.
    sessions: Sessions
    #: Sessions of the api role: what the caller of a request may see.
    requests: Sessions
    keys: Keys
    kafka: KafkaLog
    relay: Relay
    outbox: Outbox
    progress: Progress
    #: Called when timers have something to look at.
    wake: Wake
    _stack: AsyncExitStack

    async def source(self, *topics: Topic) -> KafkaSource:
        """Open this service's consumer: a static member of its group, beginning at the rows in Postgres."""
        source = KafkaSource(
            self.settings.kafka,
            self.schema,
            self.settings.instance,
            topics,
            OffsetRows(self.sessions, self.schema, self.schema),
            max_records=self.settings.batch_events,
            wait_s=self.settings.batch_wait_ms / 1000,
        )
        return await self._stack.enter_async_context(source)


@asynccontextmanager
async def open_parts(schema: str, settings: SharedSettings) -> AsyncIterator[Parts]:
    """Open what a service stands on; a second process of the same name is refused."""
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(open_ground(schema, settings, settings.requests_per_minute))
        sessions, progress = ground.sessions, ground.progress
        kafka = await stack.enter_async_context(KafkaLog(settings.kafka))
        ids = UuidV7()
        relay = Relay(schema, sessions, kafka, progress)
        yield Parts(
            schema=schema,
            settings=settings,
            clock=ground.clock,
            ids=ids,
            sessions=sessions,
            requests=ground.requests,
            keys=ground.keys,
            kafka=kafka,
            relay=relay,
            outbox=Outbox(schema, ids, relay.hand_over),
            progress=progress,
            wake=ground.wake,
            _stack=stack,
        )
