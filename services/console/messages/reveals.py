"""Show masked fields for a reason: to whom the role allows, for ten minutes, with a row that says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.console.accounts.person import Person
from shared.db.session import Sessions
from shared.runtime.clock import machine_now
from shared.runtime.ids import UuidV7

LASTS = timedelta(minutes=10)
_IDS = UuidV7()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A message by its place."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """That a message was shown to somebody, or that this was refused."""

    account_id: UUID
    role: str
    is_raw: bool
    reason: str
    reference: str
    at: datetime
    until: datetime
    given: bool


async def ask(own: Sessions, person: Person, spot: Spot, reason: str, reference: str, *, raw: bool) -> bool:
    """Ask to be shown a message; the answer is written down either way."""
    now = machine_now()
    async with own.transaction() as session:
        row = await session.one(
            "SELECT console.reveal_message(:id, :account, :topic, :part, :position, :raw, :reason, :reference, :now,"
            " :until) AS given",
            id=_IDS.new(),
            account=person.account_id,
            topic=spot.topic,
            part=spot.partition,
            position=spot.offset,
            raw=raw,
            reason=reason,
            reference=reference,
            now=now,
            until=now + LASTS,
        )
    return bool(row is not None and row.given)


async def of_message(own: Sessions, spot: Spot) -> list[Reveal]:
    """Give who was shown a message and who was refused, the newest first."""
    async with own.reading() as session:
        rows = await session.all(
            "SELECT account_id, role, is_raw, reason, reference, at, until, given FROM console.message_reveals"
            " WHERE topic = :topic AND part = :part AND position = :position ORDER BY at DESC LIMIT 20",
            topic=spot.topic,
            part=spot.partition,
            position=spot.offset,
        )
    return [Reveal(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping


def open_until(reveals: list[Reveal], person: Person, now: datetime, *, raw: bool) -> datetime | None:
    """Give until when a person may see a message; None if that is not so now."""
    mine = [
        one.until
        for one in reveals
        if one.given and one.account_id == person.account_id and one.until > now and one.is_raw == raw
    ]
    return max(mine, default=None)


async def parked_bytes(own: Sessions, person: Person, service: str, parked_id: UUID) -> bytes | None:
    """Give the bytes of a message set aside, where they were opened for this person and still are."""
    async with own.reading() as session:
        row = await session.one(
            "SELECT console.revealed_bytes(:account, :service, :id, :now) AS raw",
            account=person.account_id,
            service=service,
            id=parked_id,
            now=machine_now(),
        )
    return bytes(row.raw) if row is not None and row.raw is not None else None
