"""Settle what was set aside: an operator retries it once its cause is mended, or discards it with a reason.

A second try of either is harmless: what is no longer parked is left as it is.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from shared.db.engine import is_weather
from shared.db.session import ReadSession, Sessions, WriteSession
from shared.domain.errors import CountersignError
from shared.kafka.consumer import Record
from shared.outbox.inbox import Heard, Hearing


class StillUnhandled(CountersignError):
    """The event cannot be handled yet; it stays set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """An event that is set aside, as it stands in the database."""

    id: UUID
    record: Record
    source: str | None
    event_id: str | None
    case_id: UUID | None


#: What an event's own surroundings look like: a few facts by name, such as what stands decided on its case.
Outlook = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a retry would do, found out by doing it and taking it back."""

    #: Why it would be set aside again; None where it would be handled.
    why_not: str | None
    before: Outlook
    after: Outlook


class _TakenBack(Exception):
    """Ends a trial: nothing of it is kept."""


class Settling(Protocol):
    """What a service does with an event of its own that is taken up again, or let go."""

    async def outlook(self, session: ReadSession, aside: Aside) -> Outlook:
        """Tell how things stand for the event."""
        ...

    async def retry(self, session: WriteSession, aside: Aside, now: datetime) -> None:
        """Handle it; raise what stands in the way."""
        ...

    async def discard(self, session: WriteSession, aside: Aside, now: datetime) -> None:
        """Let it go; whatever waited for it goes on."""
        ...


async def _nothing(_: ReadSession, __: UUID) -> Outlook:
    """Know nothing of a case."""
    return {}


class HearAgain:
    """Settles messages of our own: they are simply heard again."""

    def __init__(
        self, hearing: Hearing[Any], outlook: Callable[[ReadSession, UUID], Awaitable[Outlook]] = _nothing
    ) -> None:
        self._hearing = hearing
        self._outlook = outlook

    async def outlook(self, session: ReadSession, aside: Aside) -> Outlook:
        """Tell how the case stands, which is the message's key; of a message without one nothing is known."""
        try:
            case_id = UUID((aside.record.key or b"").decode())
        except ValueError:
            return {}
        return await self._outlook(session, case_id)

    async def retry(self, session: WriteSession, aside: Aside, now: datetime) -> None:
        """Read and handle the message as if it had just come."""
        await self._hearing.handle(session, [Heard(aside.record, self._hearing.read(aside.record))], now)

    async def discard(self, session: WriteSession, aside: Aside, now: datetime) -> None:
        """Nothing waits for a message of our own: the next version of its case says the same."""


class Parking:
    """Settles parked events of one service, each in one transaction with the word of who did it and why."""

    def __init__(self, schema: str, sessions: Sessions, settling: Settling) -> None:
        self._schema = schema
        self._sessions = sessions
        self._settling = settling

    async def retry(self, parked_id: UUID, by: str, reason: str) -> bool:
        """Handle the event again; False if it is not parked (any more), StillUnhandled if it fails again."""
        return await self._settle(parked_id, "retried", by, reason, self._settling.retry)

    async def discard(self, parked_id: UUID, by: str, reason: str) -> bool:
        """Let the event go; False if it is not parked (any more)."""
        return await self._settle(parked_id, "discarded", by, reason, self._settling.discard)

    async def preview(self, parked_id: UUID) -> Preview | None:
        """Try a retry out and take it back: what it would change, or why it would fail; None if it is not parked."""
        tried: Preview | None = None
        try:
            async with self._sessions.transaction() as session:
                aside = await self._claim(session, parked_id)
                if aside is not None:
                    tried = await self._try_out(session, aside)
                raise _TakenBack  # noqa: TRY301  # it ends the transaction, which is the point
        except _TakenBack:
            return tried

    async def _try_out(self, session: WriteSession, aside: Aside) -> Preview:
        before = await self._settling.outlook(session, aside)
        try:
            async with session.attempt():
                await self._settling.retry(session, aside, self._sessions.clock.now())
                return Preview(why_not=None, before=before, after=await self._settling.outlook(session, aside))
        except Exception as error:
            if is_weather(error):
                raise
            return Preview(why_not=_why(error), before=before, after=before)

    async def _settle(
        self,
        parked_id: UUID,
        state: str,
        by: str,
        reason: str,
        act: Callable[[WriteSession, Aside, datetime], Awaitable[None]],
    ) -> bool:
        async with self._sessions.transaction() as session:
            now = self._sessions.clock.now()
            aside = await self._claim(session, parked_id)
            if aside is None:
                return False
            try:
                async with session.attempt():
                    await act(session, aside, now)
            except Exception as error:
                if is_weather(error):
                    raise
                raise StillUnhandled(_why(error)) from error
            await self._note(session, parked_id, state, by, reason, now)
        return True

    async def _claim(self, session: WriteSession, parked_id: UUID) -> Aside | None:
        row = await session.one(
            "SELECT id, topic, part, position, message_key, message, headers, source, event_id, case_id"
            f" FROM {self._schema}.parked WHERE id = :id AND state = 'parked' FOR UPDATE",
            id=parked_id,
        )
        if row is None:
            return None
        headers = msgspec.json.decode(row.headers) if isinstance(row.headers, str) else row.headers
        return Aside(
            id=row.id,
            record=Record(
                row.topic,
                row.part,
                row.position,
                row.message_key,
                row.message,
                tuple((name, value.encode()) for name, value in headers),
            ),
            source=row.source,
            event_id=row.event_id,
            case_id=row.case_id,
        )

    async def _note(
        self, session: WriteSession, parked_id: UUID, state: str, by: str, reason: str, now: datetime
    ) -> None:
        await session.run(
            f"UPDATE {self._schema}.parked SET state = :state, settled_at = :now, settled_by = :by,"
            " settled_reason = :reason WHERE id = :id",
            state=state,
            now=now,
            by=by,
            reason=reason,
            id=parked_id,
        )
        await session.run(
            f"UPDATE {self._schema}.alarms SET cleared_at = :now, cleared_by = :by, cleared_reason = :reason"
            " WHERE kind = 'event_parked' AND subject = :subject AND cleared_at IS NULL",
            now=now,
            by=by,
            reason=f"{state}: {reason}",
            subject=str(parked_id),
        )


def _why(error: Exception) -> str:
    """Say why an event cannot be handled; an error that is not ours is named and not quoted."""
    return str(error) if isinstance(error, CountersignError) else f"it fails with {type(error).__name__}"
