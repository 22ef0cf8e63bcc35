"""`countersign simulate`: invented but realistic load on the service that runs."""

import asyncio
from typing import Annotated, Any

import httpx
import typer

from services.console.cli.options import AsJson, DataDir
from services.console.cli.say import as_json, printer, table
from services.console.play.sender import Sender
from services.console.simulate.feed import Wanted, feed, seconds_of
from services.console.simulate.profile import PROFILES, Where
from services.console.up.database import stored_clock
from services.console.up.keys import Sources, demo_keys, issue
from services.console.up.place import Place, read_run
from services.console.up.run import data_dir, register
from shared.db.engine import make_engine
from shared.db.session import open_clock
from shared.kafka.producer import KafkaLog
from shared.runtime.clock import ClockSetting

_TIMEOUT_S = 60.0
_KNOWN = ", ".join(PROFILES)


def simulate(
    profile: Annotated[str, typer.Option(help=f"What the load looks like: {_KNOWN}.")] = "county",
    rate: Annotated[float, typer.Option(min=0.01, help="Events a second.")] = 10.0,
    length: Annotated[str, typer.Option("--for", metavar="T", help="How long: 90s, 15m, 2h.")] = "60s",
    seed: Annotated[int, typer.Option(help="The same seed invents the same lives.")] = 1,
    to_topics: Annotated[bool, typer.Option("--to-topics", help="Straight to the topics, past HTTP.")] = False,
    data_dir_given: DataDir = None,
    json: AsJson = False,
) -> None:
    """Send whole lives of bookings, in bursts, told twice, late, amended and cancelled, to the running service.

    Lives are shortened so that most end within the time asked for; instants are the service's own clock's.
    """
    if profile not in PROFILES:
        raise typer.BadParameter(f"{profile!r} is not one of {_KNOWN}", param_hint="--profile")
    try:
        seconds = seconds_of(length)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    wanted = Wanted(profile=PROFILES[profile], per_s=rate, seconds=seconds, seed=seed)
    told = asyncio.run(_simulate(wanted, Place(data_dir(data_dir_given)), to_topics=to_topics))
    if json:
        as_json(told)
    else:
        printer().print(table(f"Load: {profile}", ("what", "how many"), list(told.items())))
    raise typer.Exit(1 if told["refused"] else 0)


async def _simulate(wanted: Wanted, place: Place, *, to_topics: bool) -> dict[str, Any]:
    run = read_run(place.root)
    await register(run["urls"]["intake"], run["keys"]["operator"], [where.facility for where in wanted.profile.places])
    engine = make_engine(run["database"], name="simulate", pool_size=1)
    try:
        keys = await issue(engine, place, demo_keys(_oris(wanted.profile.places), Sources()))
        clock = await open_clock(engine, await stored_clock(engine) or ClockSetting("system"))
    finally:
        await engine.dispose()
    place.write("run.json", {**run, "keys": {**run["keys"], **keys}})
    intake = httpx.AsyncClient(base_url=run["urls"]["intake"], timeout=_TIMEOUT_S)
    async with intake, KafkaLog(run["kafka"]) as kafka:
        sender = Sender(intake, {**run["keys"], **keys}, kafka)
        sent = await feed(wanted, clock, sender.write if to_topics else sender.send)
    return {
        "events": sent.events,
        "duplicates": sender.duplicates,
        "refused": len(sender.refused),
        "seconds_behind_at_most": round(sent.behind_s, 3),
    }


def _oris(places: tuple[Where, ...]) -> list[str]:
    return sorted(where.ori for where in places)
