"""`countersign ladder`: who has mail when a notice lies unread, set by the facility (or ICE) that it is sent to."""

import re
from typing import Annotated

import typer

from services.console.cli.client import Client
from services.console.cli.options import AsJson, DataDir
from services.console.cli.say import as_json, items, note

app = typer.Typer(help="Who has mail when a notice lies unread, and after how long.", no_args_is_help=True)

Whose = Annotated[
    str, typer.Option("--as", metavar="ROLE", help="Whose ladder, by its key in the data directory: jail:ORI, or ice.")
]
#: ``30 Shift desk <desk@jail.example>``
_RUNG = re.compile(r"(?P<minutes>\d+(?:\.\d+)?)\s+(?P<name>[^<>]+?)\s*<(?P<address>[^<>\s]+)>")
_COLUMNS = ("recipient", "rung", "after_minutes", "name", "address", "set_at", "set_by")


def _rung(text: str) -> dict[str, str | float]:
    found = _RUNG.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no rung; write it as '30 Shift desk <desk@jail.example>'")
    return {"name": found["name"], "address": found["address"], "after_minutes": float(found["minutes"])}


@app.command("list")
def list_ladders(whose: Whose = "operator", data_dir: DataDir = None, json: AsJson = False) -> None:
    """List the rungs: everybody's, or one's own."""
    found = list(Client.of(data_dir, whose).every("notify", "/v1/ladders"))
    items("Ladders", found, _COLUMNS, json_wanted=json)


@app.command("set")
def set_ladder(
    whose: Whose,
    rungs: Annotated[
        list[str],
        typer.Option("--rung", help="'MINUTES NAME <ADDRESS>', once for each person, the first called first."),
    ],
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Set a whole ladder in place of the one before; everyone on it has a test mail."""
    _put(whose, [_rung(text) for text in rungs], data_dir, json=json)


@app.command("clear")
def clear(whose: Whose, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Take a ladder away: nobody has mail any more, and the operator alone is called."""
    _put(whose, [], data_dir, json=json)


def _put(whose: str, rungs: list[dict[str, str | float]], data_dir: DataDir, *, json: bool) -> None:
    role, _, ori = whose.partition(":")
    body = {"rungs": rungs, **({"facility_ori": ori} if role == "jail" else {})}
    told = Client.of(data_dir, whose).ask("PUT", "notify", "/v1/ladders", body)["items"]
    if json:
        as_json(told)
        return
    for rung in told:
        note(f"rung {rung['rung']}, {rung['name']}: the test mail was {rung['tested']['result']}")
    note(f"{whose} has a ladder of {len(told)}" if told else f"{whose} has no ladder any more")
    if any(rung["tested"]["result"] != "handed" for rung in told):
        raise typer.Exit(1)
