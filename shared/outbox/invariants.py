"""What must never be: the questions of ``invariants.sql``, asked by the services, the commands and the tests alike."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row

from shared.runtime.ids import least_at

_HEAD = re.compile(
    r"-- name: (?P<name>\w+)\n"
    r"-- keeper: (?P<keeper>\w+)  scope: (?P<scope>minute|whole)  patience: (?P<patience>\d+)  "
    r"promise: (?P<promise>P\d+)\n"
    r"-- means: (?P<means>[^\n]+)\n(?P<sql>[^;]+);"
)
#: A letter younger than this is on its way and nowhere stuck.
_ON_ITS_WAY = timedelta(seconds=60)
EVERYTHING = UUID(int=0)
_YOUNGEST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """One question that has to come back empty; the file's head says what each word means."""

    name: str
    keeper: str
    is_cheap: bool
    patience_s: int
    promise: str
    means: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that must not be: which question found it, and what about."""

    invariant: Invariant
    subject: str
    case_id: UUID | None
    facility_ori: str | None
    detail: str

    @property
    def key(self) -> str:
        """Give what makes it the same violation at the next look."""
        return f"{self.invariant.name} {self.subject}"


@dataclass(frozen=True, slots=True)
class Reach:
    """At which instant of the clock is asked, and over what."""

    now: datetime
    after: UUID
    stale: UUID

    @classmethod
    def whole(cls, now: datetime) -> "Reach":
        """Ask over everything, with no patience for what is on its way."""
        return cls(now, EVERYTHING, _YOUNGEST)

    @classmethod
    def recent(cls, now: datetime, machine: datetime, back: timedelta) -> "Reach":
        """Ask over what was made in the last while, by the machine's clock."""
        return cls(now, least_at(machine - back), least_at(machine - _ON_ITS_WAY))


class Asker(Protocol):
    """Runs a query; a session of any kind does."""

    async def all(self, sql: str, **values: Any) -> list[Row[Any]]:
        """Give every row of a query."""
        ...


@cache
def invariants() -> tuple[Invariant, ...]:
    """Read the file, once."""
    text = files("shared.outbox").joinpath("invariants.sql").read_text()
    read = tuple(_read(found.groupdict()) for found in _HEAD.finditer(text))
    if len(read) != text.count("-- name:"):
        raise ValueError("invariants.sql has a question whose head cannot be read")
    return read


def kept_by(service: str, *, cheap_only: bool = True) -> list[Invariant]:
    """Give the questions that a service asks."""
    return [one for one in invariants() if one.keeper == service and (one.is_cheap or not cheap_only)]


async def ask(session: Asker, questions: Collection[Invariant], reach: Reach) -> list[Violation]:
    """Ask each question, and give all that must not be."""
    found = []
    for one in questions:
        values = {name: value for name, value in _values(reach).items() if f":{name}" in one.sql}
        found += [_violation(one, row) for row in await session.all(one.sql, **values)]
    return found


def _values(reach: Reach) -> Mapping[str, Any]:
    return {"now": reach.now, "after": reach.after, "stale": reach.stale}


def _read(head: Mapping[str, str]) -> Invariant:
    return Invariant(
        name=head["name"],
        keeper=head["keeper"],
        is_cheap=head["scope"] == "minute",
        patience_s=int(head["patience"]),
        promise=head["promise"],
        means=head["means"],
        sql=head["sql"].strip(),
    )


def _violation(invariant: Invariant, row: Row[Any]) -> Violation:
    return Violation(
        invariant=invariant,
        subject=row.subject,
        case_id=row.case_id,
        facility_ori=row.facility_ori,
        detail=row.detail or "",
    )


def lasting(seen: Mapping[str, float], violations: Sequence[Violation], now_s: float) -> list[Violation]:
    """Give those that are wrong by now: at once, or seen for as long as their question has patience."""
    return [one for one in violations if now_s - seen.get(one.key, now_s) >= one.invariant.patience_s]
