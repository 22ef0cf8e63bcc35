"""The stub's receiver, under the names that the tests of webhooks know."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext

from services.console.stub.manners import Held, answering, drip, echo, giant, nonsense, reset, silence
from services.console.stub.wire import Got, Manner, Receiver, receiving, response

__all__ = [
    "Got",
    "Held",
    "Manner",
    "Receiver",
    "answering",
    "drip",
    "echo",
    "giant",
    "nonsense",
    "receiver",
    "reset",
    "response",
    "silence",
]


@asynccontextmanager
async def receiver(manner: Manner = echo, *, tls: SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Let a receiver listen."""
    async with receiving(manner, tls=tls) as made:
        yield made
