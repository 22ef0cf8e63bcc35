"""Events without a booking: how long each waits, for what, and until when."""

from dataclasses import dataclass
from datetime import datetime

from services.console.messages.masking import Mask, plain_id
from shared.db.session import ReadSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One event on the waiting list."""

    source: str
    id: str
    type: str
    facility_ori: str | None
    reason: str
    time: datetime
    since: datetime
    ask_at: datetime | None
    asked_at: datetime | None

    @property
    def shown_id(self) -> str | Mask:
        """Give the event's id, where it looks like one."""
        return plain_id(self.id)


async def waiting(session: ReadSession, most: int = 200) -> list[Waiting]:
    """Give what waits for a booking: whom a person was asked about first, then the longest."""
    rows = await session.all(
        "SELECT source, id, type, facility_ori, reason, time, since, ask_at, asked_at FROM intake.waiting"
        " ORDER BY asked_at NULLS LAST, since, source, id LIMIT :most",
        most=most,
    )
    return [Waiting(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
