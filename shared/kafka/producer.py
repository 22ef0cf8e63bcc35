"""Send messages, and know of each one whether it is safe."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, cast

import structlog

from shared.domain.errors import KafkaAway, Unconfirmed
from shared.kafka.aio import AIOKafkaProducer, KafkaError, producer, start

log = structlog.get_logger()

#: A message that is not confirmed by then counts as not sent; who sends it again may send it twice.
DELIVERY_S = 10.0
#: The client gives up sooner than we do, so that its own reason is heard.
_CLIENT_S = 8.0


@dataclass(frozen=True, slots=True)
class OutMessage:
    """One message to send."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Log(Protocol):
    """Where messages go."""

    async def send(self, messages: Sequence[OutMessage]) -> list[BaseException | None]:
        """Give for each message None when all in-sync replicas have it, else what went wrong."""
        ...


class KafkaLog:
    """An idempotent producer that is made anew after a failure, since a broken one stays broken."""

    def __init__(self, bootstrap: str, *, delivery_s: float = DELIVERY_S, client_s: float = _CLIENT_S) -> None:
        self._bootstrap = bootstrap
        self._delivery_s = delivery_s
        self._client_s = client_s
        self._producer: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Connect at the first message, so that we can start while Kafka is away."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let what is under way end, and hang up."""
        self._discard(self._producer)
        await asyncio.gather(*self._closing)

    async def send(self, messages: Sequence[OutMessage]) -> list[BaseException | None]:
        """Give for each message None when all in-sync replicas have it, else Unconfirmed with its cause."""
        if not messages:
            return []
        handed: list[asyncio.Future[Any] | BaseException] = []
        used: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(self._delivery_s):
                used = await self._open()
                for message in messages:
                    handed.append(await _hand_over(used, message))  # noqa: PERF401  # some must count on a time-out
                await _all_done(handed)
        except (TimeoutError, KafkaAway) as error:
            handed += [error] * (len(messages) - len(handed))
        results: list[BaseException | None] = [
            _result(each, message) for each, message in zip(handed, messages, strict=True)
        ]
        failures = sum(result is not None for result in results)
        if failures:
            log.warning("log.unconfirmed", messages=failures, of=len(messages))
            self._discard(used)
        return results

    async def _open(self) -> AIOKafkaProducer:
        async with self._opening:
            if self._producer is None:
                fresh = producer(self._bootstrap, timeout_s=self._client_s)
                try:
                    await start(fresh, patience_s=self._client_s)
                except BaseException:
                    await fresh.stop()
                    raise
                self._producer = fresh
            return self._producer

    def _discard(self, used: AIOKafkaProducer | None) -> None:
        """Let a producer end by itself; the next message makes a new one."""
        if used is None or used is not self._producer:
            return
        self._producer = None
        closing = asyncio.create_task(_close(used))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _hand_over(to: AIOKafkaProducer, message: OutMessage) -> asyncio.Future[Any] | BaseException:
    """Give the promise of a confirmation, or why the message was not even taken."""
    try:
        promise = await to.send(message.topic, message.value, key=message.key, headers=list(message.headers))
    except KafkaError as error:
        refused: BaseException = error
        return refused
    promise.add_done_callback(_hear)
    return cast("asyncio.Future[Any]", promise)


async def _all_done(handed: Sequence[asyncio.Future[Any] | BaseException]) -> None:
    promises = [each for each in handed if isinstance(each, asyncio.Future)]
    if promises:
        await asyncio.wait(promises)


def _hear(promise: asyncio.Future[Any]) -> None:
    """Look at a failure, so that one we no longer wait for is not reported as forgotten."""
    if not promise.cancelled():
        promise.exception()


async def _close(used: AIOKafkaProducer) -> None:
    try:
        await used.stop()
    except KafkaError as error:
        log.info("log.closed_badly", error=repr(error))


def _result(handed: asyncio.Future[Any] | BaseException, message: OutMessage) -> Unconfirmed | None:
    cause: BaseException | None
    if isinstance(handed, BaseException):
        cause = handed
    elif not handed.done():
        cause = TimeoutError()
    else:
        cause = handed.exception()
    if cause is None:
        return None
    unconfirmed = Unconfirmed(f"a message to {message.topic} is not confirmed: {type(cause).__name__}")
    unconfirmed.__cause__ = cause
    return unconfirmed
