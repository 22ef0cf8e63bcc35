"""Put a play on: connect to the running service, play, and print how everything ended."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console.cli.endtable import print_end
from services.console.cli.say import as_json
from services.console.play.model import Play
from services.console.play.played import NotPlayed, Played
from services.console.play.player import Journey, Player
from services.console.play.promises import violations
from services.console.play.records import read_records
from services.console.play.sender import NotTaken, Sender
from services.console.play.settle import NotSettled, Stillness
from services.console.play.verdict import verdict
from services.console.up.run import Run
from shared.db.engine import make_engine
from shared.db.schema import step
from shared.db.session import open_clock
from shared.kafka.offsets import LogEnds
from shared.kafka.producer import KafkaLog

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """How to tell of it."""

    json: bool
    progress: Console


@dataclass(frozen=True, slots=True, kw_only=True)
class _Company:
    sender: Sender
    people: Played
    stillness: Stillness
    engine: AsyncEngine


async def play_through(run: Run, play: Play, show: Show, until: datetime | None = None) -> int:
    """Play to the end and print the verdict; gives 0 when all ended as promised, else 1.

    With ``until`` it stops in the middle, where nothing has ended yet and there is no verdict to print.
    """
    stopped: list[str] = []
    async with _company(run) as company:
        with _progress(show.progress) as progress:
            bar = progress.add_task(play.name, total=len(play.lines), at="")

            def tell(journey: Journey, now: datetime) -> None:
                progress.update(bar, completed=journey.done, at=f"{now:%Y-%m-%d %H:%M}")

            player = Player(company.sender, company.people, company.stillness, tell)
            try:
                journey = await _play(player, run, play, company.engine, until)
            except (NotSettled, NotTaken, NotPlayed) as error:
                stopped, journey = [str(error)], player.journey
        if until is not None and not stopped:
            _say_where_it_stands(show, until)
            return 0
        end = await _end(company, run, play, journey, stopped)
    if show.json:
        as_json(end)
    else:
        print_end(play, end)
    return 0 if end["ended_as_promised"] else 1


def _say_where_it_stands(show: Show, until: datetime) -> None:
    if show.json:
        as_json({"stands_at": until.isoformat()})
    else:
        show.progress.print(f"time stands still at {until:%Y-%m-%d %H:%M %z}, to be looked at; Ctrl-C ends it")


async def _play(player: Player, run: Run, play: Play, engine: AsyncEngine, until: datetime | None) -> Journey:
    clock = run.database.clock
    if clock.kind != "stepped":
        return await player.flow_through(play, await open_clock(engine, clock))

    async def move(instant: datetime) -> None:
        await step(engine, instant)

    return await player.step_through(play, move, until)


async def _end(company: _Company, run: Run, play: Play, journey: Journey, stopped: list[str]) -> dict[str, Any]:
    """Say how it ended: the verdict, the work it took, and every promise that was broken."""
    records = await read_records(company.engine)
    refused = company.sender.refused
    broken = [*stopped, *violations(records, play, refused)]
    work = {
        "instants": journey.instants,
        "seconds": round(journey.seconds, 1),
        "sent": company.sender.sent,
        "duplicates_at_the_door": company.sender.duplicates,
        **records.work,
        "superseded": records.work["decisions"] - sum(1 for one in records.standings if one.number),
        "played": dict(sorted(company.people.did.items())),
        "restarts": {name: count for name, count in run.supervisor.restarts.items() if count},
    }
    return {
        "verdict": verdict(records, play, refused),
        "work": work,
        "ended_as_promised": not broken,
        "violations": broken,
    }


@asynccontextmanager
async def _company(run: Run) -> AsyncIterator[_Company]:
    """Bring together everyone the player needs, each over connections that are kept."""
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_S))
            for name, url in run.urls.items()
        }
        engine = make_engine(run.database.owner_url, name="player", pool_size=2)
        stack.push_async_callback(engine.dispose)
        kafka = await stack.enter_async_context(KafkaLog(run.kafka))
        ends = await stack.enter_async_context(LogEnds(run.kafka))
        yield _Company(
            sender=Sender(clients["intake"], run.keys, kafka),
            people=Played(clients, run.keys),
            stillness=Stillness(engine, ends, run.urls),
            engine=engine,
        )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[at]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=console.quiet,
    )
