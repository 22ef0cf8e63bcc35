"""Put notify together and run it."""

import ssl
from datetime import timedelta
from functools import partial

import httpx

from services.notify.api import bursts, copies, endpoints, ice, jails, ladders, release
from services.notify.api.bell import Bell
from services.notify.bursting import Valve
from services.notify.channels.email import Post
from services.notify.channels.webhook import Line
from services.notify.courier import Courier
from services.notify.handlers import Decisions
from services.notify.mailer import Mailer
from services.notify.outlook import outlook
from services.notify.prove import Prover
from services.notify.record import SCHEMA
from services.notify.settings import Settings
from services.notify.watch import Watch
from shared.db.listen import Wake
from shared.http.app import make_app
from shared.kafka.topics import Topic
from shared.outbox.inbox import Once, consume
from shared.outbox.parking import HearAgain, Parking
from shared.outbox.parts import open_parts
from shared.outbox.prune import Prune
from shared.outbox.sweep import Sweep
from shared.outbox.timers import run_timers
from shared.runtime.serve import listen, serve

ROUTERS = (
    ice.router,
    jails.router,
    copies.router,
    release.router,
    endpoints.router,
    ladders.router,
    bursts.router,
)


async def run(settings: Settings) -> None:
    """Hear decisions, do what falls due, and answer ICE and the jails, until told to stop."""
    async with open_parts(SCHEMA, settings) as parts:
        bell, post, mail = Bell(), Wake(), Wake()
        lines = partial(Line, rules=settings.webhook_rules, tls=httpx.create_ssl_context())

        def sent() -> None:
            bell.ring()
            post.call()

        decisions = Decisions(parts.outbox, parts.ids, settings.margins, parts.wake.call, sent, settings.limits)
        watch = Watch(
            sessions=parts.sessions,
            outbox=parts.outbox,
            ids=parts.ids,
            margins=settings.margins,
            limits=settings.limits,
            sent=bell.ring,
            post=partial(_call_both, post, mail),
            most=settings.timer_batch,
        )
        courier = Courier(
            sessions=parts.sessions,
            outbox=parts.outbox,
            ids=parts.ids,
            patience=settings.patience,
            progress=parts.progress,
            lines=lines,
            speed=parts.clock.speed,
        )
        mailer = Mailer(
            sessions=parts.sessions,
            ids=parts.ids,
            patience=settings.patience,
            progress=parts.progress,
            post=Post(settings.relay, ssl.create_default_context),
            head=settings.letterhead,
            speed=parts.clock.speed,
        )
        app = make_app(
            SCHEMA,
            sessions=parts.requests,
            keys=parts.keys,
            progress=parts.progress,
            routers=ROUTERS,
            outbox=parts.outbox,
            bell=bell,
            parking=Parking(SCHEMA, parts.sessions, HearAgain(decisions.hearing(), outlook)),
            longest_wait_s=settings.longest_wait_s,
            heartbeat_s=settings.heartbeat_s,
            courier=courier,
            mailer=mailer,
            valve=Valve(
                sessions=parts.sessions,
                outbox=parts.outbox,
                ids=parts.ids,
                margins=settings.margins,
                limits=settings.limits,
                wake=parts.wake.call,
            ),
            prover=Prover(parts.sessions, parts.ids, lines),
            webhook_rules=settings.webhook_rules,
            release_report=timedelta(minutes=settings.release_report_minutes),
        )
        source = await parts.source(Topic.DECISIONS)
        once = Once(SCHEMA, SCHEMA, parts.sessions, decisions.hearing())
        await serve(
            parts.progress,
            consume("decisions", source, once, parts.progress),
            run_timers("inbox", Prune(SCHEMA, parts.sessions).tick, Wake(), parts.progress),
            parts.relay.run(),
            Sweep(SCHEMA, parts.sessions, parts.ids).run(parts.progress),
            run_timers("timers", watch.tick, parts.wake, parts.progress, speed=parts.clock.speed),
            courier.run(post),
            mailer.run(mail),
            listen(app, host=settings.host, port=settings.port, progress=parts.progress),
        )


def _call_both(*wakes: Wake) -> None:
    for wake in wakes:
        wake.call()
