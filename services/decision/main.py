"""Put decision's parts together and let them run."""

from services.decision import api
from services.decision.handlers import Decide, read
from services.decision.horizon import watch_calendar
from services.decision.outlook import outlook
from services.decision.policy.load import load_rulebook
from services.decision.reminders import Reminders
from services.decision.settings import Settings
from services.decision.store import adopt_rulebook
from shared.db.listen import Wake
from shared.domain.errors import RulebookUnsound
from shared.domain.events import DecisionRecorded
from shared.http.app import make_app
from shared.http.repeats import Repeats
from shared.kafka.topics import Topic
from shared.outbox.inbox import Hearing, Once, consume
from shared.outbox.parking import HearAgain, Parking
from shared.outbox.parts import open_parts
from shared.outbox.prune import Prune
from shared.outbox.sweep import Sweep
from shared.outbox.timers import in_turn, run_timers
from shared.runtime.serve import listen, serve


async def run(settings: Settings) -> None:
    """Run decision until it is told to stop. An older rulebook than the database has seen is refused."""
    rulebook = load_rulebook()
    async with open_parts("decision", settings) as parts:
        async with parts.sessions.transaction() as session:
            version, digest = await adopt_rulebook(session, rulebook.version, rulebook.digest, parts.clock.now())
        if (version, digest) != (rulebook.version, rulebook.digest):
            raise RulebookUnsound(
                f"rulebook version {rulebook.version} is not the one the database decides by ({version}): "
                "its version only goes up, and a changed page needs a new one"
            )
        decide = Decide(parts, rulebook, room=settings.review_room)
        reminders = Reminders(parts.sessions, parts.ids)
        changes = await parts.source(Topic.CASES)
        hearing = Hearing(read=read, handle=decide.on_cases_changed, park=decide.park)
        repeats = Repeats("decision", parts.sessions)
        app = make_app(
            "decision",
            sessions=parts.requests,
            keys=parts.keys,
            progress=parts.progress,
            routers=api.ROUTERS,
            shapes={"decision.recorded": DecisionRecorded},
            parts=parts,
            repeats=repeats,
            rulebook=rulebook,
            review_rules=settings.review_rules,
            parking=Parking("decision", parts.sessions, HearAgain(hearing, outlook)),
        )
        await serve(
            parts.progress,
            consume("cases", changes, Once("decision", "decision", parts.sessions, hearing), parts.progress),
            run_timers(
                "timers", in_turn(decide.on_due, reminders.on_due), parts.wake, parts.progress, speed=parts.clock.speed
            ),
            watch_calendar(parts.clock, parts.progress),
            run_timers("inbox", Prune("decision", parts.sessions).tick, Wake(), parts.progress),
            run_timers("repeats", repeats.prune, Wake(), parts.progress),
            parts.relay.run(),
            Sweep("decision", parts.sessions, parts.ids).run(parts.progress),
            listen(app, host=settings.host, port=settings.port, progress=parts.progress),
        )
