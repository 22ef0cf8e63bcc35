"""Look each minute for what must never be, and call a person; the same questions that every test asks."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from shared.db.engine import is_weather
from shared.db.session import Sessions
from shared.outbox.alarms import Alarm, raise_all
from shared.outbox.invariants import Invariant, Reach, Violation, ask, kept_by, lasting
from shared.runtime.clock import machine_now, machine_seconds
from shared.runtime.health import Progress
from shared.runtime.ids import Ids

log = structlog.get_logger()

_EVERY_S = 60.0
_LOOK_S = 1.0
#: What is older was looked at several times; `countersign audit sweep` looks at everything.
_BACK = timedelta(minutes=5)
#: Looking must not hold up the work: a question that takes longer is given up until the next minute.
_LONGEST_MS = 2000
_MOST_ALARMS = 100


class Sweep:
    """Asks the questions that one service keeps, and remembers since when it has seen what."""

    def __init__(self, schema: str, sessions: Sessions, ids: Ids) -> None:
        self._schema = schema
        self._sessions = sessions
        self._ids = ids
        self._seen: dict[str, float] = {}

    async def look(self) -> list[Violation]:
        """Ask once; raise an alarm for each violation that is wrong by now, and give them."""
        found = [each for one in kept_by(self._schema) for each in await self._ask(one)]
        wrong = lasting(self._seen, found, machine_seconds())[:_MOST_ALARMS]
        self._remember(found)
        if wrong:
            async with self._sessions.transaction() as session:
                now = self._sessions.clock.now()
                await raise_all(session, self._schema, self._ids, [_alarm(one, now) for one in wrong])
        for one in wrong:
            log.error("promise.broken", name=one.invariant.name, case_id=str(one.case_id))
        return wrong

    async def _ask(self, question: Invariant) -> list[Violation]:
        try:
            async with self._sessions.reading() as session:
                await session.one(f"SELECT set_config('statement_timeout', '{_LONGEST_MS}', true)")
                reach = Reach.recent(self._sessions.clock.now(), machine_now(), _BACK)
                return await ask(session, [question], reach)
        except Exception as error:
            if not is_weather(error):
                raise
            log.warning("sweep.given_up", name=question.name, error=type(error).__name__)
            return []

    def _remember(self, found: Sequence[Violation]) -> None:
        now = machine_seconds()
        self._seen = {one.key: self._seen.get(one.key, now) for one in found}

    async def run(self, progress: Progress) -> None:
        """Look each minute until the process leaves."""
        at = machine_seconds() + _EVERY_S
        while not progress.leaving.is_set():
            progress.beat("sweep")
            if machine_seconds() < at:
                await _pause(progress)
                continue
            at = machine_seconds() + _EVERY_S
            try:
                await self.look()
            except Exception as error:
                if not is_weather(error):
                    raise
                log.warning("sweep.waits", error=type(error).__name__)


async def _pause(progress: Progress) -> None:
    try:
        async with asyncio.timeout(_LOOK_S):
            await progress.leaving.wait()
    except TimeoutError:
        pass


def _alarm(violation: Violation, now: datetime) -> Alarm:
    one = violation.invariant
    return Alarm(
        kind="promise_broken",
        subject=violation.key,
        detail=f"{one.promise}, {one.name}: {one.means} ({violation.detail})",
        since=now,
        case_id=violation.case_id,
        facility_ori=violation.facility_ori,
    )
