"""`countersign up`: everything on this machine, and a play on it if one is asked for."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TextIO

import structlog
import typer
from rich.console import Console

from services.console.cli.options import AsJson, DataDir, Limit
from services.console.cli.say import as_json, printer, table
from services.console.cli.stage import Show, play_through
from services.console.play.lines import Play, open_play
from services.console.up.place import Place
from services.console.up.run import Run, Wanted, data_dir, running
from shared.runtime.clock import ClockSetting
from shared.runtime.logging import set_up_logging

#: Until everything is ready, in the machine's time.
_HEAD_START = timedelta(seconds=30)

PlayOption = Annotated[
    str | None, typer.Option("--play", metavar="FILE|sample", help="What to play: a file of events, or the sample.")
]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="The file's form, where it cannot be known from the file.")
]
ShuffleOption = Annotated[
    int | None, typer.Option("--shuffle", metavar="SEED", help="Tell everything twice and in another order.")
]
SpeedOption = Annotated[
    str | None, typer.Option("--speed", metavar="X|max", help="So many times faster than life, or as fast as it goes.")
]


UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="INSTANT", help="Play up to here at --speed max, and stand still to be looked at."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    wanted: Wanted
    until_done: bool
    json: bool
    until: datetime | None


def up(
    data_dir_given: DataDir = None,
    port_base: Annotated[
        int, typer.Option(min=0, max=65_000, help="The services listen right above it; 0 takes free ports.")
    ] = 8100,
    play: PlayOption = None,
    form: FormatOption = None,
    shuffle: ShuffleOption = None,
    limit: Limit = None,
    speed: SpeedOption = None,
    until: UntilOption = None,
    until_done: Annotated[bool, typer.Option("--until-done", help="End when all that was played has ended.")] = False,
    instances: Annotated[
        int, typer.Option(min=1, max=6, help="So many processes of each service share the partitions out.")
    ] = 1,
    json: AsJson = False,
) -> None:
    """Run everything on this machine: Postgres, a Kafka-protocol broker for development, all services.

    With --play it plays a story through them, people included, and prints how everything ended. With
    --until-done it exits 0 when all ended as promised, 1 with a list of what did not.
    """
    for given, name in (
        (form, "--format"),
        (shuffle, "--shuffle"),
        (limit, "--limit"),
        (speed, "--speed"),
        (until, "--until"),
        (until_done or None, "--until-done"),
    ):
        if given is not None and play is None:
            raise typer.BadParameter("goes with --play", param_hint=name)
    opened = open_play(play, format=form, shuffle=shuffle, limit=limit) if play else None
    place = Place(data_dir(data_dir_given))
    wanted = Wanted(place=place, port_base=port_base, clock=_clock(speed, opened), play=opened, instances=instances)
    place.make()
    with place.log("up").open("a") as log_file:
        _log_to(log_file)
        asked = _Asked(wanted=wanted, until_done=until_done, json=json, until=_instant(until, speed))
        code = asyncio.run(_up(asked))
    raise typer.Exit(code)


def _instant(until: str | None, speed: str | None) -> datetime | None:
    """Read the instant at which to stop; only a clock that is stepped can stand still there."""
    if until is None:
        return None
    try:
        at = datetime.fromisoformat(until)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{until!r}: write it as 2012-02-22T13:42-05:00", param_hint="--until")
    if speed != "max":
        raise typer.BadParameter("goes with --speed max", param_hint="--until")
    return at


def _clock(speed: str | None, play: Play | None) -> ClockSetting | None:
    """Give the clock that the speed asks for; None where any will do."""
    if play is None:
        return None
    if speed is None:
        return ClockSetting("system")
    if speed == "max":
        return ClockSetting("stepped", play.starts_at)
    try:
        factor = float(speed)
    except ValueError:
        factor = 0
    if not 0 < factor < float("inf"):
        raise typer.BadParameter(f"{speed!r} is neither a number above 0 nor max", param_hint="--speed")
    # The clock runs while the parts are being started, and nothing may arrive before they are there.
    return ClockSetting("scaled", play.starts_at - _HEAD_START * factor, factor)


def _log_to(file: TextIO) -> None:
    """Keep our own log beside those of the parts: the terminal is for the person at it."""
    set_up_logging("up", "1", "json")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file))


async def _up(asked: _Asked) -> int:
    """Run until done or told to stop; SIGTERM and Ctrl-C end everything in order, and a second one waits too."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    work = asyncio.create_task(_work(asked))
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if work.done():
        return work.result()
    work.cancel()
    try:
        return await work
    except asyncio.CancelledError:
        return 1 if asked.until_done else 0


async def _work(asked: _Asked) -> int:
    err = Console(stderr=True, highlight=False, quiet=asked.json or not sys.stderr.isatty())
    with err.status("starting") as status:

        def tell(step: str) -> None:
            err.print(f"[green]✓[/] {step}")
            status.update("starting")

        async with running(asked.wanted, tell) as run:
            status.stop()
            _welcome(run, asked)
            code = 0
            if asked.wanted.play is not None:
                show = Show(json=asked.json, progress=err)
                code = await play_through(run, asked.wanted.play, show, asked.until)
            if not asked.until_done:
                await asyncio.Event().wait()
            return code


def _welcome(run: Run, asked: _Asked) -> None:
    """Say where everything is."""
    where = str(asked.wanted.place.run)
    if asked.json:
        told = {"ready": True, "run": where, "urls": run.urls, "kafka": run.kafka}
        as_json({**told, "accounts": run.passwords} if run.passwords else told)
        return
    rows = [*run.urls.items(), ("kafka", run.kafka), ("keys and database", where)]
    printer().print(table("Countersign runs", ("what", "where"), rows))
    if run.passwords:
        title = f"Sign in at {run.urls['console']}; told once, so keep these"
        printer().print(table(title, ("name", "password"), list(run.passwords.items())))
