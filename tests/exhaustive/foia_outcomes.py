"""Decide every row of ICE's detainer release by the pure core alone, and count outcomes beside what the records say.

    python -m tests.exhaustive.foia_outcomes FILE [--limit N]

The events are those that ``countersign up --play FILE`` sends, folded and judged in the order of their arrival by the
code the services use; broker, database and notices are left out, so that 22,719 cases take seconds and not hours.
Figures only: nothing of a row is printed.
"""

import argparse
import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from services.console.play.foia import read_foia
from services.console.play.model import EventLine, Play
from services.console.play.verdict import beside_records
from services.decision.judge import Matter, Standing, rule_on
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from shared.domain.case import HeardEvent
from shared.domain.fold import fold
from shared.domain.ids import Ori
from shared.domain.jurisdiction import Facility


def read(file: Path, limit: int | None) -> Play:
    """Read the release, gzipped or not."""
    said = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return read_foia(csv.DictReader(said.decode("utf-8-sig").splitlines()), name=file.name, limit=limit)


def standing(lines: Sequence[EventLine], facility: Facility, book: Rulebook) -> tuple[str, Standing]:
    """Play one booking to its end; give its detainer and the decision that stands then."""
    heard: list[HeardEvent] = []
    stands: Standing | None = None
    for line in sorted(lines, key=lambda each: each.at):
        heard.append(_heard(line))
        case = fold(heard)
        if not case.detainers:
            continue
        matter = Matter(
            case=case, detainer=case.detainers[0], facility=facility, parked_events=0, standing=stands, answer=None
        )
        ruling = rule_on(matter, book, line.at)
        if stands is None or not ruling.says_the_same(stands):
            stands = Standing(
                outcome=ruling.finding.outcome,
                policy=ruling.finding.policy,
                rule=ruling.finding.rule,
                facility_ori=ruling.facility_ori,
                due_by=ruling.due_by,
                window=ruling.window,
                spent=False,
            )
    if stands is None:
        raise ValueError("a row without a detainer was played")
    return case.detainers[0].detainer_id, stands


def _heard(line: EventLine) -> HeardEvent:
    event = line.event
    return HeardEvent(
        source=event["source"],
        id=event["id"],
        type=event["type"],
        time=datetime.fromisoformat(event["time"]),
        sequence=event.get("sequence"),
        heard_at=line.at,
        data=event["data"],
    )


def main() -> int:
    """Print the counts."""
    parser = argparse.ArgumentParser(description="Outcomes of the detainer release beside its records.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    play, book = read(options.file, options.limit), load_rulebook()
    places = {facility.ori: facility for facility in play.facilities}
    cases: dict[tuple[Ori, str], list[EventLine]] = defaultdict(list)
    for line in play.lines:
        if isinstance(line, EventLine):
            cases[Ori(line.event["data"]["facility_ori"]), line.event["data"]["booking_number"]].append(line)
    stood = dict(standing(lines, places[ori], book) for (ori, _), lines in cases.items())
    told = {
        "played": len(stood),
        "not_played": Counter(each.reason for each in play.set_aside),
        "by_place": beside_records(((name, one.outcome) for name, one in stood.items()), play.recorded),
        "by_rule": Counter(f"{one.policy} {one.rule}" for one in stood.values()),
    }
    sys.stdout.write(json.dumps(told, indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
