"""Show a person's data, on purpose: the database writes down who asked and why, and gives it, or does neither."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from services.console.accounts.person import Person
from shared.db.session import Sessions
from shared.runtime.clock import machine_now
from shared.runtime.ids import Ids

#: Why somebody may ask; a code and what it means.
REASONS = {
    "identity": "to tell two people apart",
    "call": "a call from the jail, ICE or counsel",
    "order": "a court's order",
    "repair": "to mend a message that was set aside",
}


@dataclass(frozen=True, slots=True)
class Revealer:
    """The one way to a person's data."""

    sessions: Sessions
    ids: Ids

    async def person(self, who: Person, case_id: UUID, reason: str, reference: str) -> dict[str, Any] | None:
        """Give the person of a case; None where there is none, or who asks may not see it. Recorded in any case."""
        async with self.sessions.transaction() as session:
            row = await session.one(
                "SELECT console.reveal(CAST(:id AS uuid), CAST(:account AS uuid), CAST(:case AS uuid), :reason, :ref,"
                " CAST(:now AS timestamptz)) AS person",
                id=self.ids.new(),
                account=who.account_id,
                case=case_id,
                reason=reason,
                ref=reference,
                now=machine_now(),
            )
        return msgspec.json.decode(row.person) if row is not None and row.person is not None else None

    async def count(self, case_id: UUID) -> int:
        """Tell how often the person of a case was asked for."""
        async with self.sessions.reading() as session:
            row = await session.one("SELECT count(*) AS many FROM console.reveals WHERE case_id = :case", case=case_id)
        return row.many if row is not None else 0
