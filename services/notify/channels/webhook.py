"""Carry a message to a webhook: one dialled address, one deadline, a short answer, no redirects, no cookies."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ssl import SSLContext

import httpx

from services.notify.channels.address import AddressRefused, Rules, Target, pinned, target_of
from services.notify.channels.answer import Answer, Result, read
from shared.runtime.clock import machine_now, machine_seconds

#: Gives the addresses that a name has.
Resolve = Callable[[str, int], Awaitable[list[str]]]

#: All of an attempt, from looking the name up to the answer's last byte, machine seconds (Standard Webhooks: 15-30;
#: a jail's receiver has to write down one notice).
DEADLINE_S = 10.0
#: An answer is an id and a brace or two.
LONGEST_ANSWER = 4096
#: Names are looked up by threads of their own: a slow name server must hold up nothing else.
_LOOKERS = ThreadPoolExecutor(64, thread_name_prefix="names")
_HEADERS = {"user-agent": "countersign/1", "content-type": "application/json", "accept-encoding": "identity"}


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver; OSError when the name has no address."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        _LOOKERS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    )
    return [str(sockaddr[0]) for *_, sockaddr in found]


class Line:
    """A connection to one endpoint, kept while there is something to say; its address is looked up once.

    Each endpoint has connections of its own: what was verified for one name is never used for another, and
    one that hangs holds up nobody else.
    """

    def __init__(
        self,
        url: str,
        rules: Rules,
        *,
        tls: SSLContext,
        resolve: Resolve = resolve,
        abreast: int = 8,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._url = url
        self._rules = rules
        self._resolve = resolve
        self._deadline_s = deadline_s
        self._pinned: tuple[Target, str] | None = None
        self._looking = asyncio.Lock()
        limits = httpx.Limits(max_connections=abreast, max_keepalive_connections=abreast)
        # The transport alone: a client would keep cookies, follow redirects and read proxies from the environment.
        self._transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits)

    async def aclose(self) -> None:
        """Hang up."""
        await self._transport.aclose()

    async def send(self, message_id: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a message and read the answer; whatever goes wrong out there is an answer too."""
        began = machine_seconds()
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._send(message_id, headers, body)
        except AddressRefused:
            answer = Answer(Result.FORBIDDEN)
        except (TimeoutError, httpx.TimeoutException):
            answer = Answer(Result.TIMED_OUT)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError):
            answer = Answer(Result.UNREACHABLE)
        return replace(answer, took_ms=round((machine_seconds() - began) * 1000))

    async def _send(self, message_id: str, headers: Mapping[str, str], body: bytes) -> Answer:
        target, address = await self._pin()
        at = f"[{address}]" if ":" in address else address
        request = httpx.Request(
            "POST",
            f"{target.scheme}://{at}:{target.port}{target.path}",
            headers={"host": target.authority, **_HEADERS, **headers},
            content=body,
            # The certificate is asked for, and verified against, the name; the address is the one that was judged.
            extensions={"sni_hostname": target.host, "timeout": dict.fromkeys(_WAITS, self._deadline_s)},
        )
        response = await self._transport.handle_async_request(request)
        try:
            answered = await _short(response)
        finally:
            await response.aclose()
        return read(response.status_code, answered, response.headers.get("retry-after"), message_id, machine_now())

    async def _pin(self) -> tuple[Target, str]:
        async with self._looking:
            if self._pinned is None:
                target = target_of(self._url, self._rules)
                self._pinned = target, pinned(await self._resolve(target.host, target.port), self._rules)
            return self._pinned


_WAITS = ("connect", "read", "write", "pool")


async def _short(response: httpx.Response) -> bytes:
    """Read the answer as it comes over the wire, and no more of it than an answer can have."""
    answered = bytearray()
    async for chunk in response.aiter_raw():
        answered += chunk
        if len(answered) > LONGEST_ANSWER:
            return b""
    return bytes(answered)
