"""``python -m rig.planted``: plant each known bug in turn, and see whether the level that should finds it.

Prints the matrix; exits 1 if a bug was not found, or if a level finds something where nothing is planted.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rig.bugs import BUGS, Bug
from rig.plant import NAME

_HERE = Path(__file__).parent.parent
_STORY = "tests/integration/audit/test_invariants.py::test_a_story_that_goes_well_breaks_nothing"
_MODEL = "tests/integration/test_model.py"
#: As many simulated days as it takes for some seed to meet with every misfortune.
_SIM = ("--seeds", "1-4", "--days", "0.5", "--stays-a-day", "40", "--until-found")
_LONGEST_S = 1800


@dataclass(frozen=True, slots=True)
class Run:
    """Whether a level found something, and its last words."""

    found: bool
    said: str


def _command(bug: Bug) -> list[str]:
    if bug.level == "sim":
        return [sys.executable, "-m", "rig.sim", *_SIM]
    where = {"story": _STORY, "model": _MODEL}.get(bug.level, bug.where)
    return [sys.executable, "-m", "pytest", "-q", "-x", "-p", "rig.plant", "-p", "no:randomly", *where.split()]


def run(bug: Bug, *, plant: bool = True) -> Run:
    """Run a bug's level, with it or without it."""
    env = {**os.environ, "COUNTERSIGN_MODEL_EXAMPLES": "12"}
    env |= {NAME: bug.name} if plant else {}
    done = subprocess.run(  # noqa: S603 - our own programs
        _command(bug), env=env, cwd=_HERE, capture_output=True, text=True, check=False, timeout=_LONGEST_S
    )
    lines = (done.stdout + done.stderr).strip().splitlines() or [""]
    telling = [line for line in lines if line.startswith(("FAILED", "E  ", '{"seed"'))]
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{bug.name}: its level could not be run: {lines[-1]}")
    return Run(done.returncode == 1, (telling or lines)[-1][:110])


def main() -> None:
    """Go through the bugs, or those named."""
    asked = argparse.ArgumentParser(prog="python -m rig.planted", description=__doc__)
    asked.add_argument("names", nargs="*", help="only these bugs")
    asked.add_argument("--level", help="only those of one level")
    asked.add_argument("--without", action="store_true", help="run the levels with nothing planted: none may find it")
    options = asked.parse_args()
    out, table = Console(width=200), Table("bug", "level", "found", "by")
    wanted = [bug for bug in BUGS if not options.names or bug.name in options.names]
    wanted = [bug for bug in wanted if options.level in (None, bug.level)]
    wrong = 0
    for bug in wanted:
        result = run(bug, plant=not options.without)
        wrong += result.found is options.without
        table.add_row(bug.name, bug.level, "yes" if result.found else "no", result.said)
        out.print(f"{bug.level}: {bug.name}: {'found' if result.found else 'not found'}")
    out.print(table)
    out.print(f"{len(wanted) - wrong} of {len(wanted)} as they should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
