"""``countersign decision``: decide recorded decisions again, and compare."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.audit.records import every_decision
from services.console.cli.offline import records_of
from services.console.cli.options import AsJson, DataDir
from services.console.cli.say import as_json, note, printer, table
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import RULEBOOK_DIR, load_rulebook
from services.decision.replay import Difference, Replayed, replay
from shared.runtime.clock import machine_seconds
from shared.runtime.tz_data import tz_data

app = typer.Typer(help="Recorded decisions.", no_args_is_help=True)

_MOST_SHOWN = 100
_LIMITS = (
    "Worked out again: the facts from the case, the finding and its explanation, lapses, windows and what ended them,"
    " due_by, who decided, and the bytes that were told. Taken as recorded: the case as it was folded, the reviewer's"
    " answer, and the instant of deciding."
)


@dataclass(slots=True)
class _Tally:
    decisions: int = 0
    erased: int = 0
    #: Decided by a rulebook of another version or content than the one they were held against.
    other_rulebook: int = 0
    other_tz_data: int = 0
    differences: list[Difference] = field(default_factory=list)

    def count(self, one: Replayed, rulebook: Rulebook) -> None:
        self.decisions += 1
        self.erased += one.tz_data is None
        self.other_rulebook += one.decision.rulebook_digest != rulebook.digest
        self.other_tz_data += one.tz_data not in (None, tz_data())
        self.differences += one.differences


@app.callback()
def decision() -> None:
    """Look after the decisions."""


@app.command("replay")
def replay_all(
    data_dir: DataDir = None,
    rulebook: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="The rulebook to decide by, if not the one in force.")
    ] = RULEBOOK_DIR,
    json: AsJson = False,
) -> None:
    """Decide every recorded decision again from what was looked at then, and compare byte for byte.

    Reads as the database's owner; exits 1 if anything differs. A decision whose snapshot was erased is counted.
    """
    tally, seconds = asyncio.run(_replay(data_dir, load_rulebook(rulebook)))
    _show(tally, seconds, json_wanted=json)
    raise typer.Exit(1 if tally.differences else 0)


async def _replay(root: Path | None, rulebook: Rulebook) -> tuple[_Tally, float]:
    """Decide all again; give what was found, and the machine seconds it took once the database was there."""
    tally = _Tally()
    async with records_of(root) as connection:
        began = machine_seconds()
        async for decisions in every_decision(connection):
            for one in replay(decisions, rulebook):
                tally.count(one, rulebook)
        return tally, machine_seconds() - began


def _show(tally: _Tally, seconds: float, *, json_wanted: bool) -> None:
    counts = {name: getattr(tally, name) for name in ("decisions", "erased", "other_rulebook", "other_tz_data")}
    speed = round(tally.decisions / seconds) if seconds else 0
    if json_wanted:
        differences = [_plain(one) for one in tally.differences]
        as_json({**counts, "seconds": round(seconds, 3), "per_s": speed, "differences": differences, "limits": _LIMITS})
        return
    out = printer()
    out.print(table("Decided again", ("what", "count"), [(name.replace("_", " "), n) for name, n in counts.items()]))
    if tally.differences:
        shown = [tuple(_plain(one).values()) for one in tally.differences[:_MOST_SHOWN]]
        columns = tuple(_plain(tally.differences[0]))
        out.print(table(f"Differences ({len(tally.differences)})", columns, shown))
    else:
        out.print("0 differences.")
    note(f"{tally.decisions:,} decisions in {seconds:.1f} s, {speed:,} a second")
    note(_LIMITS)


def _plain(one: Difference) -> dict[str, Any]:
    decided = one.decision
    return {
        "decision": str(decided.id),
        "case_id": str(decided.case_id),
        "detainer_id": decided.detainer_id,
        "number": decided.number,
        "rulebook_version": decided.rulebook_version,
        "what": one.what,
        "stored": one.stored,
        "again": one.again,
    }
