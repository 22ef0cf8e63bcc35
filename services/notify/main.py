"""Put notify together and run it."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import httpx
from fastapi import FastAPI

from services.notify.api import bursts, copies, endpoints, ice, jails, ladders, release
from services.notify.api.bell import Bell
from services.notify.bursting import Valve
from services.notify.channels.email import Post
from services.notify.channels.webhook import Line
from services.notify.courier import Courier
from services.notify.feed import CHANNEL
from services.notify.handlers import Decisions
from services.notify.mailer import Mailer
from services.notify.outlook import outlook
from services.notify.prove import Prover
from services.notify.record import SCHEMA
from services.notify.settings import Settings
from services.notify.watch import Watch
from shared.db.listen import Hearer, Wake, hear
from shared.http.app import make_app
from shared.http.repeats import Repeats
from shared.kafka.topics import Topic
from shared.outbox.inbox import Once, consume
from shared.outbox.parking import HearAgain, Parking
from shared.outbox.parts import Parts, open_parts
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
        office = _office(parts, settings)
        repeats = Repeats(SCHEMA, parts.sessions)
        source = await parts.source(Topic.DECISIONS)
        once = Once(SCHEMA, SCHEMA, parts.sessions, office.decisions.hearing())
        await serve(
            parts.progress,
            consume("decisions", source, once, parts.progress),
            run_timers("inbox", Prune(SCHEMA, parts.sessions).tick, Wake(), parts.progress),
            run_timers("repeats", repeats.prune, Wake(), parts.progress),
            parts.relay.run(),
            Sweep(SCHEMA, parts.sessions, parts.ids).run(parts.progress),
            run_timers("timers", office.watch.tick, parts.wake, parts.progress, speed=parts.clock.speed),
            hear(
                CHANNEL,
                settings.database_url.get_secret_value(),
                f"{SCHEMA}-{settings.instance}-feeds",
                parts.progress.leaving,
                Hearer(office.bell.ring, office.bell.hears, office.bell.is_deaf),
            ),
            office.courier.run(office.post),
            office.mailer.run(office.mail),
            listen(
                _app(parts, settings, office, repeats),
                host=settings.host,
                port=settings.port,
                progress=parts.progress,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Office:
    """Those who do notify's work, and what they call each other with."""

    bell: Bell
    #: Something may be due that goes to an endpoint, or by mail.
    post: Wake
    mail: Wake
    lines: Callable[[str], Line]
    decisions: Decisions
    watch: Watch
    courier: Courier
    mailer: Mailer


def _office(parts: Parts, settings: Settings) -> _Office:
    bell, post, mail = Bell(), Wake(), Wake()
    lines = partial(Line, rules=settings.webhook_rules, tls=httpx.create_ssl_context())
    return _Office(
        bell=bell,
        post=post,
        mail=mail,
        lines=lines,
        decisions=Decisions(
            parts.outbox,
            parts.ids,
            settings.margins,
            parts.wake.call,
            partial(_call_all, bell.sent_here, post.call),
            settings.limits,
        ),
        watch=Watch(
            sessions=parts.sessions,
            outbox=parts.outbox,
            ids=parts.ids,
            margins=settings.margins,
            limits=settings.limits,
            sent=bell.sent_here,
            post=partial(_call_all, post.call, mail.call),
            most=settings.timer_batch,
        ),
        courier=Courier(
            sessions=parts.sessions,
            outbox=parts.outbox,
            ids=parts.ids,
            patience=settings.patience,
            progress=parts.progress,
            lines=lines,
            speed=parts.clock.speed,
        ),
        mailer=Mailer(
            sessions=parts.sessions,
            ids=parts.ids,
            patience=settings.patience,
            progress=parts.progress,
            post=Post(settings.relay, ssl.create_default_context),
            head=settings.letterhead,
            speed=parts.clock.speed,
        ),
    )


def _app(parts: Parts, settings: Settings, office: _Office, repeats: Repeats) -> FastAPI:
    valve = Valve(
        sessions=parts.sessions,
        outbox=parts.outbox,
        ids=parts.ids,
        margins=settings.margins,
        limits=settings.limits,
        wake=parts.wake.call,
    )
    return make_app(
        SCHEMA,
        sessions=parts.requests,
        keys=parts.keys,
        progress=parts.progress,
        routers=ROUTERS,
        repeats=repeats,
        outbox=parts.outbox,
        bell=office.bell,
        parking=Parking(SCHEMA, parts.sessions, HearAgain(office.decisions.hearing(), outlook)),
        longest_wait_s=settings.longest_wait_s,
        heartbeat_s=settings.heartbeat_s,
        courier=office.courier,
        mailer=office.mailer,
        valve=valve,
        prover=Prover(parts.sessions, parts.ids, office.lines),
        webhook_rules=settings.webhook_rules,
        release_report=timedelta(minutes=settings.release_report_minutes),
    )


def _call_all(*calls: Callable[[], None]) -> None:
    for call in calls:
        call()
