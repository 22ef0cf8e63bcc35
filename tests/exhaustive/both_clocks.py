"""Ask both calculators about every start minute of 2007-2040, in six zones, by every rule.

    python -m tests.exhaustive.both_clocks --into DIR [--most-parts N] [--shard I/N]

A part is one zone and year. Each part that is done adds a line to DIR/both_clocks.jsonl and is not done again,
so the run can be stopped at any time. Exits 1 at the first start on which the two differ, and names it.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from shared.domain.counted_twice import counted
from shared.domain.errors import CalendarExhausted
from shared.domain.window import ClockRule
from shared.runtime.tz_data import tz_data

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
YEARS = range(2007, 2041)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one zone and year came to."""

    zone: str
    year: int
    starts: int
    deadlines: int
    #: Starts so near an end of the tables that neither or only the first could count; never a longer hold.
    beyond_the_table: int
    seconds: float
    tz_data: str


class Differs(Exception):
    """The two calculators gave different instants."""


def part(zone: str, year: int) -> Part:
    """Ask both about every minute of a UTC year; raises ``Differs``."""
    began, starts, deadlines, beyond = perf_counter(), 0, 0, 0
    for start in _minutes(year):
        starts += 1
        for rule in ClockRule:
            try:
                both = counted(rule, start, zone)
            except CalendarExhausted:
                beyond += 1
                continue
            if both.second is None:
                beyond += 1
            elif not both.agrees:
                raise Differs(f"{rule} from {start.isoformat()} in {zone}: {both.first} and {both.second}")
            else:
                deadlines += 1
    seconds = round(perf_counter() - began, 1)
    return Part(
        zone=zone,
        year=year,
        starts=starts,
        deadlines=deadlines,
        beyond_the_table=beyond,
        seconds=seconds,
        tz_data=tz_data(),
    )


def _minutes(year: int) -> Iterator[datetime]:
    at, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while at < end:
        yield at
        at += _MINUTE


def _done(file: Path) -> set[tuple[str, int]]:
    """Read which parts are done; a line cut short by a stop is done again."""
    done = set[tuple[str, int]]()
    for line in file.read_text().splitlines() if file.exists() else ():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        done.add((told["zone"], told["year"]))
    return done


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Both calculators, every minute.")
    parser.add_argument("--into", type=Path, required=True, help="where the lines of the parts done are kept")
    parser.add_argument("--most-parts", type=int, help="stop after so many parts")
    parser.add_argument("--shard", default="0/1", help="I/N: every Nth part from the Ith on, for several processes")
    return parser.parse_args()


def main() -> int:
    """Do the parts that are not done yet."""
    options = _options()
    options.into.mkdir(parents=True, exist_ok=True)
    file = options.into / "both_clocks.jsonl"
    which, of = (int(number) for number in options.shard.split("/"))
    every = [(zone, year) for year in YEARS for zone in ZONES]
    left = [one for one in every[which::of] if one not in _done(file)]
    for zone, year in left[: options.most_parts]:
        try:
            line = json.dumps(asdict(part(zone, year)))
        except Differs as found:
            sys.stderr.write(f"{found}\n")
            return 1
        with file.open("a") as out:
            out.write(line + "\n")
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(_done(file))} of {len(every)} parts are done\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
