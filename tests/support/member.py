"""A consumer in a process of its own, to be killed: ``python -m tests.support.member BOOTSTRAP TOPIC GROUP INSTANCE``.

It speaks librdkafka and prints its partitions as a line of JSON whenever they are assigned.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, TopicPartition

_END_S = 10


def member(bootstrap: str, group: str, instance: str, **more: Any) -> Consumer:
    """Give a static member of a group that commits and resets nothing by itself."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "group.instance.id": instance,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 200,
            **more,
        }
    )


@contextmanager
def member_process(bootstrap: str, topic: str, group: str, instance: str) -> Iterator[list[int]]:
    """Run a member until it has partitions, give these, and kill it at the end."""
    words = ["-m", "tests.support.member", bootstrap, topic, group, instance]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=_END_S)


def _tell(_: Consumer, places: list[TopicPartition]) -> None:
    sys.stdout.write(json.dumps(sorted(place.partition for place in places)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    it = member(sys.argv[1], *sys.argv[3:5])
    it.subscribe([sys.argv[2]], on_assign=_tell)
    while True:
        it.poll(0.2)
