"""A recipient's server, written by hand so that it can do what no server should."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any

#: More than any notice has, and little enough to keep.
_LONGEST_BODY = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader = field(repr=False)

    @property
    def id(self) -> str:
        """Give the message's id; empty where it names none."""
        return self.headers.get("webhook-id", "")

    @property
    def said(self) -> Any:
        """Give what the message says; None where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def is_signed_with(self, secret: str) -> bool:
        """Check the signature as a receiver does: any of those sent may be the one."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        stamp = self.headers.get("webhook-timestamp", "")
        signed = b".".join((self.id.encode(), stamp.encode(), self.body))
        mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{mine}" in self.headers.get("webhook-signature", "").split(" ")


#: How a receiver answers: by writing what it likes.
Manner = Callable[[Got, asyncio.StreamWriter], Awaitable[None]]
#: Takes down what came, before anything is answered.
Keep = Callable[[Got], None]


def response(status: int, body: bytes, *headers: str) -> bytes:
    """Write a whole response."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass(slots=True)
class Receiver:
    """A server on loopback; ``manner`` may be changed at any time, and ``keep`` sees each request first."""

    manner: Manner
    keep: Keep | None = None
    got: list[Got] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"
    _talking: set[asyncio.Task[None]] = field(default_factory=set)
    _has_hung_up: bool = False

    @property
    def url(self) -> str:
        """Give where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        """Give the ids of what it got, tests left out, in order."""
        return [got.id for got in self.got if not isinstance(got.said, dict) or got.said["type"] != "endpoint.test"]

    def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk on a new connection, beside the others; one that is taken after hanging up is ended at once."""
        if self._has_hung_up:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._talk(reader, writer))
        self._talking.add(task)
        task.add_done_callback(self._talking.discard)
        # A task that is cancelled before its first step runs none of its own endings.
        task.add_done_callback(lambda _: writer.transport.abort())

    async def hang_up(self) -> None:
        """End every connection, also one that nobody has begun to talk on."""
        self._has_hung_up = True
        talking = list(self._talking)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests off a connection until the sender hangs up."""
        try:
            while True:
                got = await _request(reader)
                self.got.append(got)
                if self.keep is not None:
                    self.keep(got)
                await self.manner(got, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()  # whoever does not read must not keep us here
            raise
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Got:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _LONGEST_BODY:
        raise ValueError("no message of ours is so long")
    return Got(method, path, headers, await reader.readexactly(length), reader)


@asynccontextmanager
async def receiving(
    manner: Manner, *, keep: Keep | None = None, port: int = 0, tls: SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Let a receiver listen on loopback; port 0 takes a free one."""
    made = Receiver(manner, keep, scheme="https" if tls else "http")
    server = await asyncio.start_server(made.hear, "127.0.0.1", port, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.hang_up()
