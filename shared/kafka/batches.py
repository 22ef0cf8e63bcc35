"""Put messages into batches, one for each partition, and hand those to the producer whole.

Handed over one by one, each message costs a promise and three turns of the loop; of a batch the client makes one.
A few are still handed over singly: the client then joins them to those of others who send at the same time.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.kafka.aio import MOST_BATCH_BYTES, AIOKafkaProducer, KafkaError, MessageSizeTooLargeError, partition_for

#: The largest message: a batch, less the room for what stands around the record.
MOST_BYTES = MOST_BATCH_BYTES - 4_096
#: Up to so many for one partition go singly.
_FEW = 4


@dataclass(frozen=True, slots=True)
class OutMessage:
    """One message to send."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


#: The promise that a message will be confirmed (shared by those of one batch), or why it was not even taken.
Handed = asyncio.Future[Any] | BaseException
Place = tuple[str, int]


@dataclass(eq=False, slots=True)
class Sending:
    """Messages that someone sends, and for each what became of handing it over."""

    messages: Sequence[OutMessage]
    handed: list[Handed] = field(init=False)

    def __post_init__(self) -> None:
        """Nothing has been handed over yet."""
        self.handed = [TimeoutError()] * len(self.messages)


async def hand_over_all(to: AIOKafkaProducer, sendings: Sequence[Sending]) -> None:
    """Hand over what several have to send, as one."""
    messages = [message for sending in sendings for message in sending.messages]
    handed: list[Handed] = [TimeoutError()] * len(messages)
    try:
        await hand_over(to, messages, handed)
    finally:
        at = 0
        for sending in sendings:
            sending.handed = handed[at : at + len(sending.messages)]
            at += len(sending.messages)


async def hand_over(to: AIOKafkaProducer, messages: Sequence[OutMessage], handed: list[Handed]) -> None:
    """Put for each message into ``handed``, at its own place, what became of handing it over.

    The first batches of all partitions go out together; the next of a partition once its first was taken up.
    """
    partitions: dict[str, Sequence[int]] = {}
    for topic in {message.topic for message in messages}:
        try:
            partitions[topic] = sorted(await to.partitions_for(topic))
        except KafkaError as error:
            handed[:] = [
                error if message.topic == topic else each for message, each in zip(messages, handed, strict=True)
            ]
    by_place: dict[Place, list[int]] = {}
    for at, message in enumerate(messages):
        if len(message.value) > MOST_BYTES:
            handed[at] = MessageSizeTooLargeError(
                f"a message of {len(message.value)} bytes is larger than a batch may be"
            )
        elif message.topic in partitions:
            by_place.setdefault(_place(message, partitions), []).append(at)
    await asyncio.gather(*(_send_all(to, place, messages, ats, handed) for place, ats in by_place.items()))


def _place(message: OutMessage, partitions: Mapping[str, Sequence[int]]) -> Place:
    known = partitions[message.topic]
    return message.topic, known[partition_for(message.key or b"", len(known))]


async def _send_all(
    to: AIOKafkaProducer, place: Place, messages: Sequence[OutMessage], ats: Sequence[int], handed: list[Handed]
) -> None:
    topic, partition = place
    if len(ats) <= _FEW:
        for at in ats:
            one = messages[at]
            handed[at] = await _promise(
                to.send(topic, one.value, key=one.key, partition=partition, headers=list(one.headers))
            )
        return
    for batch, members in _batches(to, messages, ats):
        promise = await _promise(to.send_batch(batch, topic, partition=partition))
        for at in members:
            handed[at] = promise


async def _promise(handing: Awaitable[asyncio.Future[Any]]) -> Handed:
    """Give the promise of a confirmation, or why nothing was taken."""
    try:
        promise: asyncio.Future[Any] = await handing
    except KafkaError as error:
        refused: BaseException = error
        return refused
    promise.add_done_callback(_hear)
    return promise


def _batches(
    to: AIOKafkaProducer, messages: Sequence[OutMessage], ats: Sequence[int]
) -> Iterator[tuple[Any, list[int]]]:
    """Fill batches one after the other, each with the places of its messages."""
    batch, members = to.create_batch(), list[int]()
    for at in ats:
        if not _append(batch, messages[at]):
            yield batch, members
            batch, members = to.create_batch(), []
            _append(batch, messages[at])
        members.append(at)
    batch.close()
    yield batch, members


def _append(batch: Any, message: OutMessage) -> bool:
    """Put a message into a batch; False when it is full."""
    taken = batch.append(timestamp=None, key=message.key, value=message.value, headers=list(message.headers))
    return taken is not None


def _hear(promise: asyncio.Future[Any]) -> None:
    """Look at a failure, so that one we no longer wait for is not reported as forgotten."""
    if not promise.cancelled():
        promise.exception()
