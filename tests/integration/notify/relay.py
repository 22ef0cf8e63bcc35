"""A mail relay beside the tests: it keeps what it takes, and refuses or hangs on request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass(slots=True)
class PlayedRelay:
    """What it says to each address, and what it has taken."""

    says: dict[str, str] = field(default_factory=dict)
    took: list[Message] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Give its address, as the settings want it."""
        return f"smtp+plain://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Message]:
        """Give what went to somebody, tests left out."""
        return [mail for mail in self.took if mail["To"] == address and "] test" not in mail["Subject"]]

    async def handle_RCPT(  # noqa: N802 - the server's own spelling
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take an address, or say what was set for it."""
        answer = self.says.get(address, "250 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the same
        """Keep a mail, then say so."""
        self.took.append(message_from_bytes(envelope.content))
        return "250 kept"


@asynccontextmanager
async def played_relay() -> AsyncIterator[PlayedRelay]:
    """Let a relay listen."""
    made = PlayedRelay()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(made, loop=loop), "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


@asynccontextmanager
async def hanging_relay() -> AsyncIterator[str]:
    """Give the address of a relay that takes connections and never says a word."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    try:
        yield f"smtp+plain://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
