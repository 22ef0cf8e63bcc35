"""Which Postgres process serves a data folder, and whether it lives."""

import os
import subprocess
from pathlib import Path

#: Servers that this process started, by process id: to be waited for, so that none stays a zombie.
_children: dict[int, subprocess.Popen[bytes]] = {}


def adopt(child: subprocess.Popen[bytes]) -> None:
    """Remember a server that this process started."""
    _children[child.pid] = child


def noted(data_dir: Path) -> tuple[int, int] | None:
    """Read process id and port from the server's own note; None when there is none, or half of one."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def remove_stale_note(data_dir: Path) -> None:
    """Drop the note of a server that was killed, when its number now belongs to some other program."""
    found = noted(data_dir)
    if found is not None and is_alive(found[0]) and not serves(found[0], data_dir):
        (data_dir / "postmaster.pid").unlink()


def serves(pid: int, data_dir: Path) -> bool:
    """Tell whether a process is the server of this folder: it works in it. Without /proc the note is believed."""
    if not Path("/proc/self").exists():
        return is_alive(pid)
    try:
        return is_alive(pid) and Path(f"/proc/{pid}/cwd").samefile(data_dir)
    except (FileNotFoundError, PermissionError):
        return False  # it has just ended, or is another user's


def is_alive(pid: int) -> bool:
    """Tell whether a process lives; one of ours that has ended is laid to rest."""
    child = _children.get(pid)
    if child is not None:
        return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
