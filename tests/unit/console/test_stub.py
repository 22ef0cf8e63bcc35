"""The stub recipients over real HTTP: each manner as a sender meets it, the desk, and the log."""

import asyncio
import json
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from services.console.stub.manners import MANNERS, Moody
from services.console.stub.papers import certificate
from services.console.stub.recipient import Log, Recipient
from services.console.stub.wire import Receiver, receiving

HEADERS = {"webhook-id": "notice-1"}


async def _send(server: Receiver) -> httpx.Response:
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(server.url, json={"type": "notice.decision"}, headers=HEADERS)


@pytest.mark.parametrize(
    ("manner", "status"),
    [("echo", 200), ("fails-after-acting", 500), ("login-page", 200), ("moved", 302), ("gone", 410), ("busy", 429)],
)
async def test_a_manner_answers_what_it_says(manner: str, status: int) -> None:
    """Whatever is answered, the notice was written down first; only the echo names it."""
    recipient = Recipient(Moody(manner), Log())
    async with receiving(recipient.answer, keep=recipient.keep) as server:
        answer = await _send(server)
    assert answer.status_code == status
    assert [line["id"] for line in recipient.log.lines] == ["notice-1"]
    assert (b"notice-1" in answer.content) == (manner == "echo")


@pytest.mark.parametrize("manner", ["reset", "nonsense"])
async def test_a_manner_breaks_the_line(manner: str) -> None:
    """The sender gets no answer, and the log has the notice all the same."""
    recipient = Recipient(Moody(manner), Log())
    async with receiving(recipient.answer, keep=recipient.keep) as server:
        with pytest.raises(httpx.TransportError):
            await _send(server)
    assert len(recipient.log.lines) == 1


@pytest.mark.parametrize("manner", ["silence", "drip"])
async def test_a_manner_never_ends(manner: str) -> None:
    """The sender's own deadline ends it."""
    async with receiving(Moody(manner)) as server:
        with pytest.raises((TimeoutError, httpx.TimeoutException)):
            async with asyncio.timeout(0.3):
                await _send(server)


async def test_it_misbehaves_so_many_times() -> None:
    """Twice as asked, then as it must."""
    async with receiving(Moody("fails-after-acting", 2)) as server:
        assert [(await _send(server)).status_code for _ in range(3)] == [500, 500, 200]


async def test_it_hangs_up_on_whoever_it_has_not_talked_with_yet() -> None:
    """A connection of this very moment is closed like all others, and so is one that comes after."""
    receiver = Receiver(Moody())
    for _ in range(2):
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        with theirs:
            receiver.hear(*await asyncio.open_connection(sock=ours))
            await receiver.hang_up()
            async with asyncio.timeout(20):
                assert await asyncio.get_running_loop().sock_recv(theirs, 1) == b""


async def test_the_desk_changes_the_manner_and_shows_the_log(tmp_path: Path) -> None:
    """PUT /stub/manner steers it while it runs, GET /stub/log shows what came; neither stands in the log."""
    path = tmp_path / "log.jsonl"
    with path.open("ab") as file:
        recipient = Recipient(Moody(), Log(file))
        async with receiving(recipient.answer, keep=recipient.keep) as server:
            desk = server.url.removesuffix("/hook") + "/stub"
            async with httpx.AsyncClient() as client:
                put = await client.put(f"{desk}/manner", json={"manner": "gone", "times": 1})
                assert put.json() == {"manner": "gone", "times": 1}
                assert (await client.put(f"{desk}/manner", json={"manner": "polite"})).status_code == 422
                assert set((await client.get(f"{desk}/manner")).json()["known"]) == set(MANNERS)
                assert (await _send(server)).status_code == 410
                items = (await client.get(f"{desk}/log")).json()["items"]
    assert [(item["way"], item["id"], item["manner"]) for item in items] == [("webhook", "notice-1", "gone")]
    assert [json.loads(line) for line in path.read_text().splitlines()] == items


async def test_a_good_certificate_is_taken() -> None:
    """A client that trusts it talks to the stub over TLS."""
    tls, shown = certificate(expired=False)
    trust = ssl.create_default_context(cadata=shown.decode())
    async with receiving(Moody(), tls=tls) as server, httpx.AsyncClient(verify=trust) as client:
        assert (await client.post(server.url, json={}, headers=HEADERS)).status_code == 200


async def test_an_expired_certificate_is_refused() -> None:
    """The same client hangs up on one that ran out yesterday."""
    tls, shown = certificate(expired=True)
    trust = ssl.create_default_context(cadata=shown.decode())
    async with receiving(Moody(), tls=tls) as server, httpx.AsyncClient(verify=trust) as client:
        with pytest.raises(httpx.ConnectError, match="expired"):
            await client.post(server.url, json={}, headers=HEADERS)
