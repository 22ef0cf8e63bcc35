"""``countersign audit``: whether every record is what it was when it was written."""

import asyncio
from pathlib import Path
from typing import Any

import typer

from services.console.audit.chains import Misfit
from services.console.audit.records import every_case, notices_alone
from services.console.audit.rows import Tally, check
from services.console.cli.offline import records_of
from services.console.cli.options import AsJson, DataDir
from services.console.cli.say import as_json, note, printer, table
from shared.runtime.clock import machine_seconds

app = typer.Typer(help="The records, held against themselves.", no_args_is_help=True)

_MOST_SHOWN = 100
_LIMITS = (
    "A chain whose end was cut off together with its head is whole in itself: only checkpoints kept outside this"
    " database can show that. Not in any record's digest: the words of a notice, a reviewer's answer, and the events"
    " as they came."
)


@app.callback()
def audit() -> None:
    """Look after the records."""


@app.command("verify")
def verify(data_dir: DataDir = None, json: AsJson = False) -> None:
    """Walk every case's chain in the three journals, and name the first record that does not fit.

    Links, digests, places and heads are checked, then the decisions, holds, notices and receipts that the
    records speak of. Reads as the database's owner; exits 1 if anything does not fit.
    """
    tally, seconds = asyncio.run(_verify(data_dir))
    _show(tally, seconds, json_wanted=json)
    raise typer.Exit(1 if tally.misfits else 0)


async def _verify(root: Path | None) -> tuple[Tally, float]:
    """Check everything; give what was found, and the machine seconds it took once the database was there."""
    tally = Tally()
    async with records_of(root) as connection:
        began = machine_seconds()
        async for one in every_case(connection):
            check(one, tally)
        for lost in await notices_alone(connection):
            tally.misfits.append(Misfit("notify", lost, None, f"notice {lost} has no record"))
        return tally, machine_seconds() - began


def _show(tally: Tally, seconds: float, *, json_wanted: bool) -> None:
    counts = {name: getattr(tally, name) for name in Tally.__dataclass_fields__ if name != "misfits"}
    speed = round(tally.records / seconds) if seconds else 0
    if json_wanted:
        told: dict[str, Any] = {
            **counts,
            "seconds": round(seconds, 3),
            "records_per_s": speed,
            "fits": not tally.misfits,
            "misfits": [
                {"journal": one.journal, "case_id": str(one.case_id), "seq": one.seq, "what": one.what}
                for one in tally.misfits
            ],
            "limits": _LIMITS,
        }
        as_json(told)
        return
    out = printer()
    out.print(table("Checked", ("what", "count"), [(name.replace("_", " "), count) for name, count in counts.items()]))
    if tally.misfits:
        rows = [(one.journal, str(one.case_id), one.seq, one.what) for one in tally.misfits[:_MOST_SHOWN]]
        out.print(table(f"Does not fit ({len(tally.misfits)})", ("journal", "case", "record", "what"), rows))
    else:
        out.print("Every chain fits, and so does every row that a record speaks of.")
    note(f"{tally.records:,} records in {seconds:.1f} s, {speed:,} a second")
    note(_LIMITS)
