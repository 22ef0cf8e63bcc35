"""How a case stands told, before and after a retry is tried out."""

from typing import Any
from uuid import UUID

from shared.db.session import ReadSession


async def outlook(session: ReadSession, case_id: UUID) -> dict[str, Any]:
    """Tell the hold windows of the case and the notices planned on it."""
    windows = await session.all(
        "SELECT detainer_id, state, closes_at FROM notify.windows WHERE case_id = :id ORDER BY detainer_id, id",
        id=case_id,
    )
    planned = await session.one("SELECT count(*) AS n FROM notify.notices WHERE case_id = :id", id=case_id)
    return {
        "case": str(case_id),
        **{f"hold on {row.detainer_id}": f"{row.state}, closes {row.closes_at.isoformat()}" for row in windows},
        "notices": planned.n if planned else 0,
    }
