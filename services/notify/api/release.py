"""The release check: "may I release?", asked by a jail at the door, answered even when we cannot look."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy import Row
from starlette.exceptions import HTTPException

from services.notify.api.feeds import answer
from services.notify.api.jails import own
from services.notify.api.shapes import ReleaseAnswer
from services.notify.compose import local
from services.notify.dossier import Dossier
from services.notify.release import Check, check
from services.notify.rows import read_decision, window_from
from shared.db.engine import is_weather
from shared.db.session import ReadSession, Sessions, WriteSession
from shared.http.access import Caller, Role, allowing
from shared.http.problems import Problem

log = structlog.get_logger()

LAST_WORD = (
    "We cannot look at present. The last hold notice in hand counts until its own closes_at;"
    " without one there is no immigration hold."
)
OUR_FAULT = "We could not look, through a fault of ours that is in our log; that is no authority to hold."

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class CutOff(APIRoute):
    """A route that says what counts while we cannot look, even where the key could not be looked up.

    Without the database it is 503; a fault of ours is no authority to hold anybody, and is answered so.
    """

    def get_route_handler(self) -> Handler:
        """Wrap the route as a whole, its question for the caller included."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except (Problem, HTTPException, RequestValidationError):
                raise
            except Exception as error:
                if is_weather(error):
                    raise Problem(503, "database_away", LAST_WORD) from error
                log.exception("release_check.failed")
                return _said(Check(reason=OUR_FAULT), request.app.state.sessions.clock.now(), "UTC")

        return handle


router = APIRouter(prefix="/v1/jails/{ori}", tags=["jails"], route_class=CutOff)


@router.get("/bookings/{number}/release-check", response_model=ReleaseAnswer)
async def release_check(
    request: Request, ori: str, number: str, caller: Annotated[Caller, Depends(allowing(Role.JAIL))]
) -> Response:
    """Say whether there is an immigration hold on a booking at this instant."""
    own(caller, ori)
    sessions: Sessions = request.app.state.sessions
    async with sessions.asking() as session:
        rows = await _rows(session, caller, ori, number)
    # Looked at afterwards: a database that was slow to answer must not carry a hold past its closing.
    now = sessions.clock.now()
    dossiers = [_dossier(list(same)) for _, same in groupby(rows, key=lambda row: (row.case_id, row.detainer_id))]
    found = check(dossiers, now)
    if found.post_release_due and not all(row.is_awaited for row in rows):
        async with sessions.transaction(**caller.scope) as session:
            await _remember(session, dossiers, ori, now, request.app.state.release_report)
    decision = dossiers[0].decision if dossiers else None
    zone = decision.time_zone if decision else "UTC"
    return _said(found, now, zone)


def _said(found: Check, now: datetime, zone: str) -> Response:
    """Say what was found, in the jail's own time."""
    return answer(
        {
            "answer": "no_hold" if found.until is None else "hold",
            "until": local(found.until, zone),
            "reason": found.reason,
            "citation": found.citation,
            "as_of": local(now, zone),
            "post_release_due": found.post_release_due,
        }
    )


async def _rows(session: ReadSession, caller: Caller, ori: str, number: str) -> list[Row[Any]]:
    """Give all detainers decided on under a booking number, with their windows; of an impossible number there are none.

    One statement, which tells row security whose question it is.
    """
    return await session.all(
        "SELECT * FROM notify.release_check(:reach, :oris, :ori, :number)",
        reach=caller.scope["reach"],
        oris=caller.scope.get("oris", ""),
        ori=ori,
        number=number.replace("\x00", "\ufffd"),
    )


def _dossier(rows: Sequence[Row[Any]]) -> Dossier:
    """Read one detainer with its windows."""
    return Dossier(
        decision=read_decision(rows[0].decision),
        windows=tuple(window_from(row) for row in rows if row.id is not None),
        recalled_number=rows[0].recalled_number,
    )


async def _remember(session: WriteSession, dossiers: list[Dossier], ori: str, now: datetime, within: timedelta) -> None:
    """Write down that the jail was told to report the release, so that someone notices if it does not.

    While an hour runs, asking again changes nothing; once it is over, the next question begins another.
    """
    cases = sorted({dossier.decision.case_id for dossier in dossiers if dossier.decision})
    times = {"now": now, "remind_at": now + within}
    await session.run(
        "UPDATE notify.checks SET asked_at = :now, remind_at = :remind_at, reminded_at = NULL"
        " WHERE case_id = ANY (CAST(:cases AS uuid[])) AND reminded_at IS NOT NULL",
        cases=cases,
        **times,
    )
    await session.run(
        "INSERT INTO notify.checks (case_id, facility_ori, asked_at, remind_at)"
        " SELECT case_id, :ori, CAST(:now AS timestamptz), CAST(:remind_at AS timestamptz)"
        " FROM unnest(CAST(:cases AS uuid[])) AS case_id ON CONFLICT DO NOTHING",
        cases=cases,
        ori=ori,
        **times,
    )
