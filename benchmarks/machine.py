"""What the machine spends: CPU seconds and memory of each part, read from /proc."""

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARTS = ("intake", "decision", "notify", "console")


def cpu_seconds(root: int | None = None) -> dict[str, float]:
    """Give the CPU seconds that each part below a process (ours by default) has used so far."""
    return _sum(root, lambda stat: (int(stat[11]) + int(stat[12])) / _TICK)


def resident_mb(root: int | None = None) -> dict[str, float]:
    """Give the memory that each part holds, in MB; shared pages of Postgres' processes count each time."""
    return _sum(root, lambda stat: int(stat[21]) * _PAGE / 1e6)


def pids(parts: Collection[str]) -> list[int]:
    """Give the processes of parts."""
    return [pid for pid, (command, _) in _below(os.getpid()).items() if _part(command) in parts]


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Give what lies between two readings."""
    return {part: round(seconds - before.get(part, 0.0), 3) for part, seconds in after.items()}


def _sum(root: int | None, value: Callable[[list[str]], float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for pid, (command, stat) in _below(root or os.getpid()).items():
        part = _part(command)
        if part is not None and pid != os.getpid():
            found[part] = found.get(part, 0.0) + value(stat)
    return found


def _part(command: str) -> str | None:
    if "up.leash" in command:
        return None
    if "postgres" in command.partition(" ")[0]:
        return "postgres"
    if "embedded.broker" in command or "kafka.Kafka" in command:
        return "broker"
    if "benchmarks.peer" in command:
        return "peer"
    return next((part for part in _PARTS if f"serve {part}" in command), None)


def _below(root: int) -> dict[int, tuple[str, list[str]]]:
    """Give command and figures of every process below one; Postgres is put in a session of its own, yet is a child."""
    parents: dict[int, int] = {}
    all_of: dict[int, tuple[str, list[str]]] = {}
    for path in Path("/proc").iterdir():
        if not path.name.isdigit():
            continue
        try:
            stat = (path / "stat").read_text().rpartition(")")[2].split()
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        pid = int(path.name)
        parents[pid], all_of[pid] = int(stat[1]), (command, stat)
    return {pid: found for pid, found in all_of.items() if _is_below(pid, root, parents)}


def _is_below(pid: int, root: int, parents: Mapping[int, int]) -> bool:
    while pid > 1:
        if pid == root:
            return True
        pid = parents.get(pid, 0)
    return False
