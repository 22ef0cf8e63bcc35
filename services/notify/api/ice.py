"""ICE's API: the answers to its detainers, in order, and the receipts for them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from services.notify.api import feeds, receipts, shapes, stream
from services.notify.api.feeds import After, KindOnly, Limit, Reader, TextOnly, Wait, only
from services.notify.dossier import ICE
from shared.http.access import Caller, Role, allowing
from shared.http.body import takes

router = APIRouter(prefix="/v1/ice", tags=["ice"])


async def _reader(
    caller: Annotated[Caller, Depends(allowing(Role.ICE, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))],
) -> Reader:
    return Reader(caller, ICE, is_recipient=caller.role is Role.ICE)


async def _recipient(caller: Annotated[Caller, Depends(allowing(Role.ICE))]) -> Reader:
    return Reader(caller, ICE, is_recipient=True)


Reading = Annotated[Reader, Depends(_reader)]
Receiving = Annotated[Reader, Depends(_recipient)]


@router.get("/responses", response_model=shapes.Feed)
async def responses(
    request: Request,
    reader: Reading,
    after: After = None,
    wait: Wait = 0,
    limit: Limit = 100,
    kind: KindOnly = None,
    detainer_id: TextOnly = None,
    booking_number: TextOnly = None,
) -> Response:
    """List answers after a cursor, and wait for the next one if there is none yet."""
    return await feeds.listing(request, reader, after, wait, limit, only(kind, detainer_id, booking_number))


@router.get("/responses/stream", response_class=StreamingResponse, responses=stream.EVENTS)
async def responses_stream(
    request: Request,
    reader: Reading,
    last_event_id: Annotated[str | None, stream.LastEventId] = None,
    after: Annotated[str | None, stream.After] = None,
) -> Response:
    """Stream answers as server-sent events, beginning after the last one seen."""
    return stream.streaming(request, reader, last_event_id, after)


@router.get("/responses/{notice_id}", response_model=shapes.Notice)
async def response(request: Request, reader: Reading, notice_id: str) -> Response:
    """Give one answer."""
    return await feeds.single(request, reader, notice_id)


@router.post("/responses/{notice_id}/receipt", openapi_extra=takes(receipts.Receipt), response_model=shapes.Signed)
async def receipt(request: Request, reader: Receiving, notice_id: str) -> Response:
    """Acknowledge one answer."""
    return await receipts.receive(request, reader, notice_id)


@router.post("/receipts", openapi_extra=takes(receipts.Receipts), response_model=shapes.ManySigned)
async def many_receipts(request: Request, reader: Receiving) -> Response:
    """Acknowledge many answers at once."""
    return await receipts.receive_many(request, reader)
