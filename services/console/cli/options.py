"""Options that many commands take, said once."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where everything is kept; .countersign in this directory unless told."),
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="Play N records of a data set, of every state its share."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in your own words; kept with what is done.")]
