"""The person's copies of a case, and when each was handed over; none said means that nobody has said so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.console.queries.case import Told
from shared.db.session import ReadSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """That a copy was handed over."""

    notice_id: UUID
    served_at: datetime
    served_by: str
    language: str
    manner: str
    #: Whether the jail said so itself, or one of our operators did on its word.
    by_jail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy that the jail has."""

    notice: Told
    ori: str
    handed: Sequence[Handed]


async def copies(session: ReadSession, notices: Sequence[Told]) -> list[Copy]:
    """Give the copies that have left, the newest first."""
    sent = [one for one in notices if one.kind == "person_copy" and one.sent_at is not None]
    if not sent:
        return []
    rows = await session.all(
        "SELECT s.notice_id, s.served_at, s.served_by, s.language, s.manner, k.role = 'jail' AS by_jail"
        " FROM notify.copies_served s JOIN access.keys k ON k.id = s.recorded_by"
        " WHERE s.notice_id = ANY (CAST(:ids AS uuid[])) ORDER BY s.served_at, s.id",
        ids=[one.id for one in sent],
    )
    handed = [Handed(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return [
        Copy(
            notice=one,
            ori=one.recipient.removeprefix("jail:"),
            handed=[each for each in handed if each.notice_id == one.id],
        )
        for one in sent
    ]
