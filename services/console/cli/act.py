"""Link an event that waits to its booking, or let it go."""

from typing import Annotated
from urllib.parse import quote

import typer

from services.console.cli.client import Client
from services.console.cli.options import AsJson, DataDir, Why
from services.console.cli.say import as_json, items, note

waiting = typer.Typer(help="Events without a booking.", no_args_is_help=True)


@waiting.command("list")
def list_waiting(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List the events that wait for a booking."""
    found = list(Client.of(data_dir, "operator").every("intake", "/v1/waiting"))
    items("Waiting", found, ("since", "type", "source", "id", "facility_ori", "reason", "ask_at"), json_wanted=json)


@waiting.command("link")
def link(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id.")],
    booking: Annotated[str, typer.Option(help="The booking it belongs to: ORI/number.")],
    source: Annotated[str, typer.Option(help="The event's source.")],
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Link an event that waits to the booking it belongs to; kept against the matcher."""
    body = {"source": source, "booking": booking}
    told = Client.of(data_dir, "operator").ask("POST", "intake", f"/v1/waiting/{quote(event_id, safe='')}/link", body)
    if json:
        as_json(told)
    else:
        note(f"event {event_id} is linked to {booking}")


@waiting.command("discard")
def discard(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id.")],
    source: Annotated[str, typer.Option(help="The event's source.")],
    reason: Why,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Let an event that waits go; it stays on record."""
    path = f"/v1/waiting/{quote(event_id, safe='')}/discard"
    told = Client.of(data_dir, "operator").ask("POST", "intake", path, {"source": source, "reason": reason})
    if json:
        as_json(told)
    else:
        note(f"event {event_id} is let go")
