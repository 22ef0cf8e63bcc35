"""Put intake's parts together and let them run."""

from services.intake import api
from services.intake.handlers import Intake, read
from services.intake.settings import Settings
from services.intake.wire import SHAPES
from shared.db.listen import Wake
from shared.domain.events import CaseChanged
from shared.http.app import make_app
from shared.http.repeats import Repeats
from shared.kafka.topics import Topic
from shared.outbox.inbox import Hearing, Once, consume
from shared.outbox.parking import Parking
from shared.outbox.parts import open_parts
from shared.outbox.sweep import Sweep
from shared.outbox.timers import run_timers
from shared.runtime.serve import listen, serve


async def run(settings: Settings) -> None:
    """Run intake until it is told to stop."""
    async with open_parts("intake", settings) as parts:
        intake = Intake(parts, settings)
        events = await parts.source(Topic.BOOKINGS, Topic.MATCHES, Topic.DETAINERS)
        hearing = Hearing(read=read, handle=intake.on_events, park=intake.park)
        repeats = Repeats("intake", parts.sessions)
        app = make_app(
            "intake",
            sessions=parts.requests,
            keys=parts.keys,
            progress=parts.progress,
            routers=api.ROUTERS,
            shapes={**SHAPES, "case.changed": CaseChanged},
            parts=parts,
            repeats=repeats,
            intake=intake,
            parking=Parking("intake", parts.sessions, intake),
            ahead_minutes=settings.ahead_minutes,
        )
        await serve(
            parts.progress,
            consume("events", events, Once("intake", "intake", parts.sessions, hearing), parts.progress),
            run_timers("timers", intake.on_due, parts.wake, parts.progress, speed=parts.clock.speed),
            run_timers("repeats", repeats.prune, Wake(), parts.progress),
            parts.relay.run(),
            Sweep("intake", parts.sessions, parts.ids).run(parts.progress),
            listen(app, host=settings.host, port=settings.port, progress=parts.progress),
        )
