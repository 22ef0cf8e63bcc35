"""A recipient's feed as server-sent events: what follows the last event seen, then each notice as it is sent.

An event's id is the feed's cursor, so whoever comes back with ``Last-Event-ID`` skips nothing and reads nothing
twice, and may go on with the plain list as well.
"""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Header, Query, Request
from fastapi.responses import StreamingResponse

from services.notify.api import feeds
from services.notify.api.bell import Bell
from services.notify.api.feeds import Reader
from services.notify.rows import write
from shared.db.engine import is_weather
from shared.http.paging import cursor
from shared.http.problems import Problem
from shared.runtime.clock import machine_seconds
from shared.runtime.health import Progress

#: Events read at a time; the next ones are read once the reader's connection has taken these.
_AT_A_TIME = 100
#: What a reader waits before it comes back, milliseconds.
_BEGIN = b"retry: 1000\n\n"
_STILL_HERE = b": still here\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

#: For the document: what comes over the line.
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Notices as events, for as long as one listens", "content": {"text/event-stream": {}}}
}
LastEventId = Header(alias="Last-Event-ID", max_length=200)
After = Query(max_length=200)


def streaming(request: Request, reader: Reader, last_event_id: str | None, after: str | None) -> StreamingResponse:
    """Answer with the stream; ``Last-Event-ID`` goes before ``after``, since only the reader itself sends it."""
    place = feeds.place_after(last_event_id or after)
    return StreamingResponse(_events(request, reader, place), media_type="text/event-stream", headers=_HEADERS)


async def _events(request: Request, reader: Reader, place: int) -> AsyncIterator[bytes]:
    """Give events until the process leaves, the key is taken back, or the database is away: then come again."""
    state = request.app.state
    bell: Bell = state.bell
    progress: Progress = state.progress
    yield _BEGIN
    beat_at = machine_seconds() + state.heartbeat_s
    while not progress.leaving.is_set():
        ticket = bell.ticket(reader.recipient)
        try:
            rows = await feeds.news(request, reader, place, _AT_A_TIME)
            if machine_seconds() >= beat_at and not await _is_welcome(request):
                return
        except Exception as error:
            if not is_weather(error):
                raise
            return
        for row in rows:
            place = row.position
            yield b"id: %b\nevent: notice\ndata: %b\n\n" % (cursor(place).encode(), write(feeds.item(row)))
        if machine_seconds() >= beat_at:
            beat_at = machine_seconds() + state.heartbeat_s
            yield _STILL_HERE
        if not rows:
            await bell.wait(ticket, min(bell.look_again_s, state.heartbeat_s))


async def _is_welcome(request: Request) -> bool:
    """Tell whether the key still counts: a stream must not outlive it for long."""
    try:
        await request.app.state.keys.caller(request.headers.get("authorization"))
    except Problem:
        return False
    return True
