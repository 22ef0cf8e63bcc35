"""Wherever a person is to be told, a row is written: what, about which case, since when, due when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db.session import WriteSession
from shared.runtime.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something a person must see. ``kind`` and ``subject`` together are raised once."""

    kind: str
    #: What it is about: an id, never a name.
    subject: str
    detail: str
    since: datetime
    due: datetime | None = None
    case_id: UUID | None = None
    facility_ori: str | None = None
    contact: str = "operator"


async def raise_all(session: WriteSession, schema: str, ids: Ids, alarms: Sequence[Alarm]) -> None:
    """Write the alarms down; one already raised (cleared or not) is not raised again."""
    if not alarms:
        return
    await session.later(
        f"INSERT INTO {schema}.alarms (id, kind, subject, case_id, facility_ori, contact, detail, since, due)"
        " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:subjects AS text[]),"
        " CAST(:cases AS uuid[]), CAST(:oris AS text[]), CAST(:contacts AS text[]), CAST(:details AS text[]),"
        " CAST(:sinces AS timestamptz[]), CAST(:dues AS timestamptz[])) ON CONFLICT (kind, subject) DO NOTHING",
        ids=[ids.new() for _ in alarms],
        kinds=[a.kind for a in alarms],
        subjects=[a.subject for a in alarms],
        cases=[a.case_id for a in alarms],
        oris=[a.facility_ori for a in alarms],
        contacts=[a.contact for a in alarms],
        details=[a.detail for a in alarms],
        sinces=[a.since for a in alarms],
        dues=[a.due for a in alarms],
    )
