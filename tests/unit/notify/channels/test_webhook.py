"""What a line dials: one address, looked up once, judged before anything is sent, and the name in the handshake."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from unittest import mock

import pytest

from services.notify.channels.address import Rules
from services.notify.channels.answer import Result
from services.notify.channels.webhook import Line
from services.notify.settings import Settings

TLS = ssl.create_default_context()
#: Long for a slow machine; no test here waits for it.
DEADLINE_S = 60.0


@dataclass(slots=True)
class Names:
    """A name server whose answers may change from one question to the next."""

    answers: list[list[str]]
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, _: int) -> list[str]:
        """Give the next answer."""
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@asynccontextmanager
async def listener() -> AsyncIterator[tuple[int, list[bytes]]]:
    """Take connections, keep the first bytes of each, and hang up."""
    heard: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


def a_line(url: str, names: Names, *, own_machine: bool) -> Line:
    """Give a line whose names are looked up by the test."""
    rules = Rules(own_machine=own_machine, ports=frozenset(range(1, 65536)))
    return Line(url, rules, tls=TLS, resolve=names.resolve, deadline_s=DEADLINE_S)


@pytest.mark.parametrize(
    "answer", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["169.254.169.254"], ["::ffff:127.0.0.1"], []]
)
async def test_a_name_that_leads_inside_is_not_dialled(answer: list[str]) -> None:
    """Whatever else it has: nothing is connected, nothing is sent."""
    names = Names([answer])
    async with listener() as (port, heard):
        line = a_line(f"https://jail.example.com:{port}/hook", names, own_machine=False)
        sent = await line.send("id", {}, b"{}")
        await line.aclose()
    assert (sent.result, sent.status, heard) == (Result.FORBIDDEN, None, [])
    assert names.asked == ["jail.example.com"]


async def test_the_judged_address_is_the_one_dialled_with_the_name_in_the_handshake() -> None:
    """The name server's second answer is never asked for, and TLS asks for the name, not for the address."""
    names = Names([["127.0.0.1"], ["10.0.0.1"]])
    async with listener() as (port, heard):
        line = a_line(f"https://jail.example.com:{port}/hook", names, own_machine=True)
        results = [(await line.send("id", {}, b"{}")).result for _ in range(2)]
        await line.aclose()
    assert results == [Result.UNREACHABLE] * 2
    assert names.asked == ["jail.example.com"]
    assert len(heard) == 2
    assert all(first.startswith(b"\x16\x03") and b"jail.example.com" in first for first in heard)


async def test_a_name_that_cannot_be_looked_up_is_unreachable() -> None:
    """An answer like any other, and asked for anew the next time."""
    names = mock.AsyncMock(side_effect=OSError("no such name"))
    line = Line("https://jail.example.com/", Rules(), tls=TLS, resolve=names, deadline_s=DEADLINE_S)
    assert [(await line.send("id", {}, b"{}")).result for _ in range(2)] == [Result.UNREACHABLE] * 2
    await line.aclose()
    assert names.await_count == 2


def test_the_own_machine_is_closed_unless_a_setting_opens_it() -> None:
    """Off by default, whatever else is set."""
    given = {"kafka": "x", "database_url": "x", "api_database_url": "x"}
    assert Settings.model_validate(given).webhook_rules == Rules()
    assert not Rules().own_machine
    assert Settings.model_validate(given | {"webhooks_to_own_machine": True}).webhook_rules.own_machine
