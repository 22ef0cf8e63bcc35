"""``countersign policy list|show|check|schema``: read the rulebook, and have it checked."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.cli.options import AsJson
from services.console.cli.say import as_json, items, printer, table
from services.console.rulebook.cases import OWN_CASES, NotCases, read_cases
from services.decision.policy.check import problems
from services.decision.policy.coverage import Case
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import RULEBOOK_DIR, load_rulebook
from services.decision.policy.schema import page_schema
from services.decision.policy.shown import all_instruments, instrument_shown, span_shown

_LISTED = ("policy", "jurisdiction", "from", "to", "agencies", "confidence", "title")


def listed(
    jurisdiction: Annotated[str | None, typer.Option(help="Only the page of this code, such as CT.")] = None,
    on: Annotated[str | None, typer.Option(help="Only what is in force on this day, such as 2014-12-15.")] = None,
    json: AsJson = False,
) -> None:
    """List every instrument: whom it binds, from when to when, and how sure the law behind it is."""
    book, day = load_rulebook(), None if on is None else _day(on)
    if jurisdiction is not None and jurisdiction not in book.jurisdictions():
        raise typer.BadParameter(f"no page is called {jurisdiction}; there are {', '.join(book.jurisdictions())}")
    places = book.jurisdictions() if jurisdiction is None else (jurisdiction,)
    rows = [
        {
            "policy": law.policy,
            "jurisdiction": place,
            **span_shown(span),
            "confidence": law.confidence,
            "title": law.title,
        }
        for place in places
        for law in book.instruments(place)
        for span in law.binds
        if day is None or span.covers(day)
    ]
    items("Instruments", rows, _LISTED, json_wanted=json)


def show(
    policy_id: Annotated[str, typer.Argument(metavar="ID", help="Such as ct-trust-2014, or ct-trust-2014@1.")],
    json: AsJson = False,
) -> None:
    """Show one instrument as a table that a lawyer would sign; us-fed-order shows the tests that hold everywhere."""
    book = load_rulebook()
    found = [each for each in all_instruments(book) if policy_id in (each[1].id, each[1].policy)]
    if not found:
        raise typer.BadParameter(f"no instrument is called {policy_id}; see 'countersign policy list'")
    place, law = max(found, key=lambda each: each[1].revision)
    shown = instrument_shown(book, place, law)
    if json:
        as_json(shown)
        return
    out = printer()
    head = [(name, value if isinstance(value, str) else "; ".join(value)) for name, value in shown["head"].items()]
    out.print(table(f"{law.policy}: {law.title}", ("what", "is"), head))
    out.print(_rows("Whom it binds", ("from", "to", "agencies", "because"), shown["binds"]))
    out.print(_rows("Rules, in order", ("rule", "when", "outcome", "citation", "confidence"), shown["rules"]))


def check(
    path: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder of the pages; the built-in rulebook unless told.")
    ] = RULEBOOK_DIR,
    cases: Annotated[
        Path | None,
        typer.Option(exists=True, help="Pages of cases, or a CSV file; the rulebook's own, where they are there."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Check the rulebook: citations, vocabulary, dates, every rule reachable and tried on both sides; exit 1 if not."""
    tried = _cases(path, cases)
    wrong = problems(path, tried)
    book = None if wrong else load_rulebook(path)
    if json:
        sound = {"sound": book is not None, "problems": [_problem(each) for each in wrong]}
        as_json(sound if book is None else sound | _counted(book, tried))
    elif book is None:
        for each in wrong:
            typer.echo(str(each))
    else:
        out = printer()
        out.print(table(f"Sound: {_proved(tried)}", ("what", "is"), [*_counted(book, tried).items()]))
    if wrong:
        raise typer.Exit(1)


def schema() -> None:
    """Print the JSON Schema of a page, for editors and for those who write pages elsewhere."""
    as_json(page_schema())


def _day(text: str) -> date:
    """Read a day."""
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise typer.BadParameter(f"{text!r} is no date; write it like 2014-12-15") from wrong


def _rows(title: str, columns: Sequence[str], found: Sequence[dict[str, Any]]) -> Any:
    return table(title, columns, [[one.get(name) for name in columns] for one in found])


def _problem(problem: Any) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("file", "line", "key", "mend")}


def _cases(path: Path, cases: Path | None) -> list[Case] | None:
    """Read the cases; by default those that lie beside the source of the built-in rulebook, if they do."""
    if cases is None and (path != RULEBOOK_DIR or not OWN_CASES.is_dir()):
        return None
    try:
        return read_cases(cases or OWN_CASES)
    except NotCases as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--cases") from wrong


def _proved(tried: list[Case] | None) -> str:
    """Say what was proved, and what was not."""
    proved = "every page cited and in the vocabulary, no gap, no overlap, every rule reachable"
    if tried is None:
        return f"{proved}; no cases were given, so nothing was tried"
    return f"{proved}, every rule and date tried on both sides"


def _counted(book: Rulebook, tried: list[Case] | None) -> dict[str, Any]:
    """Say what was checked."""
    laws = [law for place in book.jurisdictions() for law in book.instruments(place)]
    return {
        "version": book.version,
        "digest": book.digest,
        "pages": len(book.jurisdictions()),
        "instruments": len(laws),
        "rules": sum(len(law.rules) + 1 for law in laws),
        "cases": None if tried is None else len(tried),
    }
