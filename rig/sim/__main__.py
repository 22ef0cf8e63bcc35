"""``python -m rig.sim``: simulate seeded days, one database for each seed. Exits 1 if anything was found.

The same seed gives the same run, statement for statement: what a seed has found is run again with ``--seeds N``.
"""

import argparse
import asyncio
import json
import logging
import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import text

from rig.sim.loop import SimLoop
from rig.sim.play import Asked, Found, Play
from services.console.up.ports import free_ports
from services.decision.policy.load import load_rulebook
from shared.db.engine import make_engine
from shared.db.schema import ROLES, let_in, migrate
from shared.embedded.postgres import PostgresServer, start_postgres, stop_postgres
from shared.runtime.clock import ClockSetting, machine_seconds

_TEMPLATE = "simulated"
#: A statement that would have to wait for a lock is refused at once: whoever holds it cannot go on meanwhile.
_LOCKS = "2ms"


def _read() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m rig.sim", description=__doc__)
    asked.add_argument("--seeds", default="1", help="one seed, or first-last")
    asked.add_argument("--days", type=float, default=1.0)
    asked.add_argument("--stays-a-day", type=int, default=24)
    asked.add_argument(
        "--until-found", action="store_true", help="go no further than the first seed that finds something"
    )
    asked.add_argument("--report", type=Path)
    return asked.parse_args()


async def _prepare(folder: Path, port: int, password: str) -> PostgresServer:
    server = await start_postgres(folder / "postgres", port=port, durable=False)
    await _admin(server, f"CREATE DATABASE {_TEMPLATE}")
    engine = make_engine(server.url(_TEMPLATE), name="sim-migrate", pool_size=1)
    await migrate(engine, ClockSetting("system"))
    await let_in(engine, dict.fromkeys(ROLES, password))
    await engine.dispose()
    return server


async def _admin(server: PostgresServer, *statements: str) -> None:
    engine = make_engine(server.url("postgres"), name="sim-admin", pool_size=1)
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            await plain.execute(text(statement))
    await engine.dispose()


def simulate(server: PostgresServer, password: str, asked: Asked, rulebook: Any) -> Found:
    """Run one seed on a database of its own."""
    name = f"seed_{asked.seed}"
    asyncio.run(
        _admin(
            server,
            f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}",
            f"ALTER DATABASE {name} SET lock_timeout = '{_LOCKS}'",
        )
    )
    urls = {"owner": server.url(name)}
    for service in ("intake", "decision", "notify"):
        urls[service] = server.url(name, f"countersign_{service}_pipeline", password)
    loop = SimLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(Play(asked, urls, rulebook, loop).go())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        asyncio.run(_admin(server, f"DROP DATABASE {name} WITH (FORCE)"))


def main() -> None:
    """Simulate every seed asked for, and say what was found."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets of texts have another order in each process otherwise, and a seed would not be a whole run.
        os.execve(  # noqa: S606 - ourselves
            sys.executable, [sys.executable, "-m", "rig.sim", *sys.argv[1:]], os.environ | {"PYTHONHASHSEED": "0"}
        )
    asked = _read()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    first, _, last = asked.seeds.partition("-")
    folder = Path(tempfile.mkdtemp(prefix="countersign-sim-"))
    (port,) = free_ports(1)
    server = asyncio.run(_prepare(folder, port, "simulated"))
    rulebook, began, seen = load_rulebook(), machine_seconds(), machine_seconds
    all_found: list[Found] = []
    try:
        for seed in range(int(first), int(last or first) + 1):
            one = Asked(seed=seed, days=asked.days, stays_a_day=asked.stays_a_day)
            all_found.append(found := simulate(server, "simulated", one, rulebook))
            print(json.dumps({"seed": seed, "digest": found.digest, "found": found.violations}), flush=True)
            if asked.until_found and found.violations:
                break
    finally:
        asyncio.run(stop_postgres(server, mode="immediate"))
        shutil.rmtree(folder, ignore_errors=True)
    report = _report(asked, all_found, seen() - began)
    print(json.dumps(report, indent=2))
    if asked.report:
        asked.report.write_text(json.dumps(report, indent=2) + "\n")
    sys.exit(1 if report["seeds that found something"] else 0)


def _report(asked: argparse.Namespace, all_found: list[Found], seconds: float) -> dict[str, Any]:
    count: Counter[str] = Counter()
    for found in all_found:
        count.update(found.count)
    return {
        "seeds": asked.seeds,
        "simulated days": asked.days * len(all_found),
        "case-days": round(sum(found.case_days for found in all_found), 1),
        "seconds": round(seconds, 1),
        "counts": dict(sorted(count.items())),
        "seeds that found something": [found.seed for found in all_found if found.violations],
    }


if __name__ == "__main__":
    main()
