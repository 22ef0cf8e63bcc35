"""The jails' API: orders and warnings to one facility, and the receipts for them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from services.notify.api import feeds, receipts, shapes, stream
from services.notify.api.feeds import After, KindOnly, Limit, Reader, TextOnly, Wait, only
from services.notify.dossier import jail
from shared.http.access import Caller, Role, allowing
from shared.http.body import takes
from shared.http.problems import not_found

router = APIRouter(prefix="/v1/jails/{ori}", tags=["jails"])


def own(caller: Caller, ori: str) -> str:
    """Give the ORI if the caller may speak of it; another jail's answers like one that does not exist."""
    if "\x00" in ori or (caller.role is Role.JAIL and ori not in caller.oris):
        raise not_found()
    return ori


async def _reader(
    ori: str,
    caller: Annotated[Caller, Depends(allowing(Role.JAIL, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))],
) -> Reader:
    return Reader(caller, jail(own(caller, ori)), is_recipient=caller.role is Role.JAIL)


async def _recipient(ori: str, caller: Annotated[Caller, Depends(allowing(Role.JAIL))]) -> Reader:
    return Reader(caller, jail(own(caller, ori)), is_recipient=True)


Reading = Annotated[Reader, Depends(_reader)]
Receiving = Annotated[Reader, Depends(_recipient)]


@router.get("/notices", response_model=shapes.Feed)
async def notices(
    request: Request,
    reader: Reading,
    after: After = None,
    wait: Wait = 0,
    limit: Limit = 100,
    kind: KindOnly = None,
    detainer_id: TextOnly = None,
    booking_number: TextOnly = None,
) -> Response:
    """List notices after a cursor, and wait for the next one if there is none yet."""
    return await feeds.listing(request, reader, after, wait, limit, only(kind, detainer_id, booking_number))


@router.get("/notices/stream", response_class=StreamingResponse, responses=stream.EVENTS)
async def notices_stream(
    request: Request,
    reader: Reading,
    last_event_id: Annotated[str | None, stream.LastEventId] = None,
    after: Annotated[str | None, stream.After] = None,
) -> Response:
    """Stream notices as server-sent events, beginning after the last one seen."""
    return stream.streaming(request, reader, last_event_id, after)


@router.get("/notices/{notice_id}", response_model=shapes.Notice)
async def notice(request: Request, reader: Reading, notice_id: str) -> Response:
    """Give one notice."""
    return await feeds.single(request, reader, notice_id)


@router.post("/notices/{notice_id}/receipt", openapi_extra=takes(receipts.Receipt), response_model=shapes.Signed)
async def receipt(request: Request, reader: Receiving, notice_id: str) -> Response:
    """Acknowledge one notice."""
    return await receipts.receive(request, reader, notice_id)


@router.post("/receipts", openapi_extra=takes(receipts.Receipts), response_model=shapes.ManySigned)
async def many_receipts(request: Request, reader: Receiving) -> Response:
    """Acknowledge many notices at once."""
    return await receipts.receive_many(request, reader)
