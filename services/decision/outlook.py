"""How a case stands decided, told before and after a retry is tried out."""

from typing import Any
from uuid import UUID

from shared.db.session import ReadSession


async def outlook(session: ReadSession, case_id: UUID) -> dict[str, Any]:
    """Tell the standing outcome of each detainer on the case."""
    rows = await session.all(
        "SELECT detainer_id, outcome, number FROM decision.dossiers WHERE case_id = :id ORDER BY detainer_id",
        id=case_id,
    )
    return {"case": str(case_id)} | {f"detainer {row.detainer_id}": row.outcome or "not decided" for row in rows}
