"""Look at a case and its whole story."""

from typing import Annotated

import typer

from services.console.cli.client import Client
from services.console.cli.options import AsJson, DataDir
from services.console.cli.say import as_json, printer, table

cases = typer.Typer(help="Custody cases.", no_args_is_help=True)


@cases.command("show")
def show(
    case_id: Annotated[str, typer.Argument(metavar="ID", help="The case's id.")],
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Show a case: its state, its standing decisions, and its whole story in time order."""
    client = Client.of(data_dir, "auditor")
    case = client.ask("GET", "decision", f"/v1/cases/{case_id}")
    story = list(client.every("decision", f"/v1/cases/{case_id}/timeline"))
    if json:
        as_json({**case, "timeline": story})
        return
    out = printer()
    plain = [(name, value) for name, value in case.items() if not isinstance(value, list)]
    out.print(table(f"Case {case_id}", ("what", "is"), plain))
    for name, value in case.items():
        if isinstance(value, list) and value:
            columns = list(dict.fromkeys(column for one in value for column in one))
            out.print(table(name, columns, [[one.get(column) for column in columns] for one in value]))
    columns = list(dict.fromkeys(column for one in story for column in one))
    out.print(table("timeline", columns, [[one.get(column) for column in columns] for one in story]))
