"""The plots of a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from benchmarks.report import Report

_SIZE = (6.4, 3.4)


def draw(report: "Report", into: Path) -> Sequence[Path]:
    """Draw what was measured into SVG files; give their paths."""
    into.mkdir(parents=True, exist_ok=True)
    drawn = []
    if report.drained:
        drawn.append(_spent(report, into / "cpu.svg"))
    if report.latencies:
        drawn.append(_latency(report, into / "latency.svg"))
    if len(report.growth) > 1:
        drawn.append(_growth(report, into / "growth.svg"))
    return drawn


def _save(path: Path) -> Path:
    plt.tight_layout()
    plt.savefig(path, metadata={"Date": None})
    plt.close()
    return path


def _spent(report: "Report", path: Path) -> Path:
    plt.figure(figsize=_SIZE)
    names = list(report.drained)
    left = [0.0] * len(names)
    for part in sorted({part for one in report.drained.values() for part in one.cpu_us}):
        width = [report.drained[name].cpu_us.get(part, 0.0) for name in names]
        plt.barh(names, width, left=left, label=part)
        left = [a + b for a, b in zip(left, width, strict=True)]
    plt.xlabel("CPU \u00b5s an event")
    plt.legend(fontsize="small")
    return _save(path)


def _latency(report: "Report", path: Path) -> Path:
    plt.figure(figsize=_SIZE)
    for place in ("decision", "notice", "pulled answer", "webhook"):
        met = [one for one in report.latencies.values() if place in one.to]
        if met:
            plt.plot([one.sent_per_s for one in met], [one.to[place].p99 for one in met], marker="o", label=place)
    plt.xlabel("events a second")
    plt.ylabel("p99, ms")
    plt.yscale("log")
    plt.legend(fontsize="small")
    return _save(path)


def _growth(report: "Report", path: Path) -> Path:
    plt.figure(figsize=_SIZE)
    sizes = [one.cases for one in report.growth]
    plt.plot(sizes, [sum(one.drained.cpu_us.values()) for one in report.growth], marker="o")
    plt.xscale("log")
    plt.xlabel("cases in the database")
    plt.ylabel("CPU \u00b5s an event")
    plt.ylim(bottom=0)
    return _save(path)
