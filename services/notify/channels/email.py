"""Hand mail to a relay of the operator's: over TLS, within one deadline. Handed over is not delivered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from enum import StrEnum
from ssl import SSLContext
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib

from shared.domain.errors import CountersignError
from shared.runtime.clock import machine_seconds

#: All of an attempt, from looking the relay up to its last word, machine seconds: greylisting relays take their time.
DEADLINE_S = 30.0
#: Mail handed over at a time: relays count connections.
_ABREAST = 8
_SCHEMES: dict[str, tuple[Literal["tls", "starttls", "plain"], int]] = {
    "smtps": ("tls", 465),
    "smtp": ("starttls", 587),
    "smtp+plain": ("plain", 25),
}
_PERMANENT = range(500, 600)
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class RelayRefused(CountersignError):
    """The address of a mail relay that mail is not handed to; the text says why."""


class Mailed(StrEnum):
    """How an attempt at mail ended."""

    #: The relay has taken it.
    HANDED = "handed"
    #: For good: the address is not, or not wanted.
    REFUSED = "refused"
    #: For now, by the relay's own word.
    PUT_OFF = "put_off"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    #: No relay is set.
    NO_RELAY = "no_relay"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay said, if it said anything."""

    result: Mailed
    code: int | None = None
    took_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where mail is handed over."""

    host: str
    port: int
    security: Literal["tls", "starttls", "plain"]
    user: str | None
    password: str | None


def relay_of(url: str, *, own_machine: bool) -> Relay:
    """Read ``smtps://user:password@host:465`` or ``smtp://…`` (which must then offer STARTTLS); RelayRefused else.

    ``smtp+plain://`` goes to this machine itself, for tests and development alone.
    """
    parts = urlsplit(url)
    found = _SCHEMES.get(parts.scheme)
    if found is None or not parts.hostname:
        raise RelayRefused("a mail relay is smtps://user:password@host:port or smtp://… with STARTTLS")
    security, port = found
    if security == "plain" and not (own_machine and parts.hostname in _LOOPBACK):
        raise RelayRefused("mail leaves this machine over TLS alone: use smtps:// or smtp:// with STARTTLS")
    return Relay(
        host=parts.hostname,
        port=parts.port or port,
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class Post:
    """Hands mail to one relay, some at a time; whatever goes wrong there is an answer too."""

    def __init__(self, relay: Relay | None, tls: Callable[[], SSLContext], *, deadline_s: float = DEADLINE_S) -> None:
        self._relay = relay
        self._tls = tls
        self._deadline_s = deadline_s
        self._counter = asyncio.Semaphore(_ABREAST)

    @property
    def has_relay(self) -> bool:
        """Whether mail can be sent at all."""
        return self._relay is not None

    async def send(self, message: EmailMessage) -> Answer:
        """Hand a message over; the deadline runs from when it is its turn."""
        if self._relay is None:
            return Answer(Mailed.NO_RELAY)
        async with self._counter:
            began = machine_seconds()
            try:
                async with asyncio.timeout(self._deadline_s):
                    answer = await self._send(message, self._relay)
            except (TimeoutError, aiosmtplib.SMTPTimeoutError):
                answer = Answer(Mailed.TIMED_OUT)
            except aiosmtplib.SMTPRecipientsRefused as error:
                answer = _said(error.recipients[0].code)
            except aiosmtplib.SMTPResponseException as error:
                answer = _said(error.code)
            except (aiosmtplib.SMTPException, OSError):
                answer = Answer(Mailed.UNREACHABLE)
        return replace(answer, took_ms=round((machine_seconds() - began) * 1000))

    async def _send(self, message: EmailMessage, relay: Relay) -> Answer:
        await aiosmtplib.send(
            message,
            hostname=relay.host,
            port=relay.port,
            username=relay.user,
            password=relay.password,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=None if relay.security == "plain" else self._tls(),
            timeout=self._deadline_s,
        )
        return Answer(Mailed.HANDED, 250)


def _said(code: int) -> Answer:
    return Answer(Mailed.REFUSED if code in _PERMANENT else Mailed.PUT_OFF, code)
