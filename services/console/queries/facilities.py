"""The register of facilities with what runs at each, and how each is reached."""

from collections.abc import Sequence
from typing import Any

from shared.db.session import ReadSession


async def register(session: ReadSession) -> Sequence[Any]:
    """Give every facility with its ways out and what is in hand there."""
    return await session.all(
        "SELECT f.ori, f.name, f.jurisdiction, f.agency, f.time_zone, f.contact, f.changed_at,"
        " (SELECT count(*) FROM notify.windows w WHERE w.facility_ori = f.ori AND w.state = 'open') AS holds,"
        " (SELECT count(*) FROM decision.reviews r WHERE r.facility_ori = f.ori AND r.state IN ('open', 'claimed'))"
        " AS reviews,"
        " (SELECT count(*) FROM notify.endpoints e WHERE e.facility_ori = f.ori AND e.state = 'active') AS webhooks,"
        " (SELECT count(*) FROM notify.endpoints e WHERE e.facility_ori = f.ori AND e.state = 'suspended')"
        " AS suspended,"
        " (SELECT max(d.delivered_at) FROM (SELECT delivered_at FROM notify.deliveries"
        " WHERE recipient = 'jail:' || f.ori AND position IS NOT NULL ORDER BY position DESC LIMIT 20) AS d)"
        " AS last_fetched"
        " FROM intake.facilities f ORDER BY f.name, f.ori LIMIT 2000"
    )
