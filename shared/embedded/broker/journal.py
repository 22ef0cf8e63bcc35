"""A small durable list of facts, one JSON line each, for all that is not a record."""

import json
import os
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from shared.embedded.broker.segment import sync_folder


class Journal:
    """Lines with a checksum; what follows the first unsound one was never acknowledged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")
        self.size = self._file.tell()
        #: The syncing thread must not meet a file that is being put in another's place.
        self._lock = threading.Lock()

    def entries(self) -> Iterator[list[Any]]:
        """Give what was written, up to a torn tail."""
        for line in self._path.read_bytes().split(b"\n"):
            check, _, body = line.partition(b" ")
            if not body or check != _checksum(body):
                return
            yield json.loads(body)

    def rewrite(self, entries: Iterable[list[Any]]) -> None:
        """Put these entries in the place of all that was there, whole or not at all."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.writelines(_line(entry) for entry in entries)
            file.flush()
            os.fsync(file.fileno())
        with self._lock:
            fresh.replace(self._path)
            sync_folder(self._path.parent)
            self._file.close()
            self._file = self._path.open("ab")
            self.size = self._file.tell()

    def write(self, *entry: Any) -> None:
        """Add an entry; it is safe only after the next ``sync``."""
        self.size += self._file.write(_line(list(entry)))
        self._file.flush()

    def sync(self) -> None:
        """Wait until what was written is on disk."""
        with self._lock:
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Sync and let go of the file."""
        self.sync()
        self._file.close()


def _checksum(body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(body)


def _line(entry: list[Any]) -> bytes:
    body = json.dumps(entry, separators=(",", ":")).encode()
    return _checksum(body) + b" " + body + b"\n"
