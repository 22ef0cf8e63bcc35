"""A notice is with its recipient: fetched with the recipient's key, or confirmed by its endpoint."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.notify.record import of_notice, write_down
from services.notify.rows import NOTICE, notice_from
from shared.db.session import WriteSession
from shared.outbox.outbox import Outbox


async def arrived(session: WriteSession, outbox: Outbox, notice_ids: Sequence[UUID], now: datetime) -> None:
    """Mark notices as delivered, once."""
    rows = await session.all(
        f"SELECT {NOTICE} FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id"
        " WHERE d.notice_id = ANY (CAST(:ids AS uuid[])) AND d.state = 'sent' ORDER BY d.notice_id FOR UPDATE OF d",
        ids=list(notice_ids),
    )
    notices = [notice_from(row) for row in rows]
    if not notices:
        return
    await session.later(
        "UPDATE notify.deliveries SET state = 'delivered', delivered_at = :now"
        " WHERE notice_id = ANY (CAST(:ids AS uuid[]))",
        now=now,
        ids=[notice.id for notice in notices],
    )
    await write_down(session, outbox, [of_notice("notice.delivered", notice, now) for notice in notices])
