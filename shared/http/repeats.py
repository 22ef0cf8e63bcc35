"""Asked twice, done once: a request with an ``Idempotency-Key`` has one effect, and its repetition the same answer.

The key is written down in the first transaction of the request, so it stands if and only if something was done:
a request that failed before may be sent again under the same key, and two at once cannot both act. The answer
follows once it is known. Nobody but the asker can read it: an answer may hold a secret that is shown once.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.db.engine import is_weather
from shared.db.session import Sessions, WriteSession, beforehand
from shared.http.body import EVENT_BYTES
from shared.http.problems import Problem
from shared.http.sealing import Answer, seal, unseal
from shared.runtime.clock import machine_now, machine_seconds

log = structlog.get_logger()

HEADER = "Idempotency-Key"
#: Long enough for a random id; short keys are guessed, and taken twice by accident.
SHORTEST, LONGEST = 16, 200
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Events are told apart by their own source and id.
NOT_HERE = frozenset({"/v1/events"})
#: How long an answer is kept, machine time.
KEPT = timedelta(hours=24)

_SHAPE = re.compile(rb"[!-~]{%d,%d}" % (SHORTEST, LONGEST))
_SCOPE = "countersign.repeat"
_OUR_FAULT = 500
_PRUNE_EVERY_S, _MOST = 600.0, 10_000


class Known(Exception):
    """The request was answered before, and this is the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


class Repeats:
    """The keys that one service has seen, and its answers; on the pipeline's role, since requests read none."""

    def __init__(self, schema: str, sessions: Sessions, kept: timedelta = KEPT) -> None:
        self.schema = schema
        self.sessions = sessions
        self._kept = kept
        self._next_s = 0.0

    async def find(self, caller: str, digest: bytes) -> Any:
        """Give the row of a key, unless it is too old to count."""
        where = f"{self.schema}.repeats WHERE caller = :caller AND key_digest = :digest"
        async with self.sessions.reading() as session:
            row = await session.one(
                f"SELECT request_digest, answer, begun_at < :before AS is_over FROM {where}",
                caller=caller,
                digest=digest,
                before=machine_now() - self._kept,
            )
        if row is None or not row.is_over:
            return row
        async with self.sessions.transaction() as session:
            await session.run(
                f"DELETE FROM {where} AND begun_at < :before",
                caller=caller,
                digest=digest,
                before=machine_now() - self._kept,
            )
        return None

    async def keep(self, caller: str, digest: bytes, sealed: bytes) -> None:
        """Add the answer to its key."""
        async with self.sessions.transaction() as session:
            await session.run(
                f"UPDATE {self.schema}.repeats SET answer = :sealed WHERE caller = :caller AND key_digest = :digest",
                caller=caller,
                digest=digest,
                sealed=sealed,
            )

    async def prune(self) -> int:
        """Forget what is too old, every ten minutes; give how many, so that one is called again."""
        if machine_seconds() < self._next_s:
            return 0
        async with self.sessions.transaction() as session:
            gone = await session.run(
                f"DELETE FROM {self.schema}.repeats WHERE (caller, key_digest) IN (SELECT caller, key_digest"
                f" FROM {self.schema}.repeats WHERE begun_at < :before ORDER BY begun_at LIMIT :most)",
                before=machine_now() - self._kept,
                most=_MOST,
            )
        if gone < _MOST:
            self._next_s = machine_seconds() + _PRUNE_EVERY_S
        return gone


