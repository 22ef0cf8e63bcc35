"""One person, one case: when a transfer shows two cases to be one booking, one of them takes the other in.

The new jail may be heard before the transfer is. Only a case of which nothing can have been decided is
taken in; two cases with decisions are for a person.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from shared.db.session import WriteSession
from shared.domain.case import Custody, CustodyCase
from shared.outbox import journal


def is_undecided(case: CustodyCase) -> bool:
    """Tell whether there is nothing on the case that could have been decided."""
    return case.custody is Custody.AWAITED or not case.detainers


async def take_in(session: WriteSession, taken: UUID, into: UUID) -> None:
    """Let all rows of a case be another's; where both have one, the other's own stands."""
    ids = {"taken": taken, "into": into}
    for table in ("inbox", "parked", "alarms"):
        await session.run(f"UPDATE intake.{table} SET case_id = :into WHERE case_id = :taken", **ids)
    await session.run(
        "UPDATE intake.ties t SET case_id = :into WHERE case_id = :taken AND NOT EXISTS"
        " (SELECT FROM intake.ties o WHERE o.case_id = :into AND o.kind = t.kind AND o.value = t.value)",
        **ids,
    )
    await session.run(
        "UPDATE intake.persons SET case_id = :into WHERE case_id = :taken"
        " AND NOT EXISTS (SELECT FROM intake.persons o WHERE o.case_id = :into)",
        **ids,
    )
    # What is left of its ties names a case that is no more, and counts for nothing.
    for table in ("persons", "unmatched", "cases"):
        await session.run(f"DELETE FROM intake.{table} WHERE case_id = :taken", taken=taken)


async def note(session: WriteSession, taken: Collection[tuple[UUID, UUID, str]], now: datetime) -> None:
    """End the chains of cases taken in with a record of where they went; each comes with its facility."""
    await journal.add(
        session,
        "intake",
        [
            journal.Record(case_id=gone, at=now, kind="case.merged", facility_ori=ori, body={"into": str(into)})
            for gone, into, ori in taken
        ],
    )
