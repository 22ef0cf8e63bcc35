"""Every service killed in the middle of a backlog: how soon it goes on, and how long the rest takes."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence

from benchmarks import machine
from benchmarks.load import Ready
from benchmarks.stage import Stage

_SERVICES = ("intake", "decision", "notify")
_LOOK_EVERY_S = 0.02


async def restart(stage: Stage, ready: Sequence[Ready]) -> dict[str, float]:
    """Kill all services once some of a backlog is handled; what starts them again is what `up` has for that."""
    handled = await _handled(stage)
    await stage.produce(ready)
    while await _handled(stage) == handled:  # noqa: ASYNC110 - an offset rings no bell
        await asyncio.sleep(_LOOK_EVERY_S)
    for pid in machine.pids(_SERVICES):
        os.kill(pid, signal.SIGKILL)
    killed, at_kill = time.perf_counter(), await _handled(stage)
    while await _handled(stage) == at_kill:  # noqa: ASYNC110 - the same
        await asyncio.sleep(_LOOK_EVERY_S)
    again = time.perf_counter()
    done = (await stage.through())["all"]
    lost = len({one.name for one in ready}) - await _known(stage, ready)
    return {
        "killed: seconds until the next batch is handled": round(again - killed, 2),
        "killed: seconds until all of the backlog is": round(done - killed, 2),
        "killed: events in the backlog": float(len(ready)),
        "killed: events lost": float(lost),
    }


async def _handled(stage: Stage) -> int:
    return int(await stage.database.fetchval("SELECT coalesce(sum(position), 0)::bigint FROM intake.offsets"))


async def _known(stage: Stage, ready: Sequence[Ready]) -> int:
    names = sorted({one.name for one in ready})
    return int(
        await stage.database.fetchval(
            "SELECT count(*) FROM intake.inbox i JOIN unnest($1::text[], $2::text[]) AS u (source, id)"
            " USING (source, id) WHERE i.heard_at IS NOT NULL",
            [source for source, _ in names],
            [event_id for _, event_id in names],
        )
    )
