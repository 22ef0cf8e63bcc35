"""What the outside world saw, written down before anything is counted or answered."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Ledger:
    """A file of JSON lines that only grows; a line counts once it is in the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, lines: Iterable[dict[str, Any]]) -> None:
        """Append lines in one write, so that a crash of ours leaves no half of one."""
        text = "".join(json.dumps(line) + "\n" for line in lines)
        if text:
            os.write(self._file, text.encode())

    def read(self) -> list[dict[str, Any]]:
        """Give all that was written."""
        with self._path.open() as file:
            return [json.loads(line) for line in file]

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
