"""``countersign clock``: when must custody end, by which rule, leaving out what."""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from shared.domain.errors import CalendarExhausted
from shared.domain.window import ClockRule, Deadline, deadline

_COLUMNS = {"id", "rule", "tz", "start_local"}


def clock(
    *,
    rule: Annotated[ClockRule | None, typer.Option(help="How to count.")] = None,
    tz: Annotated[str | None, typer.Option(help="The jail's zone, such as America/New_York.")] = None,
    start: Annotated[str | None, typer.Option(help="Start, such as 2012-03-02T17:00-05:00.")] = None,
    batch: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="CSV: id, rule, tz, start_local.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line instead of a table.")] = False,
) -> None:
    """Reckon a hold's deadline, or that of every row of a CSV file (one JSON line each, in order)."""
    if batch is not None:
        if rule or tz or start:
            raise typer.BadParameter("give either --batch, or --rule, --tz and --start")
        raise typer.Exit(_batch(batch))
    if not (rule and tz and start):
        raise typer.BadParameter("give --rule, --tz and --start, or --batch")
    try:
        end = _reckon(rule, tz, start)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    except CalendarExhausted as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(1) from wrong
    if as_json:
        typer.echo(json.dumps(_answer(end)))
    else:
        _show(end)


def _batch(file: Path) -> int:
    """Reckon each row; 1 if a row could not be, whose line then says why."""
    failed = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            missing = _COLUMNS - set(rows.fieldnames or ())
            if missing:
                raise typer.BadParameter(f"{file} lacks the columns {', '.join(sorted(missing))}")
            for answer in _answers(rows):
                failed |= "error" in answer
                typer.echo(json.dumps(answer))
    except (csv.Error, UnicodeDecodeError) as wrong:
        typer.echo(f"{file} is no CSV in UTF-8: {wrong}", err=True)
        return 1
    return failed


def _answers(rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """Answer row by row."""
    for row in rows:
        try:
            end = _reckon(ClockRule(row["rule"]), row["tz"] or "", row["start_local"] or "")
        except (ValueError, CalendarExhausted) as wrong:
            yield {"id": row["id"], "error": str(wrong)}
        else:
            yield {"id": row["id"], **_answer(end)}


def _reckon(rule: ClockRule, zone: str, start: str) -> Deadline:
    """Count from a written instant; without an offset it is local, and of a repeated hour the first pass."""
    at = datetime.fromisoformat(start.strip())
    if at.tzinfo is None:
        try:
            at = at.replace(tzinfo=ZoneInfo(zone))
        except (KeyError, OSError) as unknown:
            raise ValueError(f"{zone!r} is no IANA time zone") from unknown
    return deadline(rule, at, zone)


def _answer(end: Deadline) -> dict[str, Any]:
    """Write a deadline with its evidence as plain JSON."""
    return {
        "deadline_local": written(end.at),
        "deadline_utc": written(end.at.astimezone(UTC)).replace("+00:00", "Z"),
        "skipped": [
            {"from": written(span.start), "to": written(span.end), "why": span.why, "source": span.source}
            for span in end.skipped
        ],
    }


def written(instant: datetime) -> str:
    """Write an instant in ISO 8601, to the minute where nothing finer is said."""
    whole = instant.second == 0 and instant.microsecond == 0
    return instant.isoformat(timespec="minutes" if whole else "auto")


def _show(end: Deadline) -> None:
    """Show a deadline and what was left out."""
    answer = _answer(end)
    table = Table(title=end.rule.value, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("starts", f"{written(end.starts_at)} in {end.zone}")
    table.add_row("deadline", f"[bold]{answer['deadline_local']}[/bold] ({answer['deadline_utc']})")
    table.add_row("calendar", end.calendar)
    for span in answer["skipped"]:
        table.add_row("left out", f"{span['why']}, {span['from']} to {span['to']} ({span['source']})")
    Console().print(table)
