"""Ladders, self-service: who has mail when a notice lies unread, and after how many minutes."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.notify.api import shapes
from services.notify.api.endpoint_forms import Owner, owner_of
from services.notify.api.endpoints import Looking, Owning
from services.notify.api.feeds import answer
from services.notify.mail import To
from services.notify.mailer import Mailer
from shared.db.session import ReadSession, WriteSession
from shared.http.access import Caller
from shared.http.body import read_model, takes
from shared.http.paging import page
from shared.http.problems import Problem
from shared.runtime.clock import Clock

router = APIRouter(prefix="/v1/ladders", tags=["ladders"])

_MOST_RUNGS = 5
_A_WEEK_MIN = 7 * 24 * 60
#: One line of plain text each: neither can carry a header of its own.
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Address = Annotated[
    str,
    StringConstraints(
        max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]+\.)+[A-Za-z]{2,63}$"
    ),
]


class NewRung(BaseModel):
    """A person, where to write, and how long a notice may lie unread before they have mail."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name
    address: Address
    after_minutes: float = Field(ge=0, le=_A_WEEK_MIN)


class NewLadder(BaseModel):
    """A whole ladder, which takes the place of the one before; a jail key of several facilities says for which."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rungs: list[NewRung] = Field(max_length=_MOST_RUNGS)
    facility_ori: str | None = Field(default=None, max_length=32)

    @model_validator(mode="after")
    def _climbs(self) -> "NewLadder":
        minutes = [rung.after_minutes for rung in self.rungs]
        if minutes != sorted(minutes):
            raise ValueError("after_minutes must not go down from rung to rung")
        return self


@router.get("", response_model=shapes.Ladders)
async def list_ladders(request: Request, caller: Looking) -> Response:
    """List the rungs that the caller may see."""
    async with request.app.state.sessions.reading(**caller.scope) as session:
        return answer(page(await _lines(session, "true"), None))


@router.put("", openapi_extra=takes(NewLadder), response_model=shapes.LadderSet)
async def set_ladder(request: Request, caller: Owning) -> Response:
    """Set the caller's ladder; everyone on it has a test mail, and how that went is told."""
    body = await read_model(request, NewLadder)
    owner = owner_of(caller, body.facility_ori)
    mailer: Mailer = request.app.state.mailer
    if body.rungs and not mailer.post.has_relay:
        raise Problem(409, "no_mail", "This installation sends no mail; use webhooks or the feed.")
    sessions = request.app.state.sessions
    async with sessions.transaction(**caller.scope) as session:
        await _replace(session, owner, body, caller, sessions.clock)
        rungs = await _lines(session, "recipient = :recipient", recipient=owner.recipient)
    people = [To(rung.name, rung.address) for rung in body.rungs]
    tested = await mailer.test(owner.recipient, owner.facility_ori, people, caller.key_id)
    told = [
        rung | {"tested": {"result": one.result, "code": one.code}} for rung, one in zip(rungs, tested, strict=True)
    ]
    return answer(page(told, None))


async def _replace(session: WriteSession, owner: Owner, body: NewLadder, caller: Caller, clock: Clock) -> None:
    await session.run("DELETE FROM notify.rungs WHERE recipient = :recipient", recipient=owner.recipient)
    for number, rung in enumerate(body.rungs, start=1):
        await session.run(
            "INSERT INTO notify.rungs (recipient, facility_ori, rung, name, address, after_minutes, set_at, set_by)"
            " VALUES (:recipient, :ori, :rung, :name, :address, :after, :now, :by)",
            recipient=owner.recipient,
            ori=owner.facility_ori,
            rung=number,
            name=rung.name,
            address=rung.address,
            after=rung.after_minutes,
            now=clock.now(),
            by=caller.key_id,
        )


async def _lines(session: ReadSession, which: str, **values: Any) -> list[dict[str, Any]]:
    rows = await session.all(
        "SELECT recipient, facility_ori, rung, name, address, after_minutes, set_at, set_by FROM notify.rungs"
        f" WHERE {which} ORDER BY recipient, rung",
        **values,
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
