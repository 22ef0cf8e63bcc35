"""Cases over HTTP: where each stands, what was decided of it and why, and its whole story in time order.

Row security decides what a jail sees: another jail's case answers exactly as one that does not exist.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.decision.api import casework, story
from services.decision.api.case_forms import Cases, CaseShown, Timeline
from services.decision.api.places import row_id
from shared.db import casebook
from shared.domain.case import CustodyCase
from shared.http.access import Caller, Role, allowing
from shared.http.paging import MOST, cursor, page
from shared.http.problems import not_found

router = APIRouter(prefix="/v1/cases", tags=["cases"])

Looking = Annotated[
    Caller, Depends(allowing(Role.JAIL, Role.REVIEWER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))
]
Name = Annotated[str | None, Query(max_length=128, pattern=r"^[^\x00]*$")]


@router.get("", response_model=Cases)
async def cases(
    request: Request,
    caller: Looking,
    facility_ori: Name = None,
    booking_number: Name = None,
    custody: Literal["awaited", "in_custody", "release_due", "gone"] | None = None,
    outcome: Literal["HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW"] | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    """List cases with what stands for each detainer, in the order in which the cases were opened."""
    wanted = casework.Wanted(
        facility_ori=facility_ori,
        booking_number=booking_number,
        custody=custody,
        outcome=outcome,
        after=row_id(after),
        most=MOST,
    )
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await casework.listed(session, wanted)
        standing = await casework.outcomes(session, [row["case_id"] for row in rows])
    items = [row | {"detainers": standing.get(row["case_id"], [])} for row in rows]
    return page(items, cursor(rows[-1]["case_id"]) if len(rows) == MOST else None)


@router.get("/{case_id}", response_model=CaseShown)
async def case(request: Request, case_id: UUID, caller: Looking) -> dict[str, Any]:
    """Give a case as it stands: custody, chain, and for each detainer decision, window and review."""
    async with request.app.state.sessions.reading(**caller.scope) as session:
        file = (await casebook.case_files(session, [case_id])).get(case_id)
        if file is None:
            raise not_found()
        windows = await casework.windows(session, case_id)
        decisions = await casework.decisions(session, case_id)
        reviews = await casework.reviews(session, case_id)
    detainers = [
        casework.detainer(each)
        | {
            "decision": casework.with_ending(decisions.get(each.detainer_id), windows.get(each.detainer_id)),
            "window": windows.get(each.detainer_id),
            "review": reviews.get(each.detainer_id),
        }
        for each in file.case.detainers
    ]
    return {
        "case_id": file.case_id,
        "version": file.version,
        "facility_ori": file.facility_ori,
        "booking_number": file.booking_number,
        "parked_events": file.parked_events,
        **_state(file.case, caller),
        "detainers": detainers,
    }


def _state(folded: CustodyCase, caller: Caller) -> dict[str, Any]:
    """Show where the person stands; a jail is shown no other jail's stay."""
    may_see_all = caller.role is not Role.JAIL
    return {
        "custody": folded.custody,
        "chain": [stay for stay in folded.chain if may_see_all or stay.ori in caller.oris],
        "booked_at": folded.booked_at,
        "expected_release_at": folded.expected_release_at,
        "release_due": folded.release_due,
        "gone": folded.gone,
        "citizenship": folded.citizenship,
        "conflicts": folded.conflicts,
    }


@router.get("/{case_id}/timeline", response_model=Timeline)
async def timeline(request: Request, case_id: UUID, caller: Looking, after: str | None = None) -> dict[str, Any]:
    """Tell the story of a case in time order; a jail that passed the person on is told its own part."""
    place = story.place(after)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        items, following = await story.told(session, case_id, place, MOST, rationales=caller.role is not Role.JAIL)
        if not items and place is None and case_id not in await casebook.case_files(session, [case_id]):
            raise not_found()
    return page(items, following)
