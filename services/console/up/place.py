"""The data directory: who may open it, what lies where in it."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.domain.errors import CountersignError
from shared.embedded.binaries import launcher


class PlaceTaken(CountersignError):
    """Another process has the data directory open."""


class NotRunning(CountersignError):
    """No service runs on this data directory."""


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory; nothing in it is for other users of the machine."""

    root: Path

    @property
    def postgres(self) -> Path:
        """Where the embedded Postgres keeps its data."""
        return self.root / "postgres"

    @property
    def broker(self) -> Path:
        """Where the development broker keeps its logs."""
        return self.root / "broker"

    @property
    def run(self) -> Path:
        """What runs here, for the commands and for whoever wants to try the service."""
        return self.root / "run.json"

    def log(self, part: str) -> Path:
        """Name the log of one part."""
        return self.root / "logs" / f"{part}.log"

    def make(self) -> None:
        """Make the directory, closed to others."""
        self.root.mkdir(parents=True, exist_ok=True)
        # Where Postgres must run as a lesser user than root, that user has to find the way to its own folder.
        is_lent = os.geteuid() == 0 and launcher()[:1] == ("setpriv",)
        self.root.chmod(0o711 if is_lent else 0o700)
        (self.root / "logs").mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the directory for this process alone; raises PlaceTaken."""
        with self._locked(
            "up.lock", f"another `countersign up` runs on {self.root}: stop it, or use another --data-dir"
        ):
            yield

    @contextmanager
    def _locked(self, name: str, trouble: str) -> Iterator[None]:
        handle = os.open(self.root / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PlaceTaken(trouble) from error
            yield
        finally:
            os.close(handle)

    def is_guarded(self) -> bool:
        """Tell whether the guard of an earlier run still has to end its Postgres."""
        try:
            with self._locked("guard.lock", "the guard of the last run is at work"):
                return False
        except PlaceTaken:
            return True

    def read(self, name: str) -> dict[str, Any]:
        """Give what a JSON file of ours holds; empty when it is not there or half written."""
        try:
            found = json.loads((self.root / name).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file whole or not at all, for the owner's eyes only."""
        fresh = self.root / f".{name}.new"
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        fresh.replace(self.root / name)


def read_run(root: Path) -> dict[str, Any]:
    """Give what ``up`` wrote down about the running service; raises NotRunning."""
    found = Place(root).read("run.json")
    if not found:
        raise NotRunning(f"nothing runs on {root}: start it with `countersign up --data-dir {root}`")
    return found
