"""What was measured, as a table, as one JSON object, and as plots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.drain import Drained
from benchmarks.growth import Grown
from benchmarks.intake_http import Posted
from benchmarks.latency import Latency
from benchmarks.peered import Peered


@dataclass(slots=True, kw_only=True)
class Report:
    """One run on one machine."""

    machine: dict[str, Any]
    mix: dict[str, Any] = field(default_factory=dict)
    drained: dict[str, Drained] = field(default_factory=dict)
    peers: dict[str, Peered] = field(default_factory=dict)
    floors: dict[str, float] = field(default_factory=dict)
    posted: dict[str, Posted] = field(default_factory=dict)
    latencies: dict[str, Latency] = field(default_factory=dict)
    processes: dict[int, Drained] = field(default_factory=dict)
    growth: list[Grown] = field(default_factory=list)
    restart: dict[str, float] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Give the figures by which runs are compared; None for what this run did not measure."""
        ours, peer = self.drained.get("detained"), self.peers.get("detained")
        quarter = self.latencies.get("quarter")
        smallest, largest = (self.growth[0], self.growth[-1]) if self.growth else (None, None)
        is_whole = largest is not None and largest.cases >= 10_000_000  # noqa: PLR2004 - the figure's own name
        return {
            "events_per_s": round(ours.events_per_s, 1) if ours else None,
            "ratio_to_plain_peer": round(ours.events_per_s / peer.events_per_s, 1) if ours and peer else None,
            "share_of_cpu_bound": round(ours.share_of_cpu_bound, 3) if ours else None,
            "p99_ms_at_quarter": quarter.to["decision"].p99 if quarter and "decision" in quarter.to else None,
            "growth_10m_over_10k": _ratio(smallest, largest) if is_whole else None,
            "growth": {str(one.cases): _ratio(smallest, one) for one in self.growth} or None,
            "ratios": {
                name: round(self.drained[name].events_per_s / peer.events_per_s, 1)
                for name, peer in self.peers.items()
                if name in self.drained
            },
        }

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Give the table: what, figure, remark."""
        for name, one in self.drained.items():
            spent = ", ".join(f"{part} {us:.0f}" for part, us in one.cpu_us.items())
            yield f"events a second, {name}", f"{one.events_per_s:,.0f}", f"{one.events} events in {one.seconds:.1f} s"
            yield f"  CPU \u00b5s an event, {name}", f"{sum(one.cpu_us.values()):.0f}", spent
            yield f"  share of the CPU bound, {name}", f"{one.share_of_cpu_bound:.0%}", f"bound {one.cpu_bound:,.0f}/s"
        for name, peer in self.peers.items():
            ours = self.drained[name].events_per_s
            spent = ", ".join(f"{part} {us:.0f}" for part, us in peer.cpu_us.items())
            yield (
                f"plain peer, {name}",
                f"{peer.events_per_s:,.1f}",
                f"{ours / peer.events_per_s:.1f} times; CPU \u00b5s: {spent}",
            )
        for name, floor in self.floors.items():
            yield f"floor: {name}", f"{floor:,.0f}", ""
        for name, posted in self.posted.items():
            yield f"HTTP: {name}", f"{posted.events_per_s:,.0f}", f"p50 {posted.p50_ms} ms, p99 {posted.p99_ms} ms"
        for name, met in self.latencies.items():
            for place, spread in met.to.items():
                figure = f"{spread.p50:.0f} / {spread.p99:.0f} / {spread.longest:.0f} ms"
                yield (
                    f"p50/p99/max at {name}: to {place}",
                    figure,
                    f"{met.sent_per_s:,.0f} events/s, {spread.of} detainers",
                )
        for count, one in self.processes.items():
            yield f"events a second, {count} of each", f"{one.events_per_s:,.0f}", f"bound {one.cpu_bound:,.0f}/s"
        for size in self.growth:
            took = sum(size.drained.cpu_us.values())
            remark = f"{size.database_mb:,.0f} MB, indexes {size.index_mb:,.0f} MB; memory {_memory(size.memory_mb)}"
            yield f"CPU \u00b5s an event at {size.cases:,} cases", f"{took:.0f}", remark
        for what, seconds in self.restart.items():
            yield what, f"{seconds:,.2f}", ""

    def as_json(self) -> dict[str, Any]:
        """Give everything, for machines."""
        return {**asdict(self), "summary": self.summary()}


def _ratio(before: Grown | None, after: Grown | None) -> float | None:
    """Give how many times the CPU an event takes at the one size that it takes at the other."""
    if before is None or after is None:
        return None
    return round(sum(after.drained.cpu_us.values()) / sum(before.drained.cpu_us.values()), 2)


def _memory(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{part} {mb:.0f}" for part, mb in sorted(parts.items()))


def plot(report: Report, into: Path) -> Sequence[Path]:
    """Write the plots; none where the drawing library is not installed."""
    try:
        from benchmarks import plots  # noqa: PLC0415 - only where it is wanted
    except ImportError:
        return ()
    return plots.draw(report, into)
