"""``python -m services.console.up.guard PARENT DATA_DIR``: when ``up`` is gone, end the Postgres it left behind."""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

_LOOK_EVERY_S = 0.5
_LOOKS, _PAUSE_S = 250, 0.1


def main(parent: int, root: Path) -> None:
    """Wait for the parent to go, however it goes, and send what is left of Postgres home.

    The lock tells the next ``up`` to wait until this has been done.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with (root / "guard.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY_S)
        _end(root / "postgres" / "postmaster.pid")


def _postmaster(note: Path) -> int | None:
    try:
        return int(note.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _end(note: Path) -> None:
    """Ask for a fast shutdown, and wait for it: the next ``up`` must not find half of it.

    The server takes its note away when it is done; as a process it may stay a zombie that nobody collects.
    """
    postmaster = _postmaster(note)
    if postmaster is None:
        return
    try:
        os.kill(postmaster, signal.SIGINT)
        for _ in range(_LOOKS):
            if _postmaster(note) != postmaster:
                return
            os.kill(postmaster, 0)
            time.sleep(_PAUSE_S)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
