"""Start `countersign up` as a user would, and look at it from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil

T = TypeVar("T")
#: A hang is a failure; a slow machine is none.
_PATIENCE_S = 600.0
_COMMAND = [sys.executable, "-m", "services.console.cli"]
#: Settings of the one who runs the tests must not leak into them.
_ENV = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}


def played(folder: Path, file: Path, *more: str) -> tuple[int, dict[str, Any]]:
    """Play a file to its end; give the exit code and the object of the last line."""
    words = ["--play", str(file), "--speed", "max", "--until-done", *more]
    with started(folder, *words) as up:
        return ended(up)


def ended(up: "subprocess.Popen[str]", *, within_s: float = _PATIENCE_S) -> tuple[int, dict[str, Any]]:
    """Wait for the end of a play."""
    out, err = up.communicate(timeout=within_s)
    lines = out.splitlines()
    assert lines, err
    return up.returncode, json.loads(lines[-1])


@contextmanager
def started(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Start `up` on free ports, with settings besides; end it, whatever happens."""
    command = [*_COMMAND, "up", "--data-dir", str(folder), "--port-base", "0", "--json", *words]
    up = subprocess.Popen(  # noqa: S603  # our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**_ENV, **(env or {})}
    )
    try:
        yield up
    finally:
        if up.poll() is None:
            up.send_signal(signal.SIGTERM)
        up.communicate(timeout=_PATIENCE_S)


def asked(*words: str) -> tuple[int, Any]:
    """Run another command with `--json`; give its exit code and what it printed."""
    done = subprocess.run(  # noqa: S603  # our own program
        [*_COMMAND, *words, "--json"], capture_output=True, text=True, check=False, env=_ENV
    )
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else done.stderr


def until(up: "subprocess.Popen[str]", look: Callable[[], T | None], *, within_s: float = _PATIENCE_S) -> T:
    """Look until there is something to see; a process of its own has no event to wait for."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert up.poll() in (None, -signal.SIGKILL), up.communicate()
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(0.02)
    return seen


def ready(up: "subprocess.Popen[str]", folder: Path) -> dict[str, Any]:
    """Wait until everything is ready, and give what `up` wrote down about it."""
    assert up.stdout is not None
    first = up.stdout.readline()
    assert first, up.communicate()[1]
    told: dict[str, Any] = json.loads((folder / "run.json").read_text())
    assert told["urls"] == json.loads(first)["urls"]
    return told


def parts(up: "subprocess.Popen[str]") -> dict[str, int]:
    """Give the process ids of all that `up` has started, by their commands."""
    with suppress(psutil.NoSuchProcess):
        return {_command(child): child.pid for child in psutil.Process(up.pid).children()}
    return {}


def part(up: "subprocess.Popen[str]", command: str) -> int | None:
    """Give the process id of the first part with these words in its command; None while it is being started."""
    return next((pid for words, pid in parts(up).items() if command in words), None)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be collected does not."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _command(process: psutil.Process) -> str:
    """Give the words a process was started with; none for one that is gone."""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return " ".join(process.cmdline())
    return ""
