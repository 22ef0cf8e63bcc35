"""For which office somebody answers: their own, or one whose holder is away and has let them stand in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db.session import ReadSession
from shared.http.access import Caller, Role
from shared.http.problems import Problem


@dataclass(frozen=True, slots=True)
class Acting:
    """In whose name somebody acts, and by which delegation if not their own."""

    office: str | None
    delegation_id: UUID | None = None


_STANDING_IN = "to_key = :key AND starts_at <= :now AND ends_at > :now"


async def acting(session: ReadSession, caller: Caller, office: str | None, now: datetime) -> Acting:
    """Give in whose name a caller answers a question put to ``office``."""
    if office is None or caller.office == office:
        return Acting(caller.office)
    row = await session.one(
        f"SELECT id FROM decision.delegations WHERE {_STANDING_IN} AND office = :office ORDER BY id",
        key=caller.key_id,
        now=now,
        office=office,
    )
    return Acting(office, row.id) if row is not None else Acting(caller.office)


async def stands_in_for(session: ReadSession, key_id: str, other: str | None, now: datetime) -> bool:
    """Tell whether somebody stands in for the holder of another key."""
    row = await session.one(
        f"SELECT 1 FROM decision.delegations WHERE {_STANDING_IN} AND from_key = :other",
        key=key_id,
        now=now,
        other=other,
    )
    return row is not None


async def reviewer(session: ReadSession, key_id: str) -> Any:
    """Give a key that answers reviews; 422 where there is none of this id in force."""
    row = await session.one(
        "SELECT id, office, holder FROM access.keys WHERE id = :id AND role = :role AND revoked_at IS NULL",
        id=key_id.replace("\x00", "\ufffd"),
        role=Role.REVIEWER.value,
    )
    if row is None:
        raise Problem(422, "no_such_reviewer", "No reviewer's key of this id is in force; see /v1/reviews/reviewers.")
    return row
