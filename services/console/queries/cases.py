"""Find cases: by number, never by name; those with a clock running come by time left."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.console.queries.deadlines import Deadline
from services.console.queries.places import Place, Places
from shared.db.session import ReadSession

MOST = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases are asked for; empty: any."""

    number: str = ""
    facility: str = ""
    outcome: str = ""
    #: running, or ended: nothing runs on it any more.
    state: str = "running"
    #: hours within which something is due, as asked: 1, 4 or 24.
    within: str = ""
    #: hold, answer, review or receipt.
    due: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case as a list shows it."""

    case_id: UUID
    place: Place
    booking_number: str
    custody: str
    outcomes: tuple[tuple[str, str], ...]
    parked_events: int
    nearest: Deadline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of cases."""

    rows: tuple[CaseRow, ...]
    #: How many there are; None where they were not counted.
    total: int | None
    has_more: bool


async def find(
    session: ReadSession, where: Places, deadlines: Sequence[Deadline], wanted: Wanted, now: datetime
) -> Found:
    """Give a page of the cases asked for."""
    if wanted.number:
        ids = await _by_number(session, wanted.number)
        # A number names its cases whatever else was chosen.
        return await _page(session, where, ids, nearest_of(deadlines, Wanted(), now), wanted)
    if wanted.state == "ended":
        return await _ended(session, where, wanted)
    nearest = nearest_of(deadlines, wanted, now)
    return await _page(session, where, list(nearest), nearest, wanted)


def nearest_of(deadlines: Sequence[Deadline], wanted: Wanted, now: datetime) -> dict[UUID, Deadline]:
    """Give the nearest deadline of each case that fits, in their order."""
    found: dict[UUID, Deadline] = {}
    for one in deadlines:
        if one.case_id is None or one.case_id in found:
            continue
        fits = (
            (not wanted.facility or one.place.ori == wanted.facility)
            and (not wanted.outcome or one.outcome == wanted.outcome)
            and (not wanted.due or one.kind == wanted.due)
            and (not wanted.within or one.due_at - now <= timedelta(hours=int(wanted.within)))
        )
        if fits:
            found[one.case_id] = one
    return found


async def _by_number(session: ReadSession, number: str) -> list[UUID]:
    """Give the cases of a booking number, a detainer id, or an id or its end."""
    rows = await session.all(
        "SELECT case_id FROM intake.cases WHERE booking_number = :number"
        " UNION SELECT case_id FROM decision.dossiers WHERE detainer_id = :number"
        " UNION SELECT case_id FROM intake.cases WHERE case_id = CAST(:id AS uuid) ORDER BY 1 DESC LIMIT 200",
        number=number,
        id=_as_id(number),
    )
    return [row.case_id for row in rows]


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _page(
    session: ReadSession, where: Places, ids: Sequence[UUID], nearest: dict[UUID, Deadline], wanted: Wanted
) -> Found:
    first = (wanted.page - 1) * MOST
    part = list(ids[first : first + MOST])
    rows = await _rows(session, where, part, nearest)
    return Found(rows=tuple(rows), total=len(ids), has_more=len(ids) > first + MOST)


async def _ended(session: ReadSession, where: Places, wanted: Wanted) -> Found:
    """Give cases on which nothing runs any more, the latest first; too many to count at each look."""
    rows = await session.all(
        "SELECT c.case_id FROM intake.cases c WHERE (:facility = '' OR c.facility_ori = :facility)"
        " AND (:outcome = '' OR EXISTS (SELECT FROM decision.dossiers d WHERE d.case_id = c.case_id"
        " AND d.outcome = :outcome)) AND c.custody = 'gone' ORDER BY c.case_id DESC LIMIT :most OFFSET :first",
        facility=wanted.facility,
        outcome=wanted.outcome,
        most=MOST + 1,
        first=(wanted.page - 1) * MOST,
    )
    ids = [row.case_id for row in rows]
    made = await _rows(session, where, ids[:MOST], {})
    return Found(rows=tuple(made), total=None, has_more=len(ids) > MOST)


async def _rows(
    session: ReadSession, where: Places, ids: Sequence[UUID], nearest: dict[UUID, Deadline]
) -> list[CaseRow]:
    cases = await session.all(
        "SELECT case_id, facility_ori, booking_number, custody, parked_events FROM intake.cases"
        " WHERE case_id = ANY (CAST(:ids AS uuid[]))",
        ids=list(ids),
    )
    dossiers = await session.all(
        "SELECT case_id, detainer_id, outcome FROM decision.dossiers WHERE case_id = ANY (CAST(:ids AS uuid[]))"
        " ORDER BY detainer_id",
        ids=list(ids),
    )
    outcomes: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for row in dossiers:
        outcomes[row.case_id].append((row.detainer_id, row.outcome))
    known = {row.case_id: row for row in cases}
    return [_row(known[one], where, outcomes[one], nearest.get(one)) for one in ids if one in known]


def _row(row: Any, where: Places, outcomes: Sequence[tuple[str, str]], nearest: Deadline | None) -> CaseRow:
    return CaseRow(
        case_id=row.case_id,
        place=where.of(row.facility_ori),
        booking_number=row.booking_number,
        custody=row.custody,
        outcomes=tuple(outcomes),
        parked_events=row.parked_events,
        nearest=nearest,
    )
