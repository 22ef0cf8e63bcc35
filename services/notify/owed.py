"""Copies that the law owes the person: the jail is told of them, and is to hand them over; the newest one counts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.notify.dossier import Kind, Notice
from shared.db.session import WriteSession


async def plan(session: WriteSession, sent: Sequence[Notice], now: datetime, hand_over: timedelta) -> None:
    """Watch the copies among what was sent; what they replace need not be handed over any more."""
    copies = [notice for notice in sent if notice.kind is Kind.PERSON_COPY]
    if not copies:
        return
    await session.later(
        "INSERT INTO notify.copies_owed (notice_id, facility_ori, hand_by)"
        " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:oris AS text[]), CAST(:hand_by AS timestamptz[]))",
        ids=[copy.id for copy in copies],
        oris=[copy.facility_ori for copy in copies],
        # One that comes late, or at the last minute, cannot be with the person at once.
        hand_by=[max(copy.due_by, now + hand_over) for copy in copies],
    )
    await session.later(
        "UPDATE notify.copies_owed SET settled_at = :now, settled_by = 'replaced'"
        " WHERE notice_id = ANY (CAST(:ids AS uuid[])) AND settled_at IS NULL",
        now=now,
        ids=[copy.replaces for copy in copies if copy.replaces is not None],
    )
