"""A recipient's feed: what was sent, in order; who fetches with the recipient's own key has been told."""

from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import Row

from services.notify.api.bell import Bell
from services.notify.arrive import arrived
from services.notify.dossier import Kind
from services.notify.rows import read_body, write
from shared.db.session import ReadSession, Sessions
from shared.http.access import Caller
from shared.http.paging import MOST, cursor, page, place_of
from shared.http.problems import Problem, not_found
from shared.runtime.clock import machine_seconds

After = Annotated[str | None, Query(max_length=200)]
Wait = Annotated[float, Query(ge=0, allow_inf_nan=False)]
KindOnly = Annotated[Kind | None, Query(description="only notices of this kind")]
TextOnly = Annotated[str | None, Query(max_length=128, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Query(ge=1, le=MOST)]

_BIGGEST_PLACE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads whose feed; only the recipient's own key counts as the recipient."""

    caller: Caller
    recipient: str
    is_recipient: bool


def answer(value: Any, status: int = 200) -> Response:
    """Give JSON as it is."""
    return Response(write(value), status, media_type="application/json")


def id_of(text: str) -> UUID:
    """Read an id of a path; what is no id is not there."""
    try:
        return UUID(text)
    except ValueError as error:
        raise not_found() from error


@dataclass(frozen=True, slots=True)
class Only:
    """Which notices of a feed are asked for: a further condition on ``d``, with its values."""

    which: str = ""
    values: dict[str, str] = field(default_factory=dict)


ALL = Only()


def only(kind: Kind | None, detainer_id: str | None, booking_number: str | None) -> Only:
    """Ask for notices of a kind, on a detainer or on a booking; all of them where nothing is said."""
    wanted = {"kind": kind, "detainer_id": detainer_id, "booking_number": booking_number}
    values = {name: str(value) for name, value in wanted.items() if value is not None}
    if not values:
        return ALL
    same = "".join(f" AND n.{name} = CAST(:only_{name} AS text)" for name in values)
    which = f" AND EXISTS (SELECT FROM notify.notices n WHERE n.id = d.notice_id{same})"
    return Only(which, {f"only_{name}": value for name, value in values.items()})


async def listing(
    request: Request, reader: Reader, after: str | None, wait: float, limit: int, wanted: Only = ALL
) -> Response:
    """Give what follows a cursor; if there is nothing yet, wait for it. ``next`` can always be gone on from."""
    place = place_after(after)
    bell: Bell = request.app.state.bell
    ends_at = machine_seconds() + min(wait, request.app.state.longest_wait_s)
    while True:
        ticket = bell.ticket(reader.recipient)
        rows = await news(request, reader, place, limit, wanted)
        left = ends_at - machine_seconds()
        if rows or left <= 0:
            return answer(page([item(row) for row in rows], cursor(rows[-1].position if rows else place)))
        await bell.wait(ticket, min(left, bell.look_again_s))


async def single(request: Request, reader: Reader, notice_id: str) -> Response:
    """Give one notice of the feed."""
    rows = await _fetch(request, reader, "d.position IS NOT NULL AND d.notice_id = :id", id=id_of(notice_id))
    if not rows:
        raise not_found()
    return answer(item(rows[0]))


def place_after(after: str | None) -> int:
    """Read a cursor of a feed; 0 is before the first notice."""
    place = place_of(after)
    if place is None:
        return 0
    match place:
        case [int(number)] if 0 <= number <= _BIGGEST_PLACE:
            return number
    raise Problem(400, "invalid_cursor", "This cursor is none of ours; begin without one.")


async def news(request: Request, reader: Reader, place: int, limit: int, wanted: Only = ALL) -> list[Row[Any]]:
    """Give what follows a place in the feed; what the recipient itself fetches has been delivered."""
    which = f"d.position > :after{wanted.which} ORDER BY d.position LIMIT :limit"
    return await _fetch(request, reader, which, after=place, limit=limit, **wanted.values)


def item(row: Row[Any]) -> dict[str, Any]:
    """Give a notice as it was sent, with where it stands."""
    # Whoever reads it has been told, whatever the row said a moment ago.
    return read_body(row.told) | {"state": row.state}


async def _fetch(request: Request, reader: Reader, which: str, **values: Any) -> list[Row[Any]]:
    sessions: Sessions = request.app.state.sessions
    if not reader.is_recipient:
        async with sessions.reading(**reader.caller.scope) as session:
            return await _select(session, reader, which, values)
    async with sessions.transaction(**reader.caller.scope) as session:
        rows = await _select(session, reader, which, values)
        fresh = [row.notice_id for row in rows if row.state == "sent"]
        if not fresh:
            return rows
        await arrived(session, request.app.state.outbox, fresh, sessions.clock.now())
        return await _select(
            session,
            reader,
            "d.notice_id = ANY (CAST(:ids AS uuid[])) ORDER BY d.position",
            {"ids": [row.notice_id for row in rows]},
        )


async def _select(session: ReadSession, reader: Reader, which: str, values: dict[str, Any]) -> list[Row[Any]]:
    return await session.all(
        "SELECT d.notice_id, d.position, d.state, d.told FROM notify.deliveries d"
        f" WHERE d.recipient = :recipient AND {which}",
        recipient=reader.recipient,
        **values,
    )
