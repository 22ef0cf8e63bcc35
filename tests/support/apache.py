"""Apache Kafka for the tests: the one that is named, else one node started from ``deploy/kafka``, once."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import shared
from tests.support.ports import free_ports

#: The address of an Apache Kafka that already runs.
NAMED = "COUNTERSIGN_TEST_KAFKA"
_RUN = Path(shared.__file__).parent.parent / "deploy" / "kafka" / "run"
#: What the script says when Java, Maven or the jars cannot be had.
_UNAVAILABLE = 69
#: The first time some forty megabytes are fetched.
_FETCH_S, _END_S = 600, 30
#: Old records are looked for at once and then every second, where Kafka itself lets minutes pass.
_SWEEPS = ("log.initial.task.delay.ms=500", "log.retention.check.interval.ms=1000")


class ApacheKafka:
    """One node on loopback that ends with the tests, however these end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(2)
        self._process: subprocess.Popen[str] | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it takes requests."""
        words = ["--data-dir", str(self.folder), "--port", str(self.port), "--leash"]
        words += [word for setting in _SWEEPS for word in ("--set", setting)]
        self._process = subprocess.Popen(  # noqa: S603  # our own script
            [str(_RUN), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()  # the script itself gives up after two minutes
        assert said == f"ready {self.bootstrap}\n", f"Apache Kafka did not start: {said!r}"

    def kill(self) -> None:
        """End the node as a crash would; what started it then ends by itself."""
        assert self._process is not None
        os.kill(int((self.folder / "node-1" / "pid").read_text()), signal.SIGKILL)
        self._process.communicate(timeout=_END_S)

    def end(self) -> None:
        """Stop it and wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=_END_S)


def fetched() -> str:
    """Have the jars there; give why they cannot be had, empty when they are there."""
    done = subprocess.run(  # noqa: S603  # our own script
        [str(_RUN), "--fetch"], capture_output=True, text=True, timeout=_FETCH_S, check=False
    )
    assert done.returncode in (0, _UNAVAILABLE), done.stderr
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def fetch_or_skip() -> None:
    """Have the jars there; skip the test that asks, with the reason, where they cannot be had."""
    if trouble := fetched():
        pytest.skip(f"not run on Apache Kafka: {trouble}")


@pytest.fixture(scope="session")
def apache_kafka() -> Iterator[str]:
    """Give the bootstrap address of an Apache Kafka; skip where Java or Maven is missing."""
    named = os.environ.get(NAMED)
    if named:
        yield named
        return
    fetch_or_skip()
    folder = Path(tempfile.mkdtemp(prefix="countersign-"))
    node = ApacheKafka(folder / "kafka")
    try:
        node.start()
        yield node.bootstrap
    finally:
        node.end()
        shutil.rmtree(folder)
