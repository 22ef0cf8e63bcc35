"""A recipient's webhook receiver over real HTTP: it keeps what it got, then answers, and misbehaves on request."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader = field(repr=False)

    @property
    def id(self) -> str:
        """Give the message's id."""
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        """Give what the message says."""
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Check the signature as a receiver does: any of those sent may be the one."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = b".".join((self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body))
        mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{mine}" in self.headers["webhook-signature"].split(" ")


#: How a receiver answers: by writing what it likes.
Manner = Callable[[Got, asyncio.StreamWriter], Awaitable[None]]


def response(status: int, body: bytes, *headers: str) -> bytes:
    """Write a whole response."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answering(status: int, body: bytes = b"", *headers: str) -> Manner:
    """Give a receiver that always answers the same."""

    async def manner(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(response(status, body, *headers))

    return manner


async def echo(got: Got, writer: asyncio.StreamWriter) -> None:
    """Answer as a receiver must."""
    writer.write(response(200, json.dumps({"id": got.id}).encode()))


async def silence(got: Got, _: asyncio.StreamWriter) -> None:
    """Never answer; the connection stays open until the sender hangs up."""
    await got.reader.read()


async def drip(_: Got, writer: asyncio.StreamWriter) -> None:
    """Answer a byte at a time, for ever."""
    writer.write(b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"1\r\n \r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


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
class Receiver:
    """A server on loopback; ``manner`` may be changed at any time."""

    manner: Manner = echo
    got: list[Got] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Give where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        """Give the ids of what it got, tests left out, in order."""
        return [got.id for got in self.got if got.said["type"] != "endpoint.test"]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests off a connection until the sender hangs up."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                body = await reader.readexactly(int(headers["content-length"]))
                self.got.append(Got(head[0].split(" ")[1], headers, body, reader))
                await self.manner(self.got[-1], writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiver(manner: Manner = echo) -> AsyncIterator[Receiver]:
    """Let a receiver listen."""
    made = Receiver(manner)
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
