"""One run: stage everything, load it, set the peer and the floors beside it."""

import os
import platform
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from benchmarks import floors, intake_http
from benchmarks.apache import apache_kafka
from benchmarks.drain import drain
from benchmarks.growth import grow, grown
from benchmarks.latency import latency
from benchmarks.load import Ready, events
from benchmarks.peered import peered
from benchmarks.report import Report
from benchmarks.restart import restart
from benchmarks.stage import Stage, staged
from services.console.simulate.profile import COUNTY, DETAINED, UNDETAINED, Profile

Tell = Callable[[str], None]
#: Bookings of a backlog, of a run for latency, and of one for HTTP: quick and whole.
_BACKLOG = {True: 2_000, False: 12_000}
#: Bookings of the peer: whole lives to their end, in about a minute; a part of more would be the cheap beginnings.
_PEER_BOOKINGS = 900
_PROFILES: Sequence[Profile] = (DETAINED, COUNTY, UNDETAINED)
_SHARES = {"quarter": 0.25, "half": 0.5, "all": 1.0}
_LATENCY_S = {True: 8.0, False: 30.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the run is to measure."""

    quick: bool
    #: Cases at which growth is measured; none of it where empty.
    sizes: Sequence[int] = ()
    processes: Sequence[int] = ()
    kafka: bool = False
    tell: Tell = print


async def bench(asked: Asked) -> Report:
    """Measure; everything runs in a folder of its own, which is gone afterwards."""
    report = Report(machine=_machine())
    with _folder() as root:
        await _ours(asked, report, root / "one")
        for count in asked.processes:
            asked.tell(f"{count} processes of each service")
            async with staged(root / f"by-{count}", instances=count) as stage:
                await _warm(stage)
                ready = events(DETAINED, _BACKLOG[asked.quick], seed=50 + count)
                report.processes[count] = await drain(stage, ready, cores=_cores())
        if asked.kafka:
            asked.tell("Apache Kafka")
            async with apache_kafka(root / "kafka"), staged(root / "on-kafka") as stage:
                await _warm(stage)
                ready = events(DETAINED, _BACKLOG[asked.quick], seed=60)
                report.drained["detained, on Apache Kafka"] = await drain(stage, ready, cores=_cores())
        if asked.sizes:
            await _growing(asked, report, root / "growing")
    return report


async def _ours(asked: Asked, report: Report, root: Path) -> None:
    async with staged(root) as stage:
        await _warm(stage)
        for number, profile in enumerate(_PROFILES):
            asked.tell(f"backlog, {profile.name}")
            # A profile without detainers is lighter: as many events are made of more bookings.
            ready = events(profile, _BACKLOG[asked.quick], seed=10 + number)
            report.mix[profile.name] = _mix(ready)
            report.drained[profile.name] = await drain(stage, ready, cores=_cores())
            asked.tell(f"  {report.drained[profile.name].events_per_s:,.0f} events a second")
            if profile is DETAINED:
                report.floors["rows copied by COPY, events a second"] = await floors.raw_copy(stage, len(ready))
        top = report.drained[DETAINED.name].events_per_s
        for name, share in _SHARES.items():
            asked.tell(f"latency at {name} of the top rate")
            rate = max(1.0, top * share)
            bookings = int(rate * _LATENCY_S[asked.quick] / DETAINED.events_per_booking)
            seed = 20 + list(_SHARES).index(name)
            report.latencies[name] = await latency(stage, events(DETAINED, bookings, seed=seed), rate)
            asked.tell(f"  {report.latencies[name].to}")
        asked.tell("HTTP")
        report.posted["one event a request"] = await intake_http.singly(stage, events(COUNTY, 500, seed=30))
        report.posted["NDJSON, 200 a request"] = await intake_http.in_bulk(
            stage, events(COUNTY, _BACKLOG[asked.quick], seed=31)
        )
        await stage.through()
        asked.tell("every service killed in the middle of a backlog")
        report.restart = await restart(stage, events(DETAINED, _BACKLOG[asked.quick], seed=35))
        asked.tell(f"  {report.restart}")
        report.floors["raw consume, events a second"] = await floors.raw_consume(stage)
        report.floors["raw HTTP, requests a second, one after the other"] = await floors.raw_http(stage)
        await _peers(asked, report, stage, root)


async def _growing(asked: Asked, report: Report, root: Path) -> None:
    """Measure what an event costs at each size, on a service whose cases are those of ordinary counties."""
    async with staged(root) as stage:
        await stage.produce(events(COUNTY, 2_000, seed=2))
        await stage.through()
        for number, size in enumerate(asked.sizes):
            asked.tell(f"growing to {size:,} cases")
            await grow(stage, size)
            await _warm(stage, seed=90 + number)
            report.growth.append(await grown(stage, COUNTY, seed=70 + number, cores=_cores()))
            asked.tell(f"  {report.growth[-1]}")


async def _peers(asked: Asked, report: Report, stage: Stage, root: Path) -> None:
    """Let the peer handle the same mixes, from topics of its own."""
    for profile in (DETAINED, COUNTY):
        asked.tell(f"the plain peer, {profile.name}")
        seed = 40 + _PROFILES.index(profile)
        ready = events(profile, _PEER_BOOKINGS, seed=seed)
        report.peers[profile.name] = await peered(stage, ready, root, topics=f"peer-{profile.name}")
        asked.tell(f"  {report.peers[profile.name].events_per_s:,.1f} events a second")


async def _warm(stage: Stage, seed: int = 1) -> None:
    """Let everything run once before it counts: plans, caches, and the pages of an empty database."""
    await stage.produce(events(DETAINED, 300, seed=seed))
    await stage.through()


def _mix(ready: Sequence[Ready]) -> dict[str, Any]:
    kinds = Counter(one.kind for one in ready)
    names = {one.name for one in ready}
    return {
        "events": len(ready),
        "told twice": len(ready) - len(names),
        "bytes (median)": floors.bytes_of(ready),
        "share": {kind: round(count / len(ready), 4) for kind, count in kinds.most_common()},
    }


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "cores": _cores(),
        "memory_gb": round(memory, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        "at": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()),
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@contextmanager
def _folder() -> Iterator[Path]:
    root = Path(mkdtemp(prefix="countersign-bench-"))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)
