"""The parts that every service is put together from, opened and closed in the right order."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from shared.db.engine import make_engine
from shared.db.listen import Wake, clock_calls
from shared.db.session import Sessions, open_clock
from shared.http.access import Keys
from shared.kafka.consumer import KafkaSource
from shared.kafka.producer import KafkaLog
from shared.kafka.topics import Topic
from shared.outbox.offsets import OffsetRows
from shared.outbox.outbox import Outbox
from shared.outbox.relay import Relay
from shared.runtime.clock import Clock, ClockSetting
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
    url = settings.database_url.get_secret_value()
    name = f"{schema}-{settings.instance}"
    async with AsyncExitStack() as stack:
        engine = make_engine(url, name=name)
        api_engine = make_engine(settings.api_database_url.get_secret_value(), name=f"{name}-api", pool_size=10)
        wake = Wake()
        await stack.enter_async_context(clock_calls(url, name, wake))
        clock = await open_clock(engine, ClockSetting.parse(settings.clock))
        sessions, requests = Sessions(engine, clock), Sessions(api_engine, clock)
        stack.push_async_callback(requests.close)
        stack.push_async_callback(sessions.close)
        kafka = await stack.enter_async_context(KafkaLog(settings.kafka))
        ids, progress = UuidV7(), Progress()
        relay = Relay(schema, sessions, kafka, progress)
        yield Parts(
            schema=schema,
            settings=settings,
            clock=clock,
            ids=ids,
            sessions=sessions,
            requests=requests,
            keys=Keys(requests, settings.requests_per_minute, schema),
            kafka=kafka,
            relay=relay,
            outbox=Outbox(schema, ids, relay.hand_over),
            progress=progress,
            wake=wake,
            _stack=stack,
        )