@dataclass(slots=True)
class Repeat:
    """One request that may be a repetition."""

    repeats: Repeats
    key: bytes
    request_digest: bytes
    #: What the asker says that nobody else can: its lasting key, if it came with one, and the one of this request.
    asker: bytes = field(repr=False)
    is_too_long: bool = False
    caller: str = ""
    is_begun: bool = False

    @property
    def digest(self) -> bytes:
        """Give what stands in the database for the key."""
        return hashlib.sha256(self.key).digest()

    @property
    def place(self) -> bytes:
        """Name the row that the answer belongs to."""
        return b"\n".join((self.repeats.schema.encode(), self.caller.encode(), self.digest))

    async def recognise(self, caller: str) -> None:
        """Raise ``Known`` with the answer where there is one, or a Problem where this cannot be told to be the same."""
        if not _SHAPE.fullmatch(self.key):
            how = f"{SHORTEST} to {LONGEST} visible ASCII characters, such as a random UUID"
            raise Problem(422, "invalid_request", f"{HEADER}: {how}.")
        if self.is_too_long:
            raise Problem(413, "too_large", f"The body has more than {EVENT_BYTES} bytes; send less at a time.")
        self.caller = caller
        row = await self.repeats.find(caller, self.digest)
        if row is None:
            beforehand.set(self.begin)
            return
        if row.request_digest != self.request_digest:
            detail = f"This {HEADER} came with another request before; each request has a key of its own."
            raise Problem(422, "idempotency_key_reused", detail)
        known = unseal(row.answer, self.asker, self.place) if row.answer is not None else None
        if known is None:
            raise _unanswered()
        raise Known(known)

    async def begin(self, session: WriteSession) -> None:
        """Write the key down with whatever the request does first; who comes second is undone."""
        if self.is_begun:
            return
        done = await session.run(
            f"INSERT INTO {self.repeats.schema}.repeats (caller, key_digest, request_digest, begun_at)"
            " VALUES (:caller, :digest, :request, :now) ON CONFLICT DO NOTHING",
            caller=self.caller,
            digest=self.digest,
            request=self.request_digest,
            now=machine_now(),
        )
        if not done:
            raise _unanswered()
        session.afterwards(self._has_begun)

    def _has_begun(self) -> None:
        self.is_begun = True

    async def keep(self, answer: Answer) -> None:
        """Keep what was answered, if anything was done; a fault of ours is no answer."""
        if not self.is_begun or answer.status >= _OUR_FAULT:
            return
        try:
            await self.repeats.keep(self.caller, self.digest, seal(answer, self.asker, self.place))
        except Exception as error:
            if not is_weather(error):
                raise
            log.warning("repeat.answer_not_kept", error=type(error).__name__)


def repeat_of(scope: Scope) -> Repeat | None:
    """Give the request's repetition, if it came with a key."""
    found: Repeat | None = scope.get(_SCOPE)
    return found


class Repeatable:
    """Puts the key beside a request that acts, and keeps what it is answered."""

    def __init__(self, app: ASGIApp, repeats: Repeats) -> None:
        self._app = app
        self._repeats = repeats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on; with a key, its body is read first and its answer looked at last."""
        if scope["type"] != "http" or scope["method"] not in METHODS or scope["path"] in NOT_HERE:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = headers.get(HEADER.lower().encode())
        if key is None:
            await self._app(scope, receive, send)
            return
        heard, body = await _heard(receive)
        repeat = Repeat(
            self._repeats,
            key,
            _digest(scope, body),
            key + b"\n" + _lasting(headers.get(b"authorization", b"")),
            is_too_long=len(body) > EVENT_BYTES,
        )
        token = beforehand.set(None)
        try:
            await self._app({**scope, _SCOPE: repeat}, _again(heard, receive), _kept(repeat, send))
        finally:
            beforehand.reset(token)


async def answered_before(_: Request, error: Exception) -> Response:
    """Give the answer that was given before, to the byte, and say that it is the same one."""
    assert isinstance(error, Known)  # noqa: S101 - registered for this class alone
    response = Response(error.answer.body, error.answer.status)
    response.raw_headers = [*error.answer.headers, (b"idempotency-replayed", b"true")]
    return response


def _unanswered() -> Problem:
    problem = Problem(
        409,
        "answer_pending",
        f"What came with this {HEADER} before was begun, and its answer is not here: it is under way, or its process"
        " ended. Ask again shortly; if this stays so, look at what stands before you send it under another key.",
    )
    problem.headers = {"Retry-After": "1"}
    return problem


def _lasting(authorization: bytes) -> bytes:
    """Give an API key; a token that is made anew for each request opens nothing the next time."""
    _, _, token = authorization.partition(b" ")
    return token if token.startswith(b"cs_") else b""


def _digest(scope: Scope, body: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


async def _heard(receive: Receive) -> tuple[list[Message], bytes]:
    """Read the body, up to where no route takes more; give the messages to be heard again, and the bytes."""
    messages: list[Message] = []
    body = bytearray()
    while True:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
        if not message.get("more_body", False) or len(body) > EVENT_BYTES:
            return messages, bytes(body)


def _again(heard: list[Message], receive: Receive) -> Receive:
    left = iter(heard)

    async def hear() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return hear


def _kept(repeat: Repeat, send: Send) -> Callable[[Message], Awaitable[None]]:
    """Hold an answer back until it is kept, so that whoever saw it can have it again."""
    start: Message = {}
    body = bytearray()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body", False):
            return
        await repeat.keep(Answer(start["status"], list(start["headers"]), bytes(body)))
        await send(start)
        await send({"type": "http.response.body", "body": bytes(body)})

    return keep
