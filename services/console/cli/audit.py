"""``countersign audit``: whether every record is what it was when it was written."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console.audit.chains import Misfit
from services.console.audit.records import every_case, notices_alone
from services.console.audit.rows import Tally, check
from services.console.cli.offline import records_of
from services.console.cli.options import AsJson, DataDir
from services.console.cli.say import as_json, note, printer, table
from shared.db.session import ReadSession
from shared.domain.errors import CountersignError
from shared.outbox.invariants import Reach, Violation, ask, invariants, lasting
from shared.runtime.clock import Anchor, clock_from, machine_seconds

app = typer.Typer(help="The records, held against themselves.", no_args_is_help=True)

_MOST_SHOWN = 100
_LOOK_AGAIN_S = 5.0
_LIMITS = (
    "A chain whose end was cut off together with its head is whole in itself: only checkpoints kept outside this"
    " database can show that. Not in any record's digest: the words of a notice, and an answer that decided nothing."
)


@app.callback()
def audit() -> None:
    """Look after the records."""


@app.command("verify")
def verify(data_dir: DataDir = None, json: AsJson = False) -> None:
    """Walk every case's chain in the three journals, and name the first record that does not fit.

    Links, digests, places and heads are checked, then the events, answers, decisions, holds, notices and receipts that
    the records speak of. Reads as the database's owner; exits 1 if anything does not fit.
    """
    tally, seconds = asyncio.run(_verify(data_dir))
    _show(tally, seconds, json_wanted=json)
    raise typer.Exit(1 if tally.misfits else 0)


@app.command("sweep")
def sweep(
    data_dir: DataDir = None,
    at_once: Annotated[bool, typer.Option("--at-once", help="Count also what may pass by itself in a moment.")] = False,
    json: AsJson = False,
) -> None:
    """Ask of everything there is what must never be; the services ask the same each minute of what is recent.

    What passes by itself (a letter on its way, a timer that has just fallen due) counts once it has lasted.
    Reads as the database's owner; exits 1 if a promise is broken.
    """
    violations = asyncio.run(_sweep(data_dir, at_once=at_once))
    if json:
        as_json(
            {
                "asked": len(invariants()),
                "violations": [
                    {
                        "invariant": one.invariant.name,
                        "promise": one.invariant.promise,
                        "subject": one.subject,
                        "case_id": str(one.case_id) if one.case_id else None,
                        "detail": one.detail,
                    }
                    for one in violations
                ],
            }
        )
    elif violations:
        rows = [(v.invariant.promise, v.invariant.name, v.subject, v.detail) for v in violations[:_MOST_SHOWN]]
        printer().print(table(f"Broken ({len(violations)})", ("promise", "question", "about", "what"), rows))
    else:
        printer().print(f"{len(invariants())} questions asked of everything; nothing is as it must not be.")
    raise typer.Exit(1 if violations else 0)


async def _sweep(root: Path | None, *, at_once: bool) -> list[Violation]:
    """Look, and look again at what may pass, until it has passed or has lasted too long."""
    seen: dict[str, float] = {}
    while True:
        async with records_of(root) as connection:
            now = await _now(connection)
            found = await ask(ReadSession(connection), invariants(), Reach.whole(now))
        machine = machine_seconds()
        seen = {one.key: seen.get(one.key, machine) for one in found}
        wrong = found if at_once else lasting(seen, found, machine)
        if len(wrong) == len(found):
            return wrong
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _now(connection: AsyncConnection) -> datetime:
    """Give the instant that the database lives in."""
    row = await ReadSession(connection).one("SELECT kind, starts_at, speed, machine_anchor, instant FROM runtime.clock")
    if row is None:
        raise CountersignError("this database has no clock yet: run `countersign migrate` first")
    return clock_from(Anchor(*tuple(row))).now()


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
