"""The bookings that a waiting event comes near to, for the operator who has to say where it belongs."""

from typing import Any

import msgspec

from services.intake.alike import Likeness, likeness
from services.intake.store import Name, event
from shared.db.session import ReadSession

#: So many persons in custody are compared, those of the event's own facility first; and so many are told.
_MOST, _TOLD = 5000, 5
_IN_CUSTODY = """
SELECT c.case_id, c.facility_ori, c.booking_number, c.booked_at, c.custody, p.person,
    ARRAY(SELECT t.kind || ' ' || t.value FROM intake.ties t WHERE t.case_id = c.case_id) AS ties
FROM intake.cases c LEFT JOIN intake.persons p USING (case_id)
WHERE (c.booked_at IS NULL OR c.booked_at < CAST(:time AS timestamptz) + interval '1 day')
    AND (c.gone_at IS NULL OR c.gone_at > CAST(:time AS timestamptz)) AND c.booking_number <> ''
ORDER BY c.facility_ori <> :ori, c.changed_at DESC LIMIT :most
"""


async def candidates(session: ReadSession, name: Name) -> list[dict[str, Any]] | None:
    """Give the nearest bookings, each with what is alike, in words; None if the event does not wait (any more)."""
    waits = await session.one(
        "SELECT facility_ori FROM intake.waiting WHERE source = :source AND id = :id", source=name[0], id=name[1]
    )
    if waits is None:
        return None
    heard = await event(session, name)
    told = {"person": heard.data.get("person") or heard.data.get("as_submitted"), "ids": heard.data.get("ids")}
    rows = await session.all(_IN_CUSTODY, time=heard.time, ori=waits.facility_ori or "", most=_MOST)
    near = [(likeness(told, _described(row)), row) for row in rows]
    near.sort(key=lambda one: (-one[0].score, one[1].facility_ori != waits.facility_ori, str(one[1].case_id)))
    return [_line(alike, row) for alike, row in near[:_TOLD] if alike.score]


def _described(row: Any) -> dict[str, Any]:
    ids = dict(tie.split(" ", 1) for tie in row.ties)
    return {"person": msgspec.json.decode(row.person) if row.person else None, "ids": ids}


def _line(alike: Likeness, row: Any) -> dict[str, Any]:
    return {
        "case_id": row.case_id,
        "facility_ori": row.facility_ori,
        "booking_number": row.booking_number,
        "booked_at": row.booked_at,
        "custody": row.custody,
        "alike": list(alike.words),
    }
