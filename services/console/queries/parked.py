"""What is set aside, in all services: grouped by reason, the most liberty at risk first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.console.accounts.person import Person
from services.console.liberty import Stake, hours_at_risk
from shared.db.session import ReadSession, Sessions
from shared.runtime.clock import machine_now
from shared.runtime.ids import UuidV7

SERVICES = ("intake", "decision", "notify")
#: A bulk act that nobody has agreed to by then lapses, machine time.
LAPSES = timedelta(hours=1)
_IDS = UuidV7()
_COLUMNS = (
    "p.id, p.topic, p.part, p.position, p.code, p.reason, p.place, p.mend, p.source, p.event_id, p.event_type,"
    " p.facility_ori, p.case_id, p.state, p.parked_at, p.settled_at, p.settled_by, p.settled_reason"
)


def _of(service: str, only: str) -> str:
    return (
        f"SELECT '{service}' AS service, {_COLUMNS}, w.closes_at,"
        " (SELECT count(*) FROM intake.inbox i WHERE i.case_id = p.case_id AND i.state = 'waiting') AS queued"
        f" FROM {service}.parked p LEFT JOIN LATERAL (SELECT max(closes_at) AS closes_at FROM notify.windows"
        f" WHERE case_id = p.case_id AND state <> 'closed') w ON true WHERE {only}"
    )


_OPEN = " UNION ALL ".join(_of(service, "p.state = 'parked'") for service in SERVICES)
_SETTLED = " UNION ALL ".join(_of(service, "p.settled_at > :since") for service in SERVICES)
_ONE = " UNION ALL ".join(_of(service, f"p.id = :id AND :service = '{service}'") for service in SERVICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """One message that is or was set aside."""

    service: str
    id: UUID
    topic: str
    part: int
    position: int
    code: str
    reason: str
    place: str
    mend: str
    source: str | None
    event_id: str | None
    event_type: str | None
    facility_ori: str | None
    case_id: UUID | None
    state: str
    parked_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    settled_reason: str | None
    closes_at: datetime | None
    queued: int
    hours: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Messages that are set aside for one reason."""

    code: str
    topic: str
    messages: Sequence[Parked]

    @property
    def name(self) -> str:
        """Give the group's name in an address."""
        return f"{self.topic}:{self.code}"

    @property
    def oldest(self) -> datetime:
        """Give since when the first of them is set aside."""
        return min(one.parked_at for one in self.messages)

    @property
    def cases(self) -> list[UUID]:
        """Give the cases that wait behind them."""
        return sorted({one.case_id for one in self.messages if one.case_id})

    @property
    def hours(self) -> float:
        """Give the hours of liberty at risk, each case once."""
        by_case: dict[UUID, float] = {}
        for one in self.messages:
            key = one.case_id or one.id
            by_case[key] = max(by_case.get(key, 0.0), one.hours)
        return sum(by_case.values())


async def groups(session: ReadSession, now: datetime) -> list[Group]:
    """Give what is set aside, by reason; first what most liberty hangs on, then what stands longest."""
    found: dict[tuple[str, str], list[Parked]] = {}
    for row in await session.all(_OPEN):
        one = _parked(row, now)
        found.setdefault((one.topic, one.code), []).append(one)
    made = [
        Group(code=code, topic=topic, messages=sorted(messages, key=lambda one: (-one.hours, one.parked_at)))
        for (topic, code), messages in found.items()
    ]
    return sorted(made, key=lambda group: (-group.hours, -len(group.cases), group.oldest))


async def settled_since(session: ReadSession, since: datetime, now: datetime, most: int = 50) -> list[Parked]:
    """Give what was settled lately, the newest first."""
    rows = await session.all(
        f"SELECT * FROM ({_SETTLED}) s ORDER BY settled_at DESC LIMIT :most", since=since, most=most
    )
    return [_parked(row, now) for row in rows]


async def one_of(session: ReadSession, service: str, parked_id: UUID, now: datetime) -> Parked | None:
    """Give one message; None where there is none of this name."""
    row = await session.one(_ONE, service=service, id=parked_id)
    return None if row is None else _parked(row, now)


def _parked(row: Any, now: datetime) -> Parked:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public mapping
    hours = hours_at_risk(Stake(kind="event_parked", case_id=row.case_id, closes_at=row.closes_at), now)
    return Parked(**values, hours=hours if row.state == "parked" else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """An act on several messages that a second person must agree to."""

    id: UUID
    act: str
    parked: Sequence[tuple[str, UUID]]
    reason: str
    asked_by: UUID
    asked_name: str
    asked_at: datetime
    lapses_at: datetime

    @property
    def phrase(self) -> str:
        """Give what has to be typed to agree."""
        return f"{self.act} {len(self.parked)}"


_BULK = (
    "SELECT b.id, b.act, b.parked, b.reason, b.asked_by, a.name AS asked_name, b.asked_at, b.lapses_at"
    " FROM console.bulk_acts b JOIN console.accounts a ON a.id = b.asked_by"
    " WHERE b.settled_at IS NULL AND b.lapses_at > :now"
)


async def ask(own: Sessions, person: Person, act: str, parked: Sequence[tuple[str, UUID]], reason: str) -> None:
    """Ask for an act on several messages; somebody else must agree within the hour."""
    now = machine_now()
    async with own.transaction() as session:
        await session.run(
            "INSERT INTO console.bulk_acts (id, act, parked, reason, asked_by, asked_at, lapses_at)"
            " VALUES (:id, :act, CAST(:parked AS jsonb), :reason, :by, :now, :lapses)",
            id=_IDS.new(),
            act=act,
            parked=json.dumps([[service, str(parked_id)] for service, parked_id in parked]),
            reason=reason,
            by=person.account_id,
            now=now,
            lapses=now + LAPSES,
        )


async def waiting_acts(own: Sessions) -> list[Bulk]:
    """Give the acts that wait for a second person."""
    async with own.reading() as session:
        rows = await session.all(f"{_BULK} ORDER BY b.asked_at", now=machine_now())
    return [_bulk(row) for row in rows]


async def take_act(own: Sessions, bulk_id: UUID, person: Person, *, agreed: bool) -> Bulk | None:
    """Settle an act once; None if somebody was quicker, it has lapsed, or the person asked for it and now agrees."""
    async with own.transaction() as session:
        row = await session.one(f"{_BULK} AND b.id = :id FOR UPDATE OF b", now=machine_now(), id=bulk_id)
        if row is None or (agreed and row.asked_by == person.account_id):
            return None
        await session.run(
            "UPDATE console.bulk_acts SET settled_by = :by, settled_at = :now, agreed = :agreed WHERE id = :id",
            by=person.account_id,
            now=machine_now(),
            agreed=agreed,
            id=bulk_id,
        )
    return _bulk(row)


async def note_outcome(own: Sessions, bulk_id: UUID, outcome: dict[str, str]) -> None:
    """Write down how an act went, message by message."""
    async with own.transaction() as session:
        await session.run(
            "UPDATE console.bulk_acts SET outcome = CAST(:outcome AS jsonb) WHERE id = :id",
            outcome=json.dumps(outcome),
            id=bulk_id,
        )


def _bulk(row: Any) -> Bulk:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public mapping
    listed = json.loads(row.parked) if isinstance(row.parked, str) else row.parked
    return Bulk(**{**values, "parked": [(service, UUID(parked_id)) for service, parked_id in listed]})
