"""``countersign policy coverage|diff``: which rules have cases, and what differs between two laws."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.cli.options import AsJson
from services.console.cli.say import as_json, printer, table
from services.console.rulebook.cases import OWN_CASES, NotCases, read_cases
from services.decision.policy.coverage import Coverage, DateCovered, RuleCovered
from services.decision.policy.coverage import coverage as covered
from services.decision.policy.differ import compare_instruments, compare_rulebooks
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import RULEBOOK_DIR, load_rulebook
from services.decision.policy.model import Instrument
from services.decision.policy.shown import all_instruments
from services.decision.policy.turned import TAKEN_OUT, TURNED_AROUND, Noticed, matrix
from shared.domain.errors import RulebookUnsound

CasesOption = Annotated[
    Path,
    typer.Option(
        "--cases",
        exists=True,
        help="Folder of pages of cases, or a CSV file of facts.",
        show_default="the rulebook's own, tests/policy",
    ),
]


def coverage(
    cases: CasesOption = OWN_CASES,
    path: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder of the pages; the built-in rulebook unless told.")
    ] = RULEBOOK_DIR,
    turned: Annotated[
        bool, typer.Option("--turned", help="Instead: take each rule out, and turn it around, and count who notices.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Count the cases of every rule and every date, on both sides; exit 1 if one has none."""
    try:
        written = read_cases(cases)
    except NotCases as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--cases") from wrong
    if turned:
        raise typer.Exit(_turned(list(matrix(_book(path), written)), json_wanted=json))
    found = covered(_book(path), written)
    if json:
        as_json(_as_plain(found))
    else:
        out = printer()
        out.print(
            table("Rules", ("policy", "rule", "decides", "came out false"), [_rule(each) for each in found.rules])
        )
        out.print(
            table("Dates", ("jurisdiction", "date", "day before", "that day"), [_date(each) for each in found.dates])
        )
        out.print(table("Covered on both sides", ("what", "covered", "of"), _totals(found)))
    if not found.whole:
        raise typer.Exit(1)


def _turned(rows: Sequence[Noticed], *, json_wanted: bool) -> int:
    """Print the matrix of rules and of the cases that would miss them; 1 if a rule would not be missed."""
    missed = sum(row.both for row in rows)
    if json_wanted:
        as_json({"rules": len(rows), "missed": missed, "matrix": [asdict(row) for row in rows]})
    else:
        told = [(row.policy, row.rule, len(row.taken_out), len(row.turned_around)) for row in rows]
        out = printer()
        out.print(table("Cases that notice", ("policy", "rule", TAKEN_OUT, TURNED_AROUND), told))
        out.print(f"{missed} of {len(rows)} rules would be missed, taken out or turned around")
    return int(missed < len(rows))


def diff(
    one: Annotated[
        str, typer.Argument(metavar="A", help="An instrument, such as nyc-doc-2011, or a rulebook's folder.")
    ],
    other: Annotated[str, typer.Argument(metavar="B", help="Another of the same kind.")],
    json: AsJson = False,
) -> None:
    """Show what differs between two instruments or two rulebooks: rules, dates and citations, side by side."""
    folders = [Path(each).is_dir() for each in (one, other)]
    if all(folders):
        found = compare_rulebooks(_book(Path(one)), _book(Path(other)))
    elif any(folders):
        raise typer.BadParameter("give two instruments or two folders, not one of each")
    else:
        book = load_rulebook()
        found = compare_instruments(_instrument(book, one), _instrument(book, other))
    if json:
        as_json([asdict(each) for each in found])
        return
    rows = [(each.policy, each.part, each.kind, each.before, each.after) for each in found]
    printer().print(table(f"Differences ({len(rows)})", ("policy", "part", "is", one, other), rows))


def _book(path: Path) -> Rulebook:
    """Load a rulebook; what is wrong with it is the user's to mend."""
    try:
        return load_rulebook(path)
    except RulebookUnsound as wrong:
        raise typer.BadParameter(str(wrong)) from wrong


def _instrument(book: Rulebook, name: str) -> tuple[Rulebook, str, Instrument]:
    """Find an instrument by its id, the newest revision, or by id and revision."""
    found = [(place, law) for place, law in all_instruments(book) if name in (law.id, law.policy)]
    if not found:
        raise typer.BadParameter(f"no instrument is called {name}; see 'countersign policy list'")
    place, law = max(found, key=lambda each: each[1].revision)
    return book, place, law


def _rule(each: RuleCovered) -> tuple[str, str, int, int | str]:
    """Give a rule's row; a default asks nothing that could come out false."""
    return each.policy, each.rule, len(each.decides), len(each.denied) if each.asks else "asks nothing"


def _date(each: DateCovered) -> tuple[str, str, int, int]:
    return each.jurisdiction, each.day.isoformat(), len(each.before), len(each.on)


def _totals(found: Coverage) -> list[tuple[str, int, int]]:
    return [
        ("rules", sum(each.covered for each in found.rules), len(found.rules)),
        ("dates", sum(each.covered for each in found.dates), len(found.dates)),
    ]


def _as_plain(found: Coverage) -> dict[str, Any]:
    """Give the whole of it for machines, with the names of the cases."""
    return {
        "cases": found.cases,
        "whole": found.whole,
        "rules": [{**asdict(each), "covered": each.covered} for each in found.rules],
        "dates": [{**asdict(each), "covered": each.covered} for each in found.dates],
    }
