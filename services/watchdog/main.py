"""Put the watchdog together and run it."""

from services.watchdog.look import SCHEMA, Watchdog
from services.watchdog.settings import Settings
from shared.db.listen import Wake
from shared.http.app import COMMON_BUT_PARKED, make_app
from shared.http.repeats import Repeats
from shared.outbox.ground import open_ground
from shared.outbox.timers import run_timers
from shared.runtime.ids import UuidV7
from shared.runtime.serve import listen, serve


async def run(settings: Settings) -> None:
    """Look again and again, and answer whoever asks for alarms, until told to stop."""
    async with open_ground(SCHEMA, settings, settings.requests_per_minute) as ground:
        speed = ground.clock.speed
        dog = Watchdog(ground.sessions, UuidV7(), settings.allowance(speed))
        repeats = Repeats(SCHEMA, ground.sessions)
        app = make_app(
            SCHEMA,
            sessions=ground.requests,
            keys=ground.keys,
            progress=ground.progress,
            routers=(),
            common=COMMON_BUT_PARKED,
            repeats=repeats,
        )
        await serve(
            ground.progress,
            run_timers(SCHEMA, dog.tick, ground.wake, ground.progress, speed=speed),
            run_timers("repeats", repeats.prune, Wake(), ground.progress),
            listen(app, host=settings.host, port=settings.port, progress=ground.progress),
        )
