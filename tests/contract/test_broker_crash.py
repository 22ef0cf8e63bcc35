"""What the development broker acknowledged is there after a crash, and clients carry on."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from shared.kafka.aio import create_topics
from tests.support.kafka import DevBroker

TOPIC = "crash"
PATIENCE_S = 20


async def _make(broker: DevBroker) -> None:
    await create_topics(broker.bootstrap, {TOPIC: 3}, replicas=1, configs={})


async def _all_values(broker: DevBroker) -> list[int]:
    """Read the topic from its beginnings to its ends."""
    places = [TopicPartition(TOPIC, n) for n in range(3)]
    found: list[int] = []
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign(places)
        wanted = sum((await consumer.end_offsets(places)).values())
        async with asyncio.timeout(PATIENCE_S):
            while len(found) < wanted:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [int(r.value) for r in records]
    return found


async def test_nothing_acknowledged_is_lost_when_the_broker_is_killed(dev_broker: DevBroker) -> None:
    """Killed three times under load and started again: every acknowledged record is there, and once."""
    await _make(dev_broker)
    acknowledged: list[int] = []
    async with AIOKafkaProducer(
        bootstrap_servers=dev_broker.bootstrap, enable_idempotence=True, request_timeout_ms=15_000, retry_backoff_ms=20
    ) as producer:
        numbers = iter(range(1_000_000))
        halfway = asyncio.Semaphore(0)

        async def send(until: int) -> None:
            while len(acknowledged) < until:
                batch = [next(numbers) for _ in range(100)]
                promises = [await producer.send(TOPIC, b"%d" % n, key=b"%d" % n) for n in batch]
                for number, promise in zip(batch, promises, strict=True):
                    await promise
                    acknowledged.append(number)
                if len(acknowledged) % 3000 == 1500:
                    halfway.release()

        for kill in range(1, 4):
            sending = asyncio.create_task(send(kill * 3000))
            await halfway.acquire()
            await asyncio.to_thread(dev_broker.kill)
            await asyncio.to_thread(dev_broker.start)
            async with asyncio.timeout(PATIENCE_S):
                await sending
    found = await _all_values(dev_broker)
    assert len(found) == len(set(found))
    assert set(acknowledged) <= set(found)


async def test_a_torn_tail_is_cut_off(dev_broker: DevBroker) -> None:
    """Half a batch and a line of rubbish at the end of the files cost only themselves."""
    await _make(dev_broker)
    async with AIOKafkaProducer(bootstrap_servers=dev_broker.bootstrap, acks="all") as producer:
        for number in range(10):
            await producer.send_and_wait(TOPIC, b"%d" % number, partition=0)
    dev_broker.kill()
    for path in [*(dev_broker.folder / f"{TOPIC}-0").glob("*.log"), dev_broker.folder / "journal"]:
        with path.open("ab") as file:
            file.write(b"\0\0\0\0\0\0\0\x0a\0\0\x01\0torn")
    dev_broker.start()
    assert await _all_values(dev_broker) == list(range(10))
    async with AIOKafkaProducer(bootstrap_servers=dev_broker.bootstrap, acks="all") as producer:
        assert (await producer.send_and_wait(TOPIC, b"10", partition=0)).offset == 10


async def test_offsets_and_producers_survive_a_crash(dev_broker: DevBroker) -> None:
    """What a group committed is there after a kill, and its member finds its way back by itself."""
    await _make(dev_broker)
    group, place = uuid4().hex, TopicPartition(TOPIC, 0)
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=dev_broker.bootstrap,
        group_id=group,
        group_instance_id="one",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        heartbeat_interval_ms=100,
    )
    async with consumer, AIOKafkaProducer(bootstrap_servers=dev_broker.bootstrap, acks="all") as producer:
        await producer.send_and_wait(TOPIC, b"1", partition=0)
        async with asyncio.timeout(PATIENCE_S):
            assert (await consumer.getone()).value == b"1"
        await consumer.commit({place: 1})
        await asyncio.to_thread(dev_broker.kill)
        await asyncio.to_thread(dev_broker.start)
        await _sent(producer, b"2")
        async with asyncio.timeout(PATIENCE_S):
            assert (await consumer.getone()).value == b"2"
        assert await consumer.committed(place) == 1


async def _sent(producer: AIOKafkaProducer, value: bytes) -> None:
    """Send until the broker is found again."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await producer.send_and_wait(TOPIC, value, partition=0)
            except KafkaError:
                continue
            return


def test_a_polite_end_is_a_clean_one(dev_broker: DevBroker) -> None:
    """SIGTERM ends the broker with exit code 0."""
    assert dev_broker.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_taken_port_or_folder_is_said_plainly(dev_broker: DevBroker, tmp_path: Path, *, elsewhere: bool) -> None:
    """A second broker on the same port or on the same data ends with one line that says which."""
    folder = tmp_path / "other" if elsewhere else dev_broker.folder
    words = ["--data-dir", str(folder), "--port", str(dev_broker.port)]
    second = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "shared.embedded.broker", *words], capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert (f"port {dev_broker.port}" if elsewhere else str(folder)) in second.stderr
    assert "Traceback" not in second.stderr
