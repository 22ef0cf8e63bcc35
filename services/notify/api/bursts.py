"""Bursts and recalls: what waits for an operator, and one action for a whole set."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, Field

from services.notify.api import shapes
from services.notify.api.feeds import After, answer, id_of
from services.notify.bursting import Chosen, Done, Valve
from services.notify.recall import Action
from shared.http.access import Caller, Role, allowing
from shared.http.body import Reason, read_model, takes
from shared.http.paging import MOST, cursor, page, place_of
from shared.http.problems import Problem

router = APIRouter(prefix="/v1", tags=["bursts"])

Looking = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Acting = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.ADMINISTRATOR))]
_A_DAY_MIN = 24 * 60
#: What a burst keeps back, and what of it is left to be decided.
_BURSTS = (
    "SELECT b.id, b.scope, b.key, b.opened_at, b.state, b.open_until, b.settled_at, b.settled_by, b.settled_reason,"
    " (SELECT count(*) FROM notify.deliveries d WHERE d.burst_id = b.id AND d.state = 'planned' AND NOT d.passed)"
    " AS waiting FROM notify.bursts b"
)


#: Text of RFC 3339 with its offset: JSON has no instants.
Instant = Annotated[AwareDatetime, Field(strict=False)]


class Release(Reason):
    """Why a burst may go, and for how many minutes what follows it may, too."""

    minutes: float = Field(default=60, ge=0, le=_A_DAY_MIN)


class Recall(Reason):
    """Which standing decisions are taken back or told anew; at least one of policy, facility and since is named."""

    action: Action = "recall"
    policy: str | None = Field(default=None, max_length=200)
    rule: str | None = Field(default=None, max_length=200)
    facility_ori: str | None = Field(default=None, max_length=32)
    since: Instant | None = None
    until: Instant | None = None
    dry_run: bool = False

    @property
    def chosen(self) -> Chosen:
        """Give what is meant."""
        return Chosen(
            policy=self.policy, rule=self.rule, facility_ori=self.facility_ori, since=self.since, until=self.until
        )


@router.get("/bursts", response_model=shapes.Bursts)
async def list_bursts(request: Request, caller: Looking, after: After = None) -> Response:
    """List bursts, the newest first, with how many notices each still keeps back."""
    return await _listing(request, caller, after, _BURSTS, "b.id")


@router.get("/recalls", response_model=shapes.Recalls)
async def list_recalls(request: Request, caller: Looking, after: After = None) -> Response:
    """List recalls and corrections of sets, the newest first."""
    columns = "SELECT r.id, r.at, r.action, r.chosen, r.reason, r.called_by, r.notices FROM notify.recalls r"
    return await _listing(request, caller, after, columns, "r.id")


@router.post("/bursts/{burst_id}/release", openapi_extra=takes(Release), response_model=shapes.BurstReleased)
async def release(request: Request, caller: Acting, burst_id: str) -> Response:
    """Let a burst go."""
    body = await read_model(request, Release)
    valve: Valve = request.app.state.valve
    going = await valve.release(id_of(burst_id), by=caller.key_id, reason=body.reason, minutes=body.minutes)
    if going is None:
        raise _not_waiting()
    return answer({"id": burst_id, "state": "released", "notices": going})


@router.post("/bursts/{burst_id}/recall", openapi_extra=takes(Reason), response_model=shapes.BurstRecalled)
async def recall_burst(request: Request, caller: Acting, burst_id: str) -> Response:
    """Keep a burst back until it is decided anew, and take back what of it was told before it was one."""
    body = await read_model(request, Reason)
    valve: Valve = request.app.state.valve
    done = await valve.recall(id_of(burst_id), by=caller.key_id, reason=body.reason)
    if done is None:
        raise _not_waiting()
    return answer({"id": burst_id, "state": "recalled", **_told(done)})


@router.post("/recalls", openapi_extra=takes(Recall), response_model=shapes.Recalled)
async def recall(request: Request, caller: Acting) -> Response:
    """Recall or correct what was told of a set; each notice names the one it takes the place of."""
    body = await read_model(request, Recall)
    if body.policy is None and body.facility_ori is None and body.since is None:
        raise Problem(422, "invalid_request", "Name a policy, a facility or a time; nobody means everything.")
    valve: Valve = request.app.state.valve
    if body.dry_run:
        return answer({"recall_id": None, "detainers": await valve.count(body.chosen), "notices": 0})
    return answer(_told(await valve.act(body.action, body.chosen, by=caller.key_id, reason=body.reason)))


def _told(done: Done) -> dict[str, Any]:
    return {"recall_id": done.id, "detainers": done.detainers, "notices": done.notices}


def _not_waiting() -> Problem:
    return Problem(409, "not_waiting", "There is no burst of this id that waits for anyone.")


async def _listing(request: Request, caller: Caller, after: str | None, columns: str, row_id: str) -> Response:
    place = place_of(after)
    async with request.app.state.sessions.reading(**caller.scope) as session:
        rows = await session.all(
            f"{columns} WHERE (CAST(:after AS uuid) IS NULL OR {row_id} < CAST(:after AS uuid))"
            f" ORDER BY {row_id} DESC LIMIT :most",
            after=id_of(str(place[0])) if place else None,
            most=MOST,
        )
    items = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return answer(page(items, cursor(rows[-1].id) if len(rows) == MOST else None))
