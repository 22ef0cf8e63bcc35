"""The `countersign` command: one file for each group of commands."""

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from services.console.cli import (
    accounts,
    act,
    alarms,
    api,
    audit,
    bench,
    bursts,
    decision,
    facilities,
    keys,
    ladders,
    look,
    parked,
    play,
    reviews,
    serve,
    simulate,
    stub,
    up,
)
from services.console.cli.clock import clock
from services.console.cli.policy import policy
from services.console.up.place import NotRunning, PlaceTaken
from services.console.up.ports import PortTaken
from shared.domain.errors import CountersignError, NotAPlay, WrongTime
from shared.embedded.postgres import PostgresUnusable

#: Errors that the one who typed can mend by typing something else.
_USED_WRONGLY = (NotAPlay, NotRunning, PlaceTaken, PortTaken, PostgresUnusable, WrongTime)


class _Group(TyperGroup):
    """Says an error of ours in one line instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; exit 2 for what was used wrongly, 1 for what was found wrong."""
        try:
            return super().invoke(ctx)
        except (CountersignError, PostgresUnusable) as error:
            sys.stderr.write(f"countersign: {error}\n")
            raise typer.Exit(2 if isinstance(error, _USED_WRONGLY) else 1) from error


app = typer.Typer(
    cls=_Group,
    help="The lawful answer to every immigration detainer, in time, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up.up)
app.command("serve")(serve.serve)
app.command("migrate")(serve.migrate)
app.command("play")(play.play)
app.command("clock")(clock)
app.command("bench")(bench.bench)
app.command("simulate")(simulate.simulate)
app.add_typer(policy, name="policy")
app.add_typer(keys.app, name="key")
app.add_typer(accounts.app, name="account")
app.add_typer(facilities.app, name="facility")
app.add_typer(look.cases, name="case")
app.add_typer(alarms.app, name="alarm")
app.add_typer(reviews.app, name="review")
app.add_typer(act.waiting, name="waiting")
app.add_typer(decision.app, name="decision")
app.add_typer(audit.app, name="audit")
app.add_typer(parked.app, name="parked")
app.add_typer(api.app, name="api")
app.add_typer(bursts.app, name="burst")
app.command("recall")(bursts.recall)
app.add_typer(ladders.app, name="ladder")
app.add_typer(stub.app, name="stub")
