"""Tell ICE in time of detainers that are tied to no booking."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from services.notify import compose, store
from services.notify.dossier import ICE, Kind, Notice, Stage
from services.notify.draft import Moment
from services.notify.record import of_notice, write_down
from services.notify.save import add_notices
from shared.db.session import WriteSession
from shared.outbox.outbox import Outbox

_WAITING = (
    "FROM intake.unmatched u LEFT JOIN intake.facilities f ON f.ori = u.facility_ori"
    " WHERE u.due_by - interval '4 hours' <= :now AND NOT EXISTS (SELECT FROM notify.notices n"
    " WHERE n.kind = 'unmatched' AND n.detainer_id = u.detainer_id)"
)


async def plan_unmatched(session: WriteSession, outbox: Outbox, moment: Moment, *, most: int) -> int:
    """Plan a notice for each detainer that has waited long enough; give back how many.

    Four hours before it is due a detainer has waited long enough; `notify.due` counts with the same four hours.
    While this looks, no decision is heard: whoever hears one afterwards finds the notice and corrects it.
    """
    if await session.one(f"SELECT 1 {_WAITING} LIMIT 1", now=moment.now) is None:
        return 0
    await store.shut_out_hearing(session)
    rows = await session.all(
        "SELECT DISTINCT ON (u.detainer_id) u.detainer_id, u.case_id, u.facility_ori, u.booking_number, u.heard_at,"
        f" u.due_by, coalesce(f.time_zone, 'UTC') AS zone {_WAITING} ORDER BY u.detainer_id, u.due_by LIMIT :most",
        now=moment.now,
        most=most,
    )
    notices = [_notice(row, moment) for row in rows]
    await add_notices(session, notices, moment.now)
    await write_down(session, outbox, [of_notice("notice.planned", notice, moment.now) for notice in notices])
    return len(notices)


def _notice(row: Row[Any], moment: Moment) -> Notice:
    """Write the notice; what was heard when it was due already is due soon after now, and says so."""
    came_late = row.heard_at >= row.due_by
    notice = Notice(
        id=moment.new_id(),
        kind=Kind.UNMATCHED,
        recipient=ICE,
        facility_ori=row.facility_ori,
        detainer_id=row.detainer_id,
        booking_number=row.booking_number,
        case_id=row.case_id,
        number=0,
        stage=Stage.PLANNED,
        send_at=moment.now,
        due_by=moment.grace_ends_at if came_late else row.due_by,
        came_late=came_late,
    )
    return replace(notice, body=compose.undecided(notice, zone=row.zone, at=moment.now))
