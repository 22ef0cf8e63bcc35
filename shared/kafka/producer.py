"""Send messages, and know of each one whether it is safe."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

import structlog

from shared.domain.errors import KafkaAway, Unconfirmed
from shared.kafka.aio import AIOKafkaProducer, KafkaError, producer, start
from shared.kafka.batches import Handed, OutMessage, Sending, hand_over_all

__all__ = ["KafkaLog", "Log", "OutMessage"]

log = structlog.get_logger()

#: A message that is not confirmed by then counts as not sent; who sends it again may send it twice.
DELIVERY_S = 10.0
#: The client gives up sooner than we do, so that its own reason is heard.
_CLIENT_S = 8.0


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
        self._handing = asyncio.Lock()
        #: What was asked for while something else was being handed over.
        self._waiting: list[Sending] = []
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
        sending = Sending(messages)
        self._waiting.append(sending)
        used: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(self._delivery_s):
                used = await self._open()
                await self._hand_over(used)
                await _all_done(sending.handed)
        except (TimeoutError, KafkaAway) as error:
            sending.handed = [error if isinstance(each, TimeoutError) else each for each in sending.handed]
        finally:
            if sending in self._waiting:
                self._waiting.remove(sending)
        handed = sending.handed
        results: list[BaseException | None] = [
            _result(each, message) for each, message in zip(handed, messages, strict=True)
        ]
        failures = sum(result is not None for result in results)
        if failures:
            log.warning("log.unconfirmed", messages=failures, of=len(messages))
            self._discard(used)
        return results

    async def _hand_over(self, to: AIOKafkaProducer) -> None:
        """Hand over all that waits, our own and others', since the client takes one batch of a partition at a time."""
        async with self._handing:
            together, self._waiting = self._waiting, []
            await hand_over_all(to, together)

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


async def _all_done(handed: Sequence[Handed]) -> None:
    promises = {each for each in handed if isinstance(each, asyncio.Future)}
    if promises:
        await asyncio.wait(promises)


async def _close(used: AIOKafkaProducer) -> None:
    try:
        await used.stop()
    except KafkaError as error:
        log.info("log.closed_badly", error=repr(error))


def _result(handed: Handed, message: OutMessage) -> Unconfirmed | None:
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
