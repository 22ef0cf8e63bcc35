"""What an operator should look into: list it, and clear it once somebody has."""

from typing import Annotated, Any
from uuid import UUID

import typer

from services.console.cli.client import Client, NotReached
from services.console.cli.options import AsJson, DataDir, Why
from services.console.cli.say import as_json, items, note
from services.console.up.run import SERVICES, WATCHDOG

_ASKED = (*SERVICES, WATCHDOG)

app = typer.Typer(help="What an operator should look into.", no_args_is_help=True)


@app.command("list")
def list_alarms(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List the alarms of all services that nobody has cleared."""
    client = Client.of(data_dir, "operator")
    found: list[dict[str, Any]] = []
    for service in _ASKED:
        try:
            found += client.every(service, "/v1/alarms")
        except NotReached as error:
            # The others' alarms are wanted all the more.
            note(str(error))
    found.sort(key=lambda alarm: str(alarm["since"]))
    items("Alarms", found, ("since", "service", "kind", "detail", "contact", "due", "case_id", "id"), json_wanted=json)


@app.command("clear")
def clear(
    alarm_id: Annotated[UUID, typer.Argument(metavar="ID", help="The alarm's id.")],
    reason: Why,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Clear an alarm, with a reason; it stays on record."""
    path = f"/v1/alarms/{alarm_id}/clear"
    service, told = Client.of(data_dir, "operator").ask_each("POST", _ASKED, path, {"reason": reason})
    if json:
        as_json({"id": str(alarm_id), "service": service, **told})
    else:
        note(f"alarm {alarm_id} of {service} is cleared")
