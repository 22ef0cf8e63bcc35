"""The only door to a case: intake writes it, decision reads it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from shared.db.session import ReadSession, WriteSession
from shared.domain.case import CustodyCase
from shared.domain.jurisdiction import Agency, Facility

_read = msgspec.json.Decoder(CustodyCase).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case as it stands: its version, its place, what the fold gives, and whether events of it are parked."""

    case_id: UUID
    version: int
    facility_ori: str
    booking_number: str
    case: CustodyCase
    parked_events: int = 0


async def case_files(session: ReadSession, case_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, CaseFile]:
    """Load cases in one query; ``lock`` takes their rows in id order first."""
    rows = await session.all(
        "SELECT case_id, version, facility_ori, booking_number, folded, parked_events FROM intake.cases"
        f" WHERE case_id = ANY (CAST(:ids AS uuid[])) ORDER BY case_id {'FOR UPDATE' if lock else ''}",
        ids=list(case_ids),
    )
    return {
        row.case_id: CaseFile(
            case_id=row.case_id,
            version=row.version,
            facility_ori=row.facility_ori,
            booking_number=row.booking_number,
            case=_read(row.folded),
            parked_events=row.parked_events,
        )
        for row in rows
    }


async def save(session: WriteSession, files: Sequence[CaseFile], now: datetime) -> None:
    """Write cases, new ones and changed ones alike, in one statement."""
    if not files:
        return
    await session.later(
        "INSERT INTO intake.cases (case_id, version, custody, facility_ori, booking_number, booked_at, gone_at, folded,"
        " parked_events, opened_at, changed_at)"
        " SELECT u.*, CAST(:now AS timestamptz), CAST(:now AS timestamptz) FROM unnest(CAST(:ids AS uuid[]),"
        " CAST(:versions AS bigint[]), CAST(:custodies AS text[]), CAST(:oris AS text[]), CAST(:numbers AS text[]),"
        " CAST(:booked AS timestamptz[]), CAST(:gone AS timestamptz[]), CAST(:folded AS bytea[]),"
        " CAST(:parked AS int[])) AS u"
        " ON CONFLICT (case_id) DO UPDATE SET version = excluded.version, custody = excluded.custody,"
        " facility_ori = excluded.facility_ori, booking_number = excluded.booking_number,"
        " booked_at = excluded.booked_at,"
        " gone_at = excluded.gone_at, folded = excluded.folded, parked_events = excluded.parked_events,"
        " changed_at = excluded.changed_at",
        now=now,
        ids=[f.case_id for f in files],
        versions=[f.version for f in files],
        custodies=[f.case.custody.value for f in files],
        oris=[f.facility_ori for f in files],
        numbers=[f.booking_number for f in files],
        booked=[f.case.booked_at for f in files],
        gone=[f.case.gone.at if f.case.gone else None for f in files],
        folded=[msgspec.json.encode(f.case) for f in files],
        parked=[f.parked_events for f in files],
    )


async def facilities(session: ReadSession) -> dict[str, Facility]:
    """Load the register: law, agency and clock of each facility, by ORI."""
    rows = await session.all("SELECT ori, name, jurisdiction, agency, time_zone FROM intake.facilities")
    return {
        row.ori: Facility(
            ori=row.ori,
            name=row.name,
            jurisdiction=row.jurisdiction,
            agency=Agency(row.agency),
            time_zone=row.time_zone,
        )
        for row in rows
    }
