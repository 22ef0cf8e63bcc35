"""Play one file in many ways, on both brokers, through kills and pauses, and hold every verdict against the first.

    python -m tests.exhaustive.same_verdict [FILE|sample] --into DIR [--way NAME]... [--list]

Each way is played on a directory of its own and adds a line to DIR/same_verdict.jsonl; one that is there is not
played again. Exits 1 if a verdict differs, a promise was broken, or a way did not do what it says it does.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from services.console.play.lines import open_play
from tests.e2e.up import ended, part, started, until
from tests.support.apache import ApacheKafka, fetched

SERVICES = ("intake", "decision", "notify")
_PAUSE_S, _PAUSES = 20.0, 3
#: Early and late in the middle of a play.
_TWICE = (0.05, 0.12)
_PATIENCE_S = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Played:
    """One play that runs: the process, where its logs are, and the node when it is Apache Kafka."""

    up: "subprocess.Popen[str]"
    folder: Path
    apache: ApacheKafka | None
    #: Lines of the play.
    lines: int

    @property
    def is_over(self) -> bool:
        """Tell whether it has ended."""
        return self.up.poll() is not None

    def said(self, words: str) -> int:
        """Count the lines of all logs in which something stands."""
        return sum(log.read_text(errors="replace").count(words) for log in (self.folder / "logs").glob("*.log"))

    def after(self, share: float) -> None:
        """Wait until batches of decisions were logged, for each line of the play so many: a third is its end."""
        until(self.up, lambda: self.said("case.decided") >= share * self.lines, within_s=_PATIENCE_S)

    def signal(self, command: str, number: signal.Signals) -> None:
        """Send a part a signal."""
        os.kill(until(self.up, lambda: part(self.up, command)), number)


Disturb = Callable[[Played], None]


def leave_alone(_: Played) -> None:
    """Disturb nothing."""


def kill(name: str) -> Disturb:
    """Kill a service with -9, twice, in the middle."""

    def disturb(played: Played) -> None:
        for share in _TWICE:
            played.after(share)
            played.signal(f"serve {name}", signal.SIGKILL)

    return disturb


def kill_broker(played: Played) -> None:
    """Kill the broker with -9, twice, in the middle; Apache Kafka is started again by hand."""
    for share in _TWICE:
        played.after(share)
        if played.apache is not None:
            played.apache.kill()
            played.apache.start()
        else:
            played.signal("shared.embedded.broker", signal.SIGKILL)


def stop_and_wake(played: Played) -> None:
    """Stop one of two instances of each service for 20 s, and wake it, in turn, for as long as the play goes on."""
    for turn in range(_PAUSES):
        for name in SERVICES:
            share = _TWICE[0] * (turn + 1) * played.lines
            until(played.up, lambda share=share: played.is_over or played.said("case.decided") >= share)
            pid = part(played.up, f"serve {name}")
            if played.is_over or pid is None:
                return
            os.kill(pid, signal.SIGSTOP)
            time.sleep(_PAUSE_S)
            os.kill(pid, signal.SIGCONT)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to play: on which broker, with what words for `up`, through what."""

    apache: bool
    disturb: Disturb
    words: Sequence[str] = ()
    #: Counted in the logs: these must have happened, or the way proved nothing.
    must_say: Sequence[str] = ()


def _ways() -> dict[str, Way]:
    ways: dict[str, Way] = {}
    for broker in ("development", "apache"):
        on = broker == "apache"
        ways[f"{broker}: undisturbed"] = Way(on, leave_alone)
        for name in SERVICES:
            ways[f"{broker}: {name} killed"] = Way(on, kill(name), must_say=("part.died",))
        ways[f"{broker}: broker killed"] = Way(on, kill_broker)
        ways[f"{broker}: two of each, one stopped for 20 s"] = Way(
            on, stop_and_wake, ("--instances", "2"), must_say=("batch.stale",)
        )
    for seed in range(1, 11):
        ways[f"development: doubled and shuffled, seed {seed}"] = Way(False, leave_alone, ("--shuffle", str(seed)))
    return ways


WAYS = _ways()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one way ended."""

    way: str
    seconds: float
    code: int
    verdict: dict[str, Any]
    violations: list[str]
    restarts: dict[str, int]
    stale_batches: int
    missing: list[str] = field(default_factory=list)


def play(file: str, name: str, folder: Path) -> Result:
    """Play a file one way."""
    way = WAYS[name]
    began = time.monotonic()
    with _apache(way, folder) as apache:
        env = {"COUNTERSIGN_KAFKA": apache.bootstrap} if apache else {}
        words = ["--play", file, "--speed", "max", "--until-done", *way.words]
        with started(folder / "d", *words, env=env) as up:
            played = Played(up, folder / "d", apache, len(open_play(file).lines))
            way.disturb(played)
            code, end = ended(up, within_s=_PATIENCE_S)
    return Result(
        way=name,
        seconds=round(time.monotonic() - began, 1),
        code=code,
        verdict=end["verdict"],
        violations=end["violations"],
        restarts=end["work"]["restarts"],
        stale_batches=played.said("batch.stale"),
        missing=[words for words in way.must_say if not played.said(words)],
    )


@contextmanager
def _apache(way: Way, folder: Path) -> Iterator[ApacheKafka | None]:
    if not way.apache:
        yield None
        return
    node = ApacheKafka(folder / "kafka")
    node.start()
    try:
        yield node
    finally:
        node.end()


def main() -> int:
    """Play what is asked for and compare."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("file", nargs="?", default="sample")
    asked.add_argument("--into", type=Path, required=True)
    asked.add_argument("--way", action="append", choices=sorted(WAYS))
    asked.add_argument("--list", action="store_true")
    words = asked.parse_args()
    if words.list:
        sys.stdout.write("\n".join(WAYS) + "\n")
        return 0
    words.into.mkdir(parents=True, exist_ok=True)
    notes = words.into / "same_verdict.jsonl"
    done = [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []
    names = words.way or list(WAYS)
    if any(WAYS[name].apache for name in names) and (trouble := fetched()):
        sys.stderr.write(f"not played on Apache Kafka: {trouble}\n")
        names = [name for name in names if not WAYS[name].apache]
    for number, name in enumerate(names):
        if name in {one["way"] for one in done}:
            continue
        result = play(words.file, name, words.into.absolute() / f"{number:02}-{os.getpid()}")
        done.append(asdict(result))
        with notes.open("a") as file:
            file.write(json.dumps(done[-1]) + "\n")
        sys.stdout.write(_line(done[0], done[-1]) + "\n")
        sys.stdout.flush()
    return 0 if all(_is_same(done[0], one) for one in done) else 1


def _is_same(first: dict[str, Any], one: dict[str, Any]) -> bool:
    return one["code"] == 0 and not one["missing"] and one["verdict"] == first["verdict"]


def _line(first: dict[str, Any], one: dict[str, Any]) -> str:
    same = "same verdict" if one["verdict"] == first["verdict"] else "ANOTHER VERDICT"
    missing = f" BUT NEVER: {', '.join(one['missing'])}" if one["missing"] else ""
    return (
        f"{one['way']:58} exit {one['code']}  {same}  {one['seconds']:7.1f} s"
        f"  restarts {sum(one['restarts'].values())}  stale batches refused {one['stale_batches']}{missing}"
    )


if __name__ == "__main__":
    sys.exit(main())
