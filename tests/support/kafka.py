"""A Kafka for the tests: the development broker in a process of its own, and Apache Kafka beside it."""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port

_START_S = 15.0
_LOOK_AGAIN_S = 0.02


class DevBroker:
    """The development broker as users run it: a process that can be killed and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        words = ["--data-dir", str(self.folder), "--port", str(self.port), *self._options]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "shared.embedded.broker", *words], stdout=out, stderr=out
            )
        deadline = time.monotonic() + _START_S
        while not self._listens():
            assert self._process.poll() is None, "the broker ended at once; its log says why"
            assert time.monotonic() < deadline, "the broker does not listen"
            time.sleep(_LOOK_AGAIN_S)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and wait; give its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=_START_S)

    def kill(self) -> None:
        """End it as a crash would."""
        self.end(signal.SIGKILL)


@pytest.fixture(scope="session")
def development_kafka() -> Iterator[str]:
    """Give the bootstrap address of a development broker."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-"))
    broker = DevBroker(folder / "kafka")
    broker.start()
    try:
        yield broker.bootstrap
    finally:
        broker.end()
        shutil.rmtree(folder)


@pytest.fixture(scope="session", params=["development", "apache"])
def kafka(request: pytest.FixtureRequest) -> str:
    """Give the bootstrap address of either; what a test says of a Kafka has to hold for both."""
    # Asked for by name, so that changing from one to the other and back starts nothing anew.
    address: str = request.getfixturevalue(f"{request.param}_kafka")
    return address


@pytest.fixture
def dev_broker(tmp_path: Path) -> Iterator[DevBroker]:
    """Give a development broker of the test's own, to be killed and started again at will."""
    broker = DevBroker(tmp_path / "kafka")
    broker.start()
    yield broker
    broker.kill()
