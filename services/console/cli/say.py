"""Print what was found: tables that line up for people, JSON for machines."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: A row of a table wider than this is hard to read; rich wraps the cells of narrower terminals by itself.
_WIDTH_WHEN_PIPED = 160


def printer() -> Console:
    """Give a printer on standard output; a pipe gets whole lines."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_WHEN_PIPED, highlight=False)


def as_json(value: Any) -> None:
    """Print one value as one line of JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Say something to the person at the terminal, apart from the result."""
    sys.stderr.write(f"{text}\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """Make a table; numbers stand at the right, None is empty, ids stay whole, and nothing in a cell is markup."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for place, name in enumerate(columns):
        said = [row[place] for row in rows if row[place] is not None]
        is_number = bool(said) and all(isinstance(value, int | float) for value in said)
        # An id is there to be copied into the next command.
        made.add_column(name, justify="right" if is_number else "left", overflow="fold", no_wrap=name == "id")
    for row in rows:
        made.add_row(*(Text(_cell(value)) for value in row))
    return made


def items(title: str, found: Sequence[Mapping[str, Any]], columns: Sequence[str], *, json_wanted: bool) -> None:
    """Print a list: as a table of these columns, or whole as JSON."""
    if json_wanted:
        as_json(list(found))
        return
    printer().print(table(f"{title} ({len(found)})", columns, [[one.get(name) for name in columns] for one in found]))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
