"""`countersign burst` and `countersign recall`: what waits for an operator, and one action for a whole set."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from services.console.cli.client import Client
from services.console.cli.options import AsJson, DataDir, Why
from services.console.cli.say import as_json, items, note

app = typer.Typer(help="More notices than is normal, which wait for a person.", no_args_is_help=True)

BurstId = Annotated[UUID, typer.Argument(metavar="ID", help="The burst's id; its alarm names it.")]


class Action(StrEnum):
    """What is done with what was told."""

    RECALL = "recall"
    CORRECT = "correct"


@app.command("list")
def list_bursts(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List bursts, the newest first."""
    found = list(Client.of(data_dir, "operator").every("notify", "/v1/bursts"))
    items("Bursts", found, ("opened_at", "scope", "key", "state", "waiting", "settled_by", "id"), json_wanted=json)


@app.command("release")
def release(
    burst_id: BurstId,
    reason: Why,
    minutes: Annotated[float, typer.Option(help="What follows may go, too, for so long.")] = 60,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Let a burst go."""
    _act(f"/v1/bursts/{burst_id}/release", {"reason": reason, "minutes": minutes}, data_dir, json=json)


@app.command("recall")
def recall_burst(burst_id: BurstId, reason: Why, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Keep a burst back until it is decided anew, and take back what of it was told."""
    _act(f"/v1/bursts/{burst_id}/recall", {"reason": reason}, data_dir, json=json)


def recall(
    reason: Why,
    action: Annotated[Action, typer.Option(help="Take back, or tell anew as it stands.")] = Action.RECALL,
    policy: Annotated[str | None, typer.Option(help="Decided by this policy version.")] = None,
    rule: Annotated[str | None, typer.Option(help="Decided by this rule of it.")] = None,
    facility: Annotated[str | None, typer.Option(help="At the facility with this ORI.")] = None,
    since: Annotated[str | None, typer.Option(help="Heard from this instant on, with its offset.")] = None,
    until: Annotated[str | None, typer.Option(help="Heard before this instant, with its offset.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Recall or correct what was told of a set of decisions; each notice names the one it takes the place of."""
    body = {
        "reason": reason,
        "action": action.value,
        "policy": policy,
        "rule": rule,
        "facility_ori": facility,
        "since": since,
        "until": until,
        "dry_run": dry_run,
    }
    _act("/v1/recalls", body, data_dir, json=json)


def _act(path: str, body: Mapping[str, object], data_dir: DataDir, *, json: bool) -> None:
    told = Client.of(data_dir, "operator").ask("POST", "notify", path, body)
    if json:
        as_json(told)
    else:
        note(", ".join(f"{name}: {value}" for name, value in told.items()))
