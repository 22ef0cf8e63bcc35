"""What was set aside: list it, look at it, retry it once its cause is mended, or let it go."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from services.console.cli.client import Client
from services.console.cli.options import AsJson, DataDir, Why
from services.console.cli.say import as_json, items, note, printer, table
from services.console.up.run import SERVICES

app = typer.Typer(help="Events set aside for a person.", no_args_is_help=True)

ParkedId = Annotated[UUID, typer.Argument(metavar="ID", help="The parked id, as `parked list` shows it.")]


class State(StrEnum):
    """What became of an event that was set aside."""

    PARKED = "parked"
    RETRIED = "retried"
    DISCARDED = "discarded"


@app.command("list")
def list_parked(
    state: Annotated[State, typer.Option(help="Those still set aside, or those settled.")] = State.PARKED,
    case: Annotated[UUID | None, typer.Option(metavar="ID", help="Of this case alone.")] = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """List what the services have set aside, oldest first."""
    client = Client.of(data_dir, "operator")
    wanted = {"state": state.value} | ({"case_id": str(case)} if case else {})
    found = [one for service in SERVICES for one in client.every(service, "/v1/parked", wanted)]
    found.sort(key=lambda one: str(one["parked_at"]))
    columns = ("parked_at", "service", "code", "place", "case_key", "event_type", "mend", "id")
    items("Set aside", found, columns, json_wanted=json)


@app.command("show")
def show(parked_id: ParkedId, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Show one: why, where, how to mend it, and the shape of its message without what it says."""
    _, found = Client.of(data_dir, "operator").ask_each("GET", SERVICES, f"/v1/parked/{parked_id}")
    if json:
        as_json(found)
        return
    printer().print(table(f"Set aside {parked_id}", ("what", "is"), list(found.items())))


@app.command("retry")
def retry(parked_id: ParkedId, reason: Why, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Handle the event again; it stays set aside, with exit code 1, if it still cannot be handled."""
    _settle(Client.of(data_dir, "operator"), parked_id, "retry", reason, json_wanted=json)


@app.command("discard")
def discard(parked_id: ParkedId, reason: Why, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Let the event go; it stays on record, and what queued behind it goes on."""
    _settle(Client.of(data_dir, "operator"), parked_id, "discard", reason, json_wanted=json)


def _settle(client: Client, parked_id: UUID, step: str, reason: str, *, json_wanted: bool) -> None:
    service, told = client.ask_each("POST", SERVICES, f"/v1/parked/{parked_id}/{step}", {"reason": reason})
    answer: dict[str, Any] = {"id": str(parked_id), "service": service, **told}
    if json_wanted:
        as_json(answer)
    else:
        note(f"parked event {parked_id} of {service} is {answer['status']}")
