"""How a recipient may answer: once as it must, and in all the ways that go wrong out there."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from services.console.stub.wire import Got, Manner, response

_LOGIN_PAGE = b"<!doctype html><title>Sign in</title><form method=post><input name=user><input name=pass></form>"
_DRIP_EVERY_S = 0.05
_SLOW_S = 5.0


def answering(status: int, body: bytes = b"", *headers: str) -> Manner:
    """Give a receiver that always answers the same."""

    async def manner(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(response(status, body, *headers))

    return manner


async def echo(got: Got, writer: asyncio.StreamWriter) -> None:
    """Answer as a receiver must."""
    writer.write(response(200, json.dumps({"id": got.id}).encode(), "Content-Type: application/json"))


async def slow(got: Got, writer: asyncio.StreamWriter) -> None:
    """Answer as a receiver must, after five seconds."""
    await asyncio.sleep(_SLOW_S)
    await echo(got, writer)


async def silence(got: Got, _: asyncio.StreamWriter) -> None:
    """Never answer; the connection stays open until the sender hangs up."""
    await got.reader.read()


async def drip(_: Got, writer: asyncio.StreamWriter) -> None:
    """Answer a byte at a time, for ever."""
    writer.write(b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"1\r\n \r\n")
        await writer.drain()
        await asyncio.sleep(_DRIP_EVERY_S)


async def reset(_: Got, writer: asyncio.StreamWriter) -> None:
    """Break off after having read everything."""
    writer.transport.abort()


async def nonsense(_: Got, writer: asyncio.StreamWriter) -> None:
    """Answer something that is not HTTP."""
    writer.write(b"220 mail.example ESMTP\r\n")
    writer.close()


async def giant(got: Got, writer: asyncio.StreamWriter) -> None:
    """Answer with the id, and a megabyte around it."""
    writer.write(response(200, json.dumps({"id": got.id, "more": "x" * 2**20}).encode()))


#: By the name under which a manner is asked for.
MANNERS: Mapping[str, Manner] = MappingProxyType(
    {
        "echo": echo,
        "slow": slow,
        "silence": silence,
        "drip": drip,
        "reset": reset,
        "nonsense": nonsense,
        "giant": giant,
        #: It has written the notice down, and fails afterwards.
        "fails-after-acting": answering(500, b'{"error": "after the fact"}'),
        "login-page": answering(200, _LOGIN_PAGE, "Content-Type: text/html"),
        "moved": answering(302, b"", "Location: https://elsewhere.example/"),
        "gone": answering(410),
        "busy": answering(429, b"", "Retry-After: 30"),
    }
)


@dataclass(slots=True)
class Held:
    """A receiver that answers, as it must, once it is let go."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, got: Got, writer: asyncio.StreamWriter) -> None:
        """Wait, then answer."""
        self.asked.set()
        await self.let_go.wait()
        await echo(got, writer)


@dataclass(slots=True)
class Moody:
    """A receiver that misbehaves so many times, and then answers as it must; without a number, until told."""

    name: str = "echo"
    times: int | None = None

    def become(self, name: str, times: int | None) -> None:
        """Take on another manner; KeyError for one that nobody knows."""
        if name not in MANNERS:
            raise KeyError(name)
        self.name, self.times = name, times

    async def __call__(self, got: Got, writer: asyncio.StreamWriter) -> None:
        """Answer in the present manner."""
        manner = MANNERS[self.name]
        if self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.name, self.times = "echo", None
        await manner(got, writer)
