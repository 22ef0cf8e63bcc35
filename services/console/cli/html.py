"""``countersign policy html``: the rulebook as static pages."""

from pathlib import Path
from typing import Annotated

import typer

from services.console.cli.options import AsJson
from services.console.cli.say import as_json
from services.console.rulebook.cases import NotCases, read_cases
from services.console.rulebook.site import site
from services.decision.policy.load import load_rulebook


def html(
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write to; made if it is not there.")],
    cases: Annotated[
        Path | None, typer.Option(exists=True, help="Cases to show with their rules: a folder of pages, or a CSV file.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Write the rulebook as pages for a browser: no script, nothing from another host, the same bytes each time."""
    try:
        files = site(load_rulebook(), read_cases(cases) if cases is not None else ())
    except NotCases as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--cases") from wrong
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    if json:
        as_json({"out": str(out), "files": sorted(files)})
    else:
        typer.echo(f"{len(files)} files in {out}; begin with {out / 'index.html'}")
