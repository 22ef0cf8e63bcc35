"""Has everything settled? Nothing in flight, nothing due left undone, before the clock may move on.

The database is looked at first, in one statement; the ends of the logs afterwards. A message that was in flight
at the first look is in a log by the second, beyond the offset that was read: nothing is ever missed.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import is_weather
from shared.domain.errors import CountersignError, KafkaAway
from shared.kafka.offsets import LogEnds
from shared.kafka.topics import TOPICS
from shared.runtime.clock import machine_seconds

SERVICES = ("intake", "decision", "notify")
#: If nothing moves for so long, nothing will.
STALL_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.002, 0.02

_LOOK = f"""
    SELECT (SELECT instant FROM runtime.clock) AS instant,
        {", ".join(f"EXISTS (SELECT FROM {name}.outbox) AS {name}_outbox" for name in SERVICES)},
        {", ".join(f"(SELECT due_at FROM {name}.due) AS {name}_due" for name in SERVICES)},
        (SELECT jsonb_agg(jsonb_build_array(o.topic, o.part, o.position)) FROM (
            {" UNION ALL ".join(f"SELECT topic, part, position FROM {name}.offsets" for name in SERVICES)}
        ) o) AS offsets,
        (SELECT jsonb_object_agg(recipient, last_position) FROM notify.recipients) AS feeds
"""


class NotSettled(CountersignError):
    """Something has stopped moving; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the database showed."""

    #: The clock's instant as it stands in the database; only a stepped clock keeps it there.
    instant: datetime
    letters: frozenset[str]
    due: Mapping[str, datetime]
    offsets: Mapping[tuple[str, int], int]
    #: The last place given out in each recipient's feed.
    feeds: Mapping[str, int]

    @property
    def next_due(self) -> datetime | None:
        """When the next timer fires, if one waits."""
        return min(self.due.values(), default=None)


#: Does a person's part at each look; True while somebody is still at it.
Attend = Callable[[Look], Awaitable[bool]]


class Stillness:
    """Looks until everything has settled."""

    def __init__(self, engine: AsyncEngine, ends: LogEnds, urls: Mapping[str, str]) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._ends = ends
        self._urls = urls
        self._read = sorted(str(topic) for topic, shape in TOPICS.items() if shape.readers & frozenset(SERVICES))

    async def look(self) -> Look:
        """Look at the database once."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(text(_LOOK))).one()
        said = row._mapping  # noqa: SLF001 - SQLAlchemy's public mapping
        due = {name: said[f"{name}_due"] for name in SERVICES if said[f"{name}_due"] is not None}
        return Look(
            instant=row.instant,
            letters=frozenset(name for name in SERVICES if said[f"{name}_outbox"]),
            due=due,
            offsets={(topic, part): position for topic, part, position in _plain(row.offsets) or ()},
            feeds=_plain(row.feeds) or {},
        )

    async def wait(self, now: datetime | None = None, attend: Attend | None = None) -> Look:
        """Wait until nothing is in flight or due by ``now`` (else the database's instant); NotSettled on a stall.

        ``attend`` is called with each look, so that people can do their part while the rest goes on; as long
        as it says that somebody is at it, nothing counts as settled.
        """
        pause, seen, since = _FIRST_PAUSE_S, None, machine_seconds()
        while True:
            look, ends = await self._try()
            is_busy = look is not None and attend is not None and await attend(look)
            if look is not None and ends is not None and not is_busy and not unsettled(look, ends, now or look.instant):
                return look
            if (look, ends) != seen or look is None or is_busy:
                seen = (look, ends)
                since = machine_seconds() if look is not None else since
            if machine_seconds() - since > STALL_S:
                raise NotSettled(await self._report(look, now))
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)

    async def _try(self) -> tuple[Look | None, dict[tuple[str, int], int] | None]:
        """Look at both, the database first; None for what does not answer now."""
        try:
            look = await self.look()
            busy = look.letters or any(at <= look.instant for at in look.due.values())
            return look, None if busy else await self._ends.ends(self._read)
        except KafkaAway:
            return None, None
        except Exception as error:
            if not is_weather(error):
                raise
            return None, None

    async def _report(self, look: Look | None, now: datetime | None) -> str:
        lines = [f"nothing has moved for {STALL_S:.0f} s, and this is not settled:"]
        if look is None:
            lines.append("the database or Kafka does not answer")
        else:
            lines += unsettled(look, await self._ends.ends(self._read), now or look.instant)
        async with httpx.AsyncClient(timeout=5) as client:
            for name, url in self._urls.items():
                lines.append(f"{name}: {await _readiness(client, url)}")
        return "\n  ".join(lines)


def unsettled(look: Look, ends: Mapping[tuple[str, int], int], now: datetime) -> list[str]:
    """Say what is still under way; empty when everything has settled."""
    letters = [f"{name}'s outbox is not empty" for name in sorted(look.letters)]
    timers = [f"{name} has a timer due since {at.isoformat()}" for name, at in sorted(look.due.items()) if at <= now]
    behind = [
        f"{topic} [{part}] is read to {look.offsets.get((topic, part), 0)} of {end}"
        for (topic, part), end in sorted(ends.items())
        if look.offsets.get((topic, part), 0) != end
    ]
    return letters + timers + behind


async def _readiness(client: httpx.AsyncClient, url: str) -> str:
    try:
        told = (await client.get(f"{url}/readyz")).json()
    except (httpx.TransportError, ValueError):
        return "does not answer"
    troubles = told.get("troubles") or {}
    return "; ".join(f"{loop}: {why}" for loop, why in troubles.items()) or "says it is ready"


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
