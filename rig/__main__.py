"""``python -m rig``: live through a seeded run of faults, and judge it. Exits 1 if anything was found."""

import argparse
import asyncio
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rig.run import Plan, Run
from shared.runtime.logging import set_up_logging


def _read() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m rig", description=__doc__)
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked.add_argument("--events", type=int, default=2_000, help="events to be acknowledged")
    asked.add_argument("--kills", type=int, default=40, help="kill -9 of services, half of them at named points")
    asked.add_argument("--database-faults", type=int, default=6)
    asked.add_argument("--broker-faults", type=int, default=6)
    asked.add_argument("--other-faults", type=int, default=10, help="pauses, departures, endpoints, offsets, clock")
    asked.add_argument("--kafka", choices=("development", "apache"), default="development", help="apache: three nodes")
    asked.add_argument("--instances", type=int, default=2)
    asked.add_argument("--folder", type=Path, help="where everything is kept; thrown away if not given")
    asked.add_argument("--report", type=Path, help="where the figures go, as JSON")
    return asked.parse_args()


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return found.stdout.strip()


async def _go(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    here = asyncio.current_task()
    assert here is not None  # noqa: S101 - we are in it
    # Whoever ends the rig ends what it has started.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, here.cancel)
    plan = Plan(
        seed=asked.seed,
        events=asked.events,
        kills=asked.kills,
        database_faults=asked.database_faults,
        broker_faults=asked.broker_faults,
        other_faults=asked.other_faults,
        kafka=asked.kafka,
        instances=asked.instances,
    )
    return {"commit": _commit(), "python": sys.version.split()[0], **asdict(plan), **await Run(plan, folder).go()}


def main() -> None:
    """Run, print what came of it, keep the folder where something was found."""
    asked = _read()
    set_up_logging("rig", "1", "console")
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="countersign-rig-"))
    report = asyncio.run(_go(asked, folder.absolute()))
    text = json.dumps(report, indent=2)
    print(text)
    if asked.report:
        asked.report.write_text(text + "\n")
    if not report["clean"]:
        print(f"seed {asked.seed}: something was found; all of it is kept in {folder}", file=sys.stderr)
    elif asked.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if report["clean"] else 1)


if __name__ == "__main__":
    main()
