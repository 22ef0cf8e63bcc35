"""Make the figures that a pager goes by: deadlines, what waits for a person, and how readers move.

They are read every few seconds for everybody at once, so that being asked for them costs the database nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import inf
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Gauge

from services.console.lag.looks import TopicNow
from services.console.lag.model import Status
from services.console.lag.sampler import Sampler
from services.console.liberty import all_at_risk
from services.console.queries.alarms import OpenAlarm, open_alarms
from shared.db.engine import is_weather
from shared.db.session import ReadSession, Sessions
from shared.runtime import metrics
from shared.runtime.clock import machine_now, machine_seconds
from shared.runtime.health import Progress
from shared.runtime.ids import made_at

log = structlog.get_logger()

_EVERY_S = 5.0
_SERVICES = ("intake", "decision", "notify")
#: Open windows are counted that close within so many hours, as jails are warned.
_CLOSING_HOURS = (1, 4, 24)
_EVERYONE = {"reach": "all"}

_COUNTS = """
SELECT (SELECT min(closes_at) FROM notify.windows WHERE state = 'open') AS hold,
    (SELECT min(due_by) FROM notify.deliveries WHERE delivered_at IS NULL AND late_since IS NULL
        AND state IN ('planned', 'sent')) AS answer,
    (SELECT min(due_by) FROM decision.reviews WHERE state IN ('open', 'claimed')) AS review,
    (SELECT count(*) FROM notify.windows WHERE state = 'open') AS holds,
    (SELECT count(*) FROM decision.reviews WHERE state IN ('open', 'claimed')) AS reviews,
    (SELECT count(*) FROM notify.deliveries WHERE late_since IS NOT NULL AND delivered_at IS NULL
        AND state IN ('planned', 'sent')) AS late,
    (SELECT count(*) FROM notify.deliveries WHERE unacknowledged_since IS NOT NULL AND acknowledged_at IS NULL)
        AS unacknowledged,
    (SELECT count(*) FROM intake.waiting) AS waiting,
    (SELECT count(*) FROM intake.cases WHERE parked_events > 0) AS behind
"""
_PARKED = " UNION ALL ".join(
    f"SELECT '{service}' AS service, count(*) AS n FROM {service}.parked WHERE state = 'parked'"
    for service in _SERVICES
)
_OUTBOX = " UNION ALL ".join(
    f"SELECT '{service}' AS service, (SELECT count(*) FROM {service}.outbox) AS n,"
    f" (SELECT id FROM {service}.outbox ORDER BY id LIMIT 1) AS first"
    for service in _SERVICES
)


class Figures:
    """Sets the gauges; ``requests`` sees case data, ``own`` the services' machinery."""

    def __init__(self, requests: Sessions, own: Sessions, sampler: Sampler) -> None:
        self._requests = requests
        self._own = own
        self._sampler = sampler
        self._made_at: float | None = None
        self._known: dict[Gauge, set[tuple[str, ...]]] = {}

    async def run(self, progress: Progress) -> None:
        """Make the figures until the process leaves; while something is away they grow old, and say so."""
        while not progress.leaving.is_set():
            try:
                await self.make()
            except Exception as error:
                if not is_weather(error):
                    raise
                log.warning("figures.away", error=type(error).__name__)
            progress.beat("figures")
            try:
                async with asyncio.timeout(_EVERY_S):
                    await progress.leaving.wait()
            except TimeoutError:
                continue

    def age(self) -> float:
        """Give the seconds since all figures were last made; without end if they never were."""
        return inf if self._made_at is None else machine_seconds() - self._made_at

    async def make(self) -> None:
        """Look at everything once. The figures count as made only if the topics were looked at lately too."""
        async with self._requests.reading(**_EVERYONE) as session:
            now = self._requests.clock.now()
            await self._deadlines(session, now)
            self._alarms(await open_alarms(session, now), now)
            self._set(metrics.PARKED_MESSAGES, {(row.service,): row.n for row in await session.all(_PARKED)})
            rows = await session.all("SELECT state, count(*) AS n FROM notify.endpoints GROUP BY state")
            self._set(metrics.ENDPOINTS, {(row.state,): row.n for row in rows})
        async with self._own.reading() as session:
            rows = await session.all(_OUTBOX)
        self._set(metrics.OUTBOX_ROWS, {(row.service,): row.n for row in rows})
        self._set(metrics.OUTBOX_OLDEST_SECONDS, {(row.service,): _age(row.first) for row in rows})
        topics = self._sampler.history.now(machine_now())
        self._topics(topics)
        if not any(topic.status is Status.UNKNOWN for topic in topics):
            self._made_at = machine_seconds()

    async def _deadlines(self, session: ReadSession, now: datetime) -> None:
        row = await session.one(_COUNTS)
        assert row is not None  # noqa: S101 - a row of counts is always there
        for kind in ("hold", "answer", "review"):
            due = getattr(row, kind)
            metrics.NEAREST_DEADLINE_SECONDS.labels(kind).set((due - now).total_seconds() if due else inf)
        metrics.HOLDS_OPEN.set(row.holds)
        metrics.REVIEWS_OPEN.set(row.reviews)
        metrics.NOTICES_LATE.set(row.late)
        metrics.NOTICES_UNACKNOWLEDGED.set(row.unacknowledged)
        metrics.WAITING_EVENTS.set(row.waiting)
        metrics.CASES_BEHIND_PARKED.set(row.behind)
        for hours in _CLOSING_HOURS:
            closing = await session.one(
                "SELECT count(*) AS n FROM notify.windows WHERE state = 'open' AND closes_at <= :until",
                until=now + timedelta(hours=hours),
            )
            metrics.HOLDS_CLOSING.labels(str(hours)).set(closing.n if closing else 0)

    def _alarms(self, alarms: Sequence[OpenAlarm], now: datetime) -> None:
        counts = Counter[tuple[str, ...]]((alarm.service, alarm.kind) for alarm in alarms)
        self._set(metrics.ALARMS_OPEN, counts)
        metrics.LIBERTY_AT_RISK_HOURS.set(all_at_risk([alarm.stake for alarm in alarms], now))

    def _topics(self, topics: Sequence[TopicNow]) -> None:
        """Tell of each partition; the word that fits it is 1 and all others 0."""
        for topic in topics:
            for one in topic.partitions:
                place = (topic.topic, str(one.partition))
                metrics.LOG_END.labels(*place).set(one.judged.end)
                if topic.group is None:
                    continue
                reader = (topic.group, *place)
                metrics.GROUP_POSITION.labels(*reader).set(one.judged.position or 0)
                metrics.GROUP_WAITING.labels(*reader).set(one.judged.waiting)
                for status in Status:
                    metrics.GROUP_STATUS.labels(*reader, status.value).set(one.judged.status is status)
            if topic.group is not None:
                oldest = topic.oldest.total_seconds() if topic.oldest else 0
                metrics.OLDEST_UNREAD_SECONDS.labels(topic.group, topic.topic).set(oldest)

    def _set(self, gauge: Gauge, values: Mapping[tuple[str, ...], Any]) -> None:
        """Set a gauge for these labels; one that was there and is no longer falls to nothing."""
        for gone in self._known.get(gauge, set()) - set(values):
            gauge.labels(*gone).set(0)
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
        self._known.setdefault(gauge, set()).update(values)


def _age(first: UUID | None) -> float:
    """Give how long ago the first message not published was written: its id holds the instant."""
    return max(0.0, (machine_now() - made_at(first)).total_seconds()) if first else 0.0
