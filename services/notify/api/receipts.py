"""Receipts: the recipient says that it has a notice; saying so twice is saying it once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notify.api.feeds import Reader, answer, id_of
from services.notify.record import of_notice, write_down
from services.notify.rows import NOTICE, notice_from
from shared.db.session import Sessions, WriteSession
from shared.http.body import read_model
from shared.http.problems import not_found
from shared.outbox.outbox import Outbox

#: Receipts in one request: as many ids as fit into a body of the smallest size there is.
_MOST = 1000


class Receipt(BaseModel):
    """Who has received a notice."""

    model_config = ConfigDict(extra="forbid", strict=True)

    signed_by: str = Field(min_length=1, max_length=200)
    note: str | None = Field(default=None, max_length=500)


class Receipts(Receipt):
    """The same for many notices at once."""

    ids: list[str] = Field(min_length=1, max_length=_MOST)


async def receive(request: Request, reader: Reader, notice_id: str) -> Response:
    """Take the receipt of one notice."""
    wanted = id_of(notice_id)
    signed = await _sign(request, reader, [wanted], await read_model(request, Receipt))
    if wanted not in signed:
        raise not_found()
    return answer(_line(wanted, signed[wanted]))


async def receive_many(request: Request, reader: Reader) -> Response:
    """Take receipts of many notices; ids that are not in the reader's feed come back as unknown."""
    body = await read_model(request, Receipts)
    named = {text: _maybe_id(text) for text in body.ids}
    signed = await _sign(request, reader, [each for each in named.values() if each], body)
    return answer(
        {
            "items": [_line(each, signed[each]) for each in dict.fromkeys(named.values()) if each in signed],
            "unknown": [text for text, each in named.items() if each not in signed],
        }
    )


def _maybe_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _line(notice_id: UUID | None, acknowledged_at: datetime) -> dict[str, Any]:
    return {"id": notice_id, "state": "acknowledged", "acknowledged_at": acknowledged_at}


async def _sign(request: Request, reader: Reader, ids: Sequence[UUID], body: Receipt) -> dict[UUID, datetime]:
    """Acknowledge notices of this recipient's feed; give for each when it was acknowledged first."""
    sessions: Sessions = request.app.state.sessions
    outbox: Outbox = request.app.state.outbox
    async with sessions.transaction(**reader.caller.scope) as session:
        now = sessions.clock.now()
        rows = await session.all(
            f"SELECT {NOTICE}, d.acknowledged_at, d.delivered_at"
            " FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id"
            " WHERE d.notice_id = ANY (CAST(:ids AS uuid[])) AND d.recipient = :recipient AND d.position IS NOT NULL"
            " ORDER BY d.notice_id FOR UPDATE OF d",
            ids=list(ids),
            recipient=reader.recipient,
        )
        new = [row for row in rows if row.acknowledged_at is None]
        if new:
            await _write(session, [row.id for row in new], body, now)
            undelivered = [notice_from(row) for row in new if row.delivered_at is None]
            happened = [of_notice("notice.delivered", notice, now) for notice in undelivered]
            happened += [of_notice("notice.acknowledged", notice_from(row), now) for row in new]
            await write_down(session, outbox, happened)
    return {row.id: row.acknowledged_at or now for row in rows}


async def _write(session: WriteSession, ids: Sequence[UUID], body: Receipt, now: datetime) -> None:
    await session.run(
        "INSERT INTO notify.receipts (notice_id, facility_ori, recipient, received_at, signed_by, note)"
        " SELECT d.notice_id, d.facility_ori, d.recipient, CAST(:now AS timestamptz), :signed_by, :note"
        " FROM notify.deliveries d WHERE d.notice_id = ANY (CAST(:ids AS uuid[]))",
        ids=list(ids),
        now=now,
        signed_by=body.signed_by,
        note=body.note,
    )
    await session.run(
        "UPDATE notify.deliveries SET state = 'acknowledged', acknowledged_at = :now,"
        " delivered_at = coalesce(delivered_at, :now) WHERE notice_id = ANY (CAST(:ids AS uuid[]))",
        ids=list(ids),
        now=now,
    )
