"""How things stand for an event that is set aside, told before and after a retry is tried out."""

from typing import Any

from shared.db import casebook
from shared.db.session import ReadSession
from shared.outbox.parking import Aside


async def outlook(session: ReadSession, aside: Aside) -> dict[str, Any]:
    """Tell what became of the event, and how its case stands."""
    heard = await session.one(
        "SELECT state, reason, case_id FROM intake.inbox WHERE source = :source AND id = :id",
        source=aside.source,
        id=aside.event_id,
    )
    case_id = aside.case_id or (heard.case_id if heard else None)
    told: dict[str, Any] = {"event": heard.state if heard else "set aside"}
    if case_id is None:
        return told | {"case": "none"}
    file = (await casebook.case_files(session, [case_id])).get(case_id)
    queue = await session.one(
        "SELECT count(*) AS n FROM intake.inbox WHERE case_id = :id AND state = 'waiting'", id=case_id
    )
    told |= {"case": str(case_id), "events_behind_it": queue.n if queue else 0}
    if file is None:
        return told
    return told | {
        "set_aside_on_the_case": file.parked_events,
        "custody": file.case.custody.value,
        "release_due": file.case.release_due is not None,
        **{f"detainer {one.detainer_id}": one.status.value for one in file.case.detainers},
        "conflicts": len(file.case.conflicts),
    }
