"""``countersign policy``: ask the rulebook what a date's law makes of a case's facts."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.console.cli import compare, rulebook
from services.console.cli.explain import explain
from services.console.cli.html import html
from services.console.rulebook.facts import read_day, read_facts
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from services.decision.policy.model import Finding, NearMiss, finding_as_json

policy = typer.Typer(no_args_is_help=True, help="The rulebook: what the law of a date makes of the facts.")

policy.command("list")(rulebook.listed)
policy.command("show")(rulebook.show)
policy.command("check")(rulebook.check)
policy.command("schema")(rulebook.schema)
policy.command("coverage")(compare.coverage)
policy.command("diff")(compare.diff)
policy.command("explain")(explain)
policy.command("html")(html)

_COLUMNS = {"id", "jurisdiction", "as_of_date", "facts_json"}
#: As many near misses as one looks at; ``--json`` has them all.
_NEAREST = 8


@policy.callback()
def about() -> None:
    """Ask the rulebook what the law of a date makes of the facts."""


@policy.command()
def evaluate(
    *,
    jurisdiction: Annotated[str | None, typer.Option(help="Code of the page, such as CT or US-FED.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Date of the decision, such as 2012-03-05.")] = None,
    facts: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="JSON file of facts.")] = None,
    batch: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="CSV: id, jurisdiction, as_of_date, facts_json."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line instead of a table.")] = False,
) -> None:
    """Evaluate one set of facts, or every row of a CSV file (one JSON line each, in order)."""
    if batch is not None:
        if jurisdiction or as_of or facts:
            raise typer.BadParameter("give either --batch, or --jurisdiction, --as-of and --facts")
        raise typer.Exit(_batch(batch))
    if not (jurisdiction and as_of and facts):
        raise typer.BadParameter("give --jurisdiction, --as-of and --facts, or --batch")
    try:
        finding = load_rulebook().evaluate(jurisdiction, read_day(as_of), read_facts(facts.read_text(encoding="utf-8")))
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    if as_json:
        typer.echo(_line(finding_as_json(finding)))
    else:
        _show(finding, f"{jurisdiction} on {as_of}")


def _batch(file: Path) -> int:
    """Evaluate each row; 1 if a row could not be read, whose line then says why."""
    book, failed = load_rulebook(), 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            missing = _COLUMNS - set(rows.fieldnames or ())
            if missing:
                raise typer.BadParameter(f"{file} lacks the columns {', '.join(sorted(missing))}")
            for answer in _answers(book, rows):
                failed |= "error" in answer
                typer.echo(_line(answer))
    except (csv.Error, UnicodeDecodeError) as wrong:
        typer.echo(f"{file} is no CSV in UTF-8: {wrong}", err=True)
        return 1
    return failed


def _answers(book: Rulebook, rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """Answer row by row."""
    for row in rows:
        try:
            as_of, facts = read_day(row["as_of_date"] or ""), read_facts(row["facts_json"] or "")
        except ValueError as wrong:
            yield {"id": row["id"], "error": str(wrong)}
            continue
        finding = book.evaluate(row["jurisdiction"], as_of, facts)
        yield {
            "id": row["id"],
            "outcome": finding.outcome.value,
            "citation": finding.citation,
            "policy": finding.policy,
            "rule": finding.rule,
            "unknown": list(finding.unknown),
        }


def _line(answer: Mapping[str, Any]) -> str:
    """Write one JSON line."""
    return json.dumps(answer, ensure_ascii=False)


def _show(finding: Finding, question: str) -> None:
    """Show what was found, why, and what would have changed it."""
    table = Table(title=question, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("outcome", f"[bold]{finding.outcome.value}[/bold]")
    table.add_row("rule", f"{finding.rule} of {finding.policy}")
    table.add_row("citation", finding.citation)
    table.add_row("clocks", ", ".join(finding.clocks) or "none")
    table.add_row("decider", finding.decider or "nobody is named")
    table.add_row("unknown", ", ".join(finding.unknown) or "nothing that matters")
    if (change := finding.counterfactual) is not None:
        table.add_row("otherwise", f"{change.outcome.value} if {_change(change)}")
    nearest = Table(title="nearest misses", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("rule", "outcome", "if"):
        nearest.add_column(column, overflow="fold")
    for miss in finding.near_misses[:_NEAREST]:
        nearest.add_row(miss.rule, miss.outcome.value, _change(miss))
    console = Console()
    console.print(table)
    console.print(nearest)


def _change(miss: NearMiss) -> str:
    """Say which fact would have to be what."""
    return f"{miss.fact} were {json.dumps(miss.then, default=str)}"
