"""``countersign stub``: a jail or ICE played by a program, to try Countersign against, or to try oneself."""

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import httpx
import typer

from services.console.cli.client import NotDone
from services.console.cli.options import DataDir
from services.console.cli.say import as_json
from services.console.stub.manners import MANNERS, Moody
from services.console.stub.papers import certificate
from services.console.stub.recipient import Log, Recipient, follow, register
from services.console.stub.wire import receiving
from services.console.up.place import read_run
from services.console.up.run import data_dir

app = typer.Typer(help="Recipients played by a program.", no_args_is_help=True)

_KNOWN = ", ".join(MANNERS)
Port = Annotated[int, typer.Option(min=0, max=65_535, help="Where to listen on 127.0.0.1; 0 takes a free port.")]
MannerOption = Annotated[str, typer.Option(help=f"How to answer: {_KNOWN}.")]
Times = Annotated[int | None, typer.Option(min=1, help="How often, before answering as one must; else for good.")]
LogFile = Annotated[Path | None, typer.Option("--log", help="Write down here what came, before answering.")]
Tls = Annotated[bool, typer.Option("--tls", help="Over TLS, with a certificate of its own.")]
Expired = Annotated[bool, typer.Option("--expired", help="Over TLS, with a certificate that ran out yesterday.")]
Register = Annotated[bool, typer.Option("--register", help="Register as a webhook with the running service.")]
Pull = Annotated[bool, typer.Option("--pull", help="Read the feed of the running service, and sign for it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What the one at the terminal asked for."""

    port: int
    mood: Moody
    log: Path | None
    papers: Literal["good", "expired"] | None
    register: bool
    pull: bool
    data_dir: Path | None


@dataclass(frozen=True, slots=True)
class _Who:
    """Which recipient is played: the name of its key, its feed, and where it signs."""

    key: str
    feed: str
    receipts: str


@app.command("jail")
def jail(
    ori: Annotated[str, typer.Option(help="Whose jail it is.")] = "CT0009300",
    port: Port = 0,
    manner: MannerOption = "echo",
    times: Times = None,
    log: LogFile = None,
    tls: Tls = False,
    expired: Expired = False,
    join: Register = False,
    pull: Pull = False,
    data_dir: DataDir = None,
) -> None:
    """Be a jail until Ctrl-C: take notices in, and answer in the manner asked for.

    GET /stub/log gives what came, PUT /stub/manner {"manner": …, "times": …} changes the manner.
    """
    wanted = _wanted(port, manner, times, log, tls, expired, join, pull, data_dir)
    asyncio.run(_play(_Who(f"jail:{ori}", f"/v1/jails/{ori}/notices", f"/v1/jails/{ori}/receipts"), wanted))


@app.command("ice")
def ice(
    port: Port = 0,
    manner: MannerOption = "echo",
    times: Times = None,
    log: LogFile = None,
    tls: Tls = False,
    expired: Expired = False,
    join: Register = False,
    pull: Pull = False,
    data_dir: DataDir = None,
) -> None:
    """Be ICE's liaison until Ctrl-C, as `stub jail` is a jail."""
    wanted = _wanted(port, manner, times, log, tls, expired, join, pull, data_dir)
    asyncio.run(_play(_Who("ice", "/v1/ice/responses", "/v1/ice/receipts"), wanted))


def _wanted(
    port: int,
    manner: str,
    times: int | None,
    log: Path | None,
    tls: bool,
    expired: bool,
    join: bool,
    pull: bool,
    root: Path | None,
) -> _Wanted:
    if manner not in MANNERS:
        raise typer.BadParameter(f"{manner!r} is none of {', '.join(MANNERS)}", param_hint="--manner")
    papers: Literal["good", "expired"] | None = "expired" if expired else "good" if tls else None
    return _Wanted(
        port=port, mood=Moody(manner, times), log=log, papers=papers, register=join, pull=pull, data_dir=root
    )


async def _play(who: _Who, wanted: _Wanted) -> None:
    """Play until told to stop; say first where to be found."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    tls, shown = certificate(expired=wanted.papers == "expired") if wanted.papers else (None, None)
    async with AsyncExitStack() as stack:
        file = stack.enter_context(wanted.log.open("ab")) if wanted.log else None
        recipient = Recipient(wanted.mood, Log(file))
        server = await stack.enter_async_context(
            receiving(recipient.answer, keep=recipient.keep, port=wanted.port, tls=tls)
        )
        told: dict[str, object] = {"url": server.url, "desk": server.url.replace("/hook", "/stub/log")}
        if shown is not None:
            told["certificate"] = shown.decode()
        if wanted.register or wanted.pull:
            told |= await _join(who, wanted, recipient, server.url, stack)
        as_json(told)
        await stop.wait()


async def _join(who: _Who, wanted: _Wanted, recipient: Recipient, url: str, stack: AsyncExitStack) -> dict[str, object]:
    """Become a recipient of the running service: registered, reading, or both."""
    run = read_run(data_dir(wanted.data_dir))
    if who.key not in run["keys"]:
        raise NotDone(f"there is no key for {who.key}")
    notify, key = run["urls"]["notify"], run["keys"][who.key]
    told: dict[str, object] = {}
    if wanted.register:
        try:
            made = await register(notify, key, url)
        except httpx.HTTPStatusError as error:
            raise NotDone(f"the webhook was not registered: {error.response.text}") from error
        recipient.secret = made["secret"]
        told = {"endpoint": made["id"], "state": made["state"], "secret": made["secret"]}
    if wanted.pull:
        reading = asyncio.create_task(
            follow(notify, key, who.feed, who.receipts, recipient.log, f"stub {who.key}"), name="feed"
        )
        stack.callback(reading.cancel)
    return told
