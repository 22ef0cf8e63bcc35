"""What every process of ours stands on: the database as two roles, the clock, a name that is its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from shared.db.engine import SERVICE_PATIENCE_S, make_engine
from shared.db.listen import Wake, clock_calls
from shared.db.session import Sessions, open_clock
from shared.http.access import Keys
from shared.runtime.clock import Clock, ClockSetting
from shared.runtime.health import Progress
from shared.runtime.settings import ProcessSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Open until its block ends."""

    clock: Clock
    #: Sessions of the pipeline role: batches and timers.
    sessions: Sessions
    #: Sessions of the api role: what the caller of a request may see.
    requests: Sessions
    keys: Keys
    progress: Progress
    #: Called when the clock is stepped.
    wake: Wake


@asynccontextmanager
async def open_ground(schema: str, settings: ProcessSettings, requests_per_minute: int) -> AsyncIterator[Ground]:
    """Open what a process stands on; a second process of the same name is refused."""
    url = settings.database_url.get_secret_value()
    name = f"{schema}-{settings.instance}"
    async with AsyncExitStack() as stack:
        engine = make_engine(url, name=name, patience_s=SERVICE_PATIENCE_S)
        api_url = settings.api_database_url.get_secret_value()
        api_engine = make_engine(api_url, name=f"{name}-api", pool_size=10, patience_s=SERVICE_PATIENCE_S)
        wake = Wake()
        await stack.enter_async_context(clock_calls(url, name, wake))
        clock = await open_clock(engine, ClockSetting.parse(settings.clock))
        sessions, requests = Sessions(engine, clock), Sessions(api_engine, clock)
        stack.push_async_callback(requests.close)
        stack.push_async_callback(sessions.close)
        yield Ground(
            clock=clock,
            sessions=sessions,
            requests=requests,
            keys=Keys(requests, requests_per_minute, schema),
            progress=Progress(),
            wake=wake,
        )
