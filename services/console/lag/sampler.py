"""Look at all topics every other second, from Kafka and from our own rows; keep what was seen.

It reads and never commits: nobody's place moves because of it. While Kafka or Postgres is away there are no new
looks, and what is shown of topics turns to unknown by itself.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.console.lag.looks import GROUPS, History, Look, body_of, look_from, thinned
from shared.db.engine import is_weather
from shared.db.session import Sessions
from shared.domain.errors import KafkaAway
from shared.kafka.groups import Groups, GroupView
from shared.kafka.reader import LogReader
from shared.kafka.topics import TOPICS
from shared.runtime.clock import machine_now
from shared.runtime.health import Progress

log = structlog.get_logger()

Place = tuple[str, int]

EVERY_S = 2.0
#: Groups change seldom, and asking costs several round trips.
_GROUPS_EVERY = timedelta(seconds=6)
#: How often a look is kept, and after which time every so many minutes are enough.
_KEEP_EVERY = timedelta(seconds=10)
_KEPT_CLOSELY = timedelta(hours=1)
_KEPT = timedelta(hours=24)
_THINNED_TO = timedelta(minutes=5)
_DAY_GOOD_FOR = timedelta(minutes=1)
_OFFSETS = " UNION ALL ".join(
    f"SELECT topic, part, position FROM {group}.offsets WHERE consumer_group = '{group}'"  # names of ours
    for group in sorted(set(GROUPS.values()))
)


class Sampler:
    """Makes looks; ``history`` is what they say."""

    def __init__(self, bootstrap: str, sessions: Sessions) -> None:
        self._bootstrap = bootstrap
        self._sessions = sessions
        self.history = History()
        self._kept_at: datetime | None = None
        self._groups: dict[str, GroupView] = {}
        self._asked_at: datetime | None = None
        self._oldest: dict[Place, tuple[int, datetime]] = {}
        self._day: tuple[datetime, list[Look]] | None = None

    async def run(self, progress: Progress) -> None:
        """Look until the process leaves; after a failure connect anew."""
        while not progress.leaving.is_set():
            try:
                async with AsyncExitStack() as stack:
                    reader = await stack.enter_async_context(LogReader(self._bootstrap))
                    groups = await stack.enter_async_context(Groups(self._bootstrap))
                    await self._remember()
                    await self._look_on(reader, groups, progress)
            except Exception as error:
                if not (isinstance(error, KafkaAway) or is_weather(error)):
                    raise
                log.warning("looks.away", error=type(error).__name__)
            progress.beat("looks")
            await _pause(progress)

    async def _look_on(self, reader: LogReader, groups: Groups, progress: Progress) -> None:
        while not progress.leaving.is_set():
            look = await self.look(reader, groups)
            self.history.add(look)
            await self._keep(look)
            progress.beat("looks")
            await _pause(progress)

    async def look(self, reader: LogReader, groups: Groups) -> Look:
        """Look at everything once. Our rows are read before the ends: what is behind is never taken for level."""
        async with self._sessions.reading() as session:
            rows = await session.all(_OFFSETS)
        positions = {(row.topic, row.part): row.position for row in rows}
        extents = await reader.extents([topic.value for topic in TOPICS])
        now = machine_now()
        look = Look(
            at=now,
            begins={place: extent.begin for place, extent in extents.items()},
            ends={place: extent.end for place, extent in extents.items()},
            positions=positions,
            groups=await self._views(groups, now),
        )
        return replace(look, oldest=await self._put_at(reader, look))

    async def _views(self, groups: Groups, now: datetime) -> Mapping[str, GroupView]:
        """Ask what Kafka knows of our groups; one that cannot be asked about is left out."""
        if self._asked_at is not None and now - self._asked_at < _GROUPS_EVERY:
            return self._groups
        views = {}
        for group in set(GROUPS.values()):
            try:
                views[group] = await groups.view(group)
            except KafkaAway:
                log.info("looks.group_unknown", group=group)
        self._groups, self._asked_at = views, now if len(views) == len(set(GROUPS.values())) else None
        return views

    async def _put_at(self, reader: LogReader, look: Look) -> dict[Place, datetime]:
        """Give when the first unread record of each partition was put there; each is read once."""
        found: dict[Place, tuple[int, datetime]] = {}
        for place, end in look.ends.items():
            at = look.position(place)
            if at is None or at >= end:
                continue
            known = self._oldest.get(place)
            if known is not None and known[0] == at:
                found[place] = known
                continue
            first = max(at, look.begins[place])
            records = await reader.read(*place, first, min(first + 1, end))
            if records:
                found[place] = (at, records[0].at)
        self._oldest = found
        return {place: put for place, (_, put) in found.items()}

    async def _remember(self) -> None:
        """Take in what consoles saw before this process was there."""
        if self.history.last is not None:
            return
        for look in await self.kept(timedelta(minutes=15)):
            self.history.add(look)

    async def kept(self, back: timedelta, every: timedelta = timedelta(0)) -> list[Look]:
        """Give the looks that were kept, so far back and so far apart."""
        async with self._sessions.reading() as session:
            rows = await session.all(
                "SELECT at, body FROM console.looks WHERE at >= :since ORDER BY at", since=machine_now() - back
            )
        return thinned((look_from(row.at, _body(row.body)) for row in rows), every)

    async def day(self) -> list[Look]:
        """Give the looks of the last day, five minutes apart; read once a minute for everybody."""
        now = machine_now()
        if self._day is None or now - self._day[0] > _DAY_GOOD_FOR:
            self._day = (now, await self.kept(_KEPT, _THINNED_TO))
        return self._day[1]

    async def _keep(self, look: Look) -> None:
        """Keep a look now and then, closely for an hour and every few minutes for a day."""
        slot = _slot(look.at, _KEEP_EVERY)
        if self._kept_at == slot:
            return
        async with self._sessions.transaction() as session:
            await session.run(
                "INSERT INTO console.looks (at, body) VALUES (:at, CAST(:body AS jsonb)) ON CONFLICT DO NOTHING",
                at=slot,
                body=json.dumps(body_of(look)),
            )
            await session.run(
                "DELETE FROM console.looks WHERE at < :day OR (at < :hour AND"
                " CAST(extract(epoch FROM at) AS bigint) % :step <> 0)",
                day=look.at - _KEPT,
                hour=look.at - _KEPT_CLOSELY,
                step=int(_THINNED_TO.total_seconds()),
            )
        self._kept_at = slot


def _body(body: Any) -> Any:
    return json.loads(body) if isinstance(body, str) else body


def _slot(at: datetime, every: timedelta) -> datetime:
    """Give the beginning of an instant's stretch, so that several consoles keep one look between them."""
    seconds = int(every.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, at.tzinfo)


async def _pause(progress: Progress) -> None:
    try:
        async with asyncio.timeout(EVERY_S):
            await progress.leaving.wait()
    except TimeoutError:
        return
