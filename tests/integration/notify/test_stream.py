"""The feeds as server-sent events, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from shared.runtime.serve import listen
from tests.integration.notify.conftest import Office
from tests.support.decisions import ORI, OTHER_ORI, a_decision
from tests.support.ports import free_port

JAIL, ICE = f"/v1/jails/{ORI}/notices/stream", "/v1/ice/responses/stream"
_PATIENCE_S = 60


@asynccontextmanager
async def listening(office: Office) -> AsyncIterator[str]:
    """Let the application listen, and leave at the end."""
    port, progress = free_port(), office.app.state.progress
    async with asyncio.TaskGroup() as group:
        group.create_task(listen(office.app, host="127.0.0.1", port=port, progress=progress))
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url) as client, asyncio.timeout(_PATIENCE_S):
            while True:
                try:
                    await client.get("/healthz")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.01)
        try:
            yield url
        finally:
            progress.leave()


@asynccontextmanager
async def reading(
    office: Office, url: str, path: str, who: str = "jail", **headers: str
) -> AsyncIterator[AsyncIterator[str]]:
    """Read a stream's lines."""
    headers = {"authorization": f"Bearer {office.keys[who]}", **headers}
    async with (
        asyncio.timeout(_PATIENCE_S),
        httpx.AsyncClient(base_url=url, timeout=_PATIENCE_S) as client,
        client.stream("GET", path, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.aiter_lines()


async def event(lines: AsyncIterator[str]) -> tuple[str, str]:
    """Give the cursor and the notice id of the next event."""
    place = ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            place = value
        if name == "data":
            return place, json.loads(value)["id"]
    raise EOFError


async def two(office: Office) -> list[str]:
    """Let two notices lie in each feed, and give ICE's ids in order, without delivering them."""
    await office.hear(a_decision(), replace(a_decision(), detainer_id="D-2"))
    await office.settle()
    rows = await office.database.all(
        "SELECT notice_id FROM notify.deliveries WHERE recipient = 'ice' ORDER BY position"
    )
    return [str(row[0]) for row in rows]


async def test_what_is_there_comes_first_and_then_what_is_sent(office: Office) -> None:
    """Events in the feed's order; the next one comes as soon as it is sent, and each has been delivered."""
    first, second = await two(office)
    async with listening(office) as url, reading(office, url, ICE, "ice") as lines:
        assert [(await event(lines))[1] for _ in range(2)] == [first, second]
        await office.hear(replace(a_decision(), detainer_id="D-3"))
        await office.settle()
        assert (await event(lines))[1] not in {first, second}
    states = await office.database.all("SELECT DISTINCT state FROM notify.deliveries WHERE recipient = 'ice'")
    assert states == [("delivered",)]


@pytest.mark.parametrize("how", ["header", "query", "list"])
async def test_a_reader_that_comes_back_skips_nothing(office: Office, how: str) -> None:
    """The last event's id is a cursor: for the stream, as ``after``, and for the plain list."""
    first, second = await two(office)
    async with listening(office) as url:
        async with reading(office, url, ICE, "ice") as lines:
            place, seen = await event(lines)
        assert seen == first
        if how == "list":
            items = (await office.get("ice", f"/v1/ice/responses?after={place}")).json()["items"]
            assert [item["id"] for item in items] == [second]
        elif how == "header":
            async with reading(office, url, ICE, "ice", **{"Last-Event-ID": place}) as lines:
                assert (await event(lines))[1] == second
        else:
            async with reading(office, url, f"{ICE}?after={place}", "ice") as lines:
                assert (await event(lines))[1] == second


async def test_a_quiet_stream_says_that_it_is_there(office: Office) -> None:
    """Comments keep proxies from cutting, and carry no event."""
    async with listening(office) as url, reading(office, url, JAIL) as lines:
        beats = 0
        async for line in lines:
            assert not line.startswith("data")
            beats += line.startswith(":")
            if beats == 2:
                return


async def test_a_stream_ends_when_the_process_leaves(office: Office) -> None:
    """The reader sees an orderly end, and the server waits for nobody."""
    async with listening(office) as url, reading(office, url, JAIL) as lines:
        assert await anext(lines) == "retry: 1000"
        office.app.state.progress.leave()
        async for line in lines:
            assert not line.startswith("data")


async def test_a_stream_ends_with_its_key(office: Office) -> None:
    """A key that is taken back reads no further than the next heartbeats."""
    async with listening(office) as url, reading(office, url, JAIL) as lines:
        assert await anext(lines) == "retry: 1000"
        await office.database.run("UPDATE access.keys SET revoked_at = now()")
        async for line in lines:
            assert not line.startswith("data")


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        (f"/v1/jails/{OTHER_ORI}/notices/stream", "jail", 404),
        (JAIL, "ice", 403),
        (ICE, "jail", 403),
        (f"{ICE}?after=nonsense", "ice", 400),
    ],
)
async def test_a_stream_asks_as_the_list_does(office: Office, path: str, who: str, status: int) -> None:
    """Another's feed is not there, another role is refused, a strange cursor is none of ours."""
    answer = await office.get(who, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
