"""`countersign play`: feed events to a service that runs, or write the sample down."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from services.console.cli.options import AsJson, DataDir, Limit
from services.console.cli.say import as_json, printer, table
from services.console.play.lines import EventLine, Play, by_instant, open_play, write_jsonl
from services.console.play.sender import Sender
from services.console.up.keys import Sources, demo_keys, issue
from services.console.up.place import Place, read_run
from services.console.up.run import data_dir, register
from shared.db.engine import make_engine
from shared.kafka.producer import KafkaLog

_TIMEOUT_S = 60.0
_AT_ONCE = 1_000


def play(
    what: Annotated[str, typer.Argument(metavar="FILE|sample", help="A file of events, or the sample.")],
    form: Annotated[
        str | None, typer.Option("--format", help="The file's form, where it is not known by itself.")
    ] = None,
    shuffle: Annotated[
        int | None, typer.Option(metavar="SEED", help="Tell everything twice, in another order.")
    ] = None,
    limit: Limit = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="So many times faster than life; everything at once unless told.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="URL", help="Intake's address, or kafka://HOST:PORT to write to the topics.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Write the play down as JSON Lines instead of playing it.")] = None,
    data_dir_given: DataDir = None,
    json: AsJson = False,
) -> None:
    """Feed events to the running service, in the order in which they arrived. Nobody's part is played."""
    opened = open_play(what, format=form, shuffle=shuffle, limit=limit)
    if write is not None:
        write_jsonl(opened, write)
        told: Mapping[str, int] = {"lines": len(opened.lines), "facilities": len(opened.facilities)}
    else:
        told = asyncio.run(_feed(opened, Place(data_dir(data_dir_given)), to, speed))
    if json:
        as_json(told)
    else:
        printer().print(table(opened.name, ("what", "how many"), list(told.items())))
    raise typer.Exit(1 if told.get("refused") else 0)


async def _feed(play: Play, place: Place, to: str | None, speed: float | None) -> dict[str, int]:
    """Send the events; give how many were sent, and refused by which code."""
    target = urlsplit(to or "")
    if target.scheme == "kafka":
        async with httpx.AsyncClient() as client, KafkaLog(target.netloc) as kafka:
            return await _send_all(Sender(client, {}, kafka), play, speed, to_topics=True)
    run = read_run(place.root)
    intake = to or run["urls"]["intake"]
    await register(intake, run["keys"]["operator"], list(play.facilities))
    engine = make_engine(run["database"], name="play", pool_size=1)
    try:
        keys = await issue(engine, place, demo_keys(sorted(play.jails), Sources.of(play)))
    finally:
        await engine.dispose()
    place.write("run.json", {**run, "keys": {**run["keys"], **keys}})
    async with httpx.AsyncClient(base_url=intake, timeout=_TIMEOUT_S) as client, KafkaLog(run["kafka"]) as kafka:
        return await _send_all(Sender(client, {**run["keys"], **keys}, kafka), play, speed, to_topics=False)


async def _send_all(sender: Sender, play: Play, speed: float | None, *, to_topics: bool) -> dict[str, int]:
    send = sender.write if to_topics else sender.send
    last = None
    pending: list[EventLine] = []
    for at, lines in by_instant(play):
        pending += [line for line in lines if isinstance(line, EventLine)]
        if speed is None and len(pending) < _AT_ONCE:
            continue
        if speed is not None and last is not None:
            await asyncio.sleep((at - last).total_seconds() / speed)
        await send(pending)
        pending, last = [], at
    await send(pending)
    events = sum(isinstance(line, EventLine) for line in play.lines)
    return {
        "events": events,
        "duplicates": sender.duplicates,
        "refused": len(sender.refused),
        **{
            f"refused: {code}": list(sender.refused.values()).count(code) for code in sorted({*sender.refused.values()})
        },
    }
