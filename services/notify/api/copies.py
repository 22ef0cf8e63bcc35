"""The person's copy through the jail: print it in the person's language, and say when it was handed over."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.notify.api.feeds import answer, id_of
from services.notify.api.jails import own
from services.notify.copies.html import as_html
from services.notify.copies.pdf import as_pdf
from services.notify.copies.sheet import sheet_of
from services.notify.copies.words import LANGUAGES
from services.notify.dossier import Kind, jail
from services.notify.rows import read_body
from shared.db.session import ReadSession, Sessions
from shared.http.access import Caller, Role, allowing
from shared.http.body import read_model, takes
from shared.http.problems import Problem, not_found
from shared.runtime.ids import UuidV7

router = APIRouter(prefix="/v1/jails/{ori}", tags=["jails"])

Looking = Annotated[Caller, Depends(allowing(Role.JAIL, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
#: An operator writes down what a jail has told another way; the record says whose key did.
Serving = Annotated[Caller, Depends(allowing(Role.JAIL, Role.OPERATOR))]
Language = Annotated[Literal["en", "es"], Query(description="English or Spanish")]
Form = Annotated[Literal["html", "pdf"], Query(description="to read, or to print")]

_IDS = UuidV7()
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_COPIES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The copy, the same for ever", "content": {"text/html": {}, "application/pdf": {}}}
}


class Service(BaseModel):
    """How a copy reached the person."""

    model_config = ConfigDict(extra="forbid", strict=True)

    served_at: str = Field(max_length=40, description="RFC 3339 with offset")
    served_by: str = Field(min_length=1, max_length=200)
    language: Literal["en", "es"]
    manner: Literal["in_person", "read_aloud", "by_counsel", "refused"]


class Served(BaseModel):
    """The record that a copy was handed over."""

    notice_id: UUID
    served_at: AwareDatetime
    served_by: str
    language: str
    manner: str
    recorded_at: AwareDatetime


class ServedList(BaseModel):
    """Every time that a copy was handed over, oldest first."""

    items: list[Served]
    next: None


@router.get("/notices/{notice_id}/copy", response_class=Response, responses=_COPIES)
async def copy(
    request: Request,
    caller: Looking,
    ori: str,
    notice_id: str,
    language: Language = "en",
    format: Form = "html",  # noqa: A002 - the word that everyone uses in a query
) -> Response:
    """Give the person's copy to be printed; it says what its notice said when it was sent."""
    async with request.app.state.sessions.reading(**caller.scope) as session:
        told = await _told(session, own(caller, ori), id_of(notice_id))
    sheet = sheet_of(told, LANGUAGES[language])
    if format == "pdf":
        return Response(as_pdf(sheet), media_type="application/pdf", headers=_HEADERS)
    return Response(as_html(sheet), media_type="text/html; charset=utf-8", headers=_HEADERS)


@router.post("/notices/{notice_id}/served", status_code=201, openapi_extra=takes(Service), response_model=Served)
async def served(request: Request, caller: Serving, ori: str, notice_id: str) -> Response:
    """Record that a copy was handed to the person; each time is a record of its own, and the same one twice is one."""
    body = await read_model(request, Service)
    sessions: Sessions = request.app.state.sessions
    wanted, where = id_of(notice_id), own(caller, ori)
    async with sessions.transaction(**caller.scope) as session:
        await _told(session, where, wanted)
        now = sessions.clock.now()
        values = {
            "notice_id": wanted,
            "served_at": _instant(body.served_at, now),
            "served_by": body.served_by,
            "language": body.language,
            "manner": body.manner,
        }
        await session.run(
            "INSERT INTO notify.copies_served (id, notice_id, facility_ori, served_at, served_by, language, manner,"
            " recorded_at, recorded_by) VALUES (:id, :notice_id, :ori, :served_at, :served_by, :language, :manner,"
            " :now, :by) ON CONFLICT (notice_id, served_at, manner) DO NOTHING",
            id=_IDS.new(),
            ori=where,
            now=now,
            by=caller.key_id,
            **values,
        )
        await session.run(
            "UPDATE notify.copies_owed SET settled_at = :now, settled_by = 'served'"
            " WHERE notice_id = :id AND settled_at IS NULL",
            now=now,
            id=wanted,
        )
    return answer(values | {"recorded_at": now}, 201)


@router.get("/notices/{notice_id}/served", response_model=ServedList)
async def list_served(request: Request, caller: Looking, ori: str, notice_id: str) -> Response:
    """List when and how a copy reached the person; an empty list means that nobody has said so."""
    async with request.app.state.sessions.reading(**caller.scope) as session:
        await _told(session, own(caller, ori), id_of(notice_id))
        rows = await session.all(
            "SELECT notice_id, served_at, served_by, language, manner, recorded_at FROM notify.copies_served"
            " WHERE notice_id = :id ORDER BY served_at, id",
            id=id_of(notice_id),
        )
    return answer({"items": [dict(row._mapping) for row in rows], "next": None})  # noqa: SLF001


async def _told(session: ReadSession, ori: str, notice_id: UUID) -> dict[str, Any]:
    """Give a person's copy as it was sent to a jail; 404 for any other notice."""
    row = await session.one(
        "SELECT d.told FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id"
        " WHERE d.notice_id = :id AND d.recipient = :recipient AND d.position IS NOT NULL AND n.kind = :kind",
        id=notice_id,
        recipient=jail(ori),
        kind=Kind.PERSON_COPY.value,
    )
    if row is None:
        raise not_found()
    return read_body(row.told)


def _instant(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at > now:
        raise Problem(422, "invalid_request", "served_at is an instant with offset that has come, RFC 3339.")
    return at
