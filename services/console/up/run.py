"""Put a whole service together on this machine, and take it apart again in order."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import text

from services.console.play.model import Play
from services.console.play.sample import sample
from services.console.up.database import Database, owner_url, prepare
from services.console.up.keys import Sources, demo_keys, issue
from services.console.up.pages import console_part, make_accounts, new_signing_key
from services.console.up.place import Place
from services.console.up.ports import HOST, broker_port, free_ports, service_ports
from services.console.up.supervisor import Part, Supervisor
from shared.db.engine import make_engine
from shared.domain.errors import CountersignError
from shared.domain.jurisdiction import Facility
from shared.kafka.topics import ensure_topics
from shared.runtime.clock import ClockSetting

SERVICES = ("intake", "decision", "notify")
#: Runs beside them, once, and looks over notify's shoulder.
WATCHDOG = "watchdog"
#: A slow machine that does other work besides still gets there.
_READY_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What ``up`` is asked for."""

    place: Place
    port_base: int
    #: None: the clock that the data directory was made with.
    clock: ClockSetting | None
    play: Play | None
    #: How many processes of each service; the first of each listens where its address says.
    instances: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A service that runs, and how to reach it."""

    urls: dict[str, str]
    kafka: str
    database: Database
    keys: dict[str, str]
    #: Passwords of the console's accounts that this run has made: told once, and kept nowhere.
    passwords: dict[str, str]
    supervisor: Supervisor


@asynccontextmanager
async def running(wanted: Wanted, tell: Callable[[str], None]) -> AsyncIterator[Run]:
    """Run everything until the block ends; ``tell`` hears of each step that is done."""
    place = wanted.place
    place.make()
    async with AsyncExitStack() as stack:
        stack.enter_context(place.opened())
        place.run.unlink(missing_ok=True)
        ports = service_ports(wanted.port_base)
        url = await stack.enter_async_context(owner_url(place, wanted.port_base))
        database = await prepare(url, wanted.clock)
        tell("Postgres is ready and migrated")
        supervisor = Supervisor()
        _guard(supervisor, stack, place)
        kafka = await _broker(supervisor, stack, wanted)
        await ensure_topics(kafka)
        tell("Kafka has its topics")
        facilities = _facilities(wanted.play)
        keys = await _keys(database, place, facilities, wanted.play)
        urls = _services(supervisor, stack, wanted, database, kafka, ports)
        passwords = await _console(supervisor, stack, place, database, kafka, urls, ports["console"])
        urls["console"] = f"http://{HOST}:{ports['console']}"
        for name, address in urls.items():
            await supervisor.ready(name, f"{address}/readyz", within_s=_READY_S)
        tell("intake, decision, notify, the watchdog and the console are ready")
        await register(urls["intake"], keys["operator"], facilities)
        run = Run(urls=urls, kafka=kafka, database=database, keys=keys, passwords=passwords, supervisor=supervisor)
        place.write("run.json", {"urls": urls, "kafka": kafka, "database": database.owner_url, "keys": keys})
        yield run


def _guard(supervisor: Supervisor, stack: AsyncExitStack, place: Place) -> None:
    supervisor.start(
        Part(
            name="guard",
            module="services.console.up.guard",
            arguments=(str(os.getpid()), str(place.root)),
            env=dict(os.environ),
            log=place.log("guard"),
            outlives_us=True,
        )
    )
    stack.push_async_callback(supervisor.end, ["guard"])


async def _broker(supervisor: Supervisor, stack: AsyncExitStack, wanted: Wanted) -> str:
    """Give the user's brokers, or start the development broker."""
    given = os.environ.get("COUNTERSIGN_KAFKA")
    if given:
        return given
    port = broker_port(wanted.port_base)
    supervisor.start(
        Part(
            name="broker",
            module="shared.embedded.broker",
            arguments=("--data-dir", str(wanted.place.broker), "--port", str(port)),
            env=dict(os.environ),
            log=wanted.place.log("broker"),
        )
    )
    stack.push_async_callback(supervisor.end, ["broker"])
    await supervisor.listens("broker", port, within_s=_READY_S)
    return f"{HOST}:{port}"


def _facilities(play: Play | None) -> list[Facility]:
    """Give those of the play; without one, the sample's, so that a new service has a jail to try."""
    return list(play.facilities if play else sample().facilities)


async def _keys(database: Database, place: Place, facilities: list[Facility], play: Play | None) -> dict[str, str]:
    """Issue the demo keys, one for each jail in the register or the play."""
    engine = make_engine(database.owner_url, name="up", pool_size=1)
    try:
        async with engine.connect() as connection:
            registered = (await connection.execute(text("SELECT ori FROM intake.facilities"))).scalars().all()
        oris = sorted({*registered, *(facility.ori for facility in facilities), *(play.jails if play else ())})
        return await issue(engine, place, demo_keys(oris, Sources.of(play)))
    finally:
        await engine.dispose()


def _services(
    supervisor: Supervisor,
    stack: AsyncExitStack,
    wanted: Wanted,
    database: Database,
    kafka: str,
    ports: dict[str, int],
) -> dict[str, str]:
    """Start the services, as many of each as are wanted, and the watchdog; give the addresses of the first ones."""
    parts = [
        _service(name, number, port, wanted.place, database, kafka)
        for name in SERVICES
        for number, port in enumerate([ports[name], *free_ports(wanted.instances - 1)], start=1)
    ]
    parts.append(_service(WATCHDOG, 1, ports[WATCHDOG], wanted.place, database, kafka))
    for part in parts:
        supervisor.start(part)
    stack.push_async_callback(supervisor.end, [part.name for part in parts])
    return {name: f"http://{HOST}:{ports[name]}" for name in (*SERVICES, WATCHDOG)}


def _service(name: str, number: int, port: int, place: Place, database: Database, kafka: str) -> Part:
    """Give one process of a service; beyond the first they bear their number."""
    called = name if number == 1 else f"{name}-{number}"
    env = {
        **os.environ,
        "COUNTERSIGN_INSTANCE": str(number),
        "COUNTERSIGN_CLOCK": clock_text(database.clock),
        "COUNTERSIGN_KAFKA": kafka,
        "COUNTERSIGN_DATABASE_URL": database.url(f"countersign_{name}_pipeline"),
        "COUNTERSIGN_API_DATABASE_URL": database.url(f"countersign_{name}_api"),
        "COUNTERSIGN_HOST": HOST,
        "COUNTERSIGN_PORT": str(port),
    }
    return Part(name=called, module="services.console.cli", arguments=("serve", name), env=env, log=place.log(called))


async def _console(
    supervisor: Supervisor,
    stack: AsyncExitStack,
    place: Place,
    database: Database,
    kafka: str,
    urls: dict[str, str],
    port: int,
) -> dict[str, str]:
    """Start the console; give the passwords of the accounts that are new."""
    signing_key = new_signing_key()
    passwords = await make_accounts(database, signing_key)
    settings = {"COUNTERSIGN_CLOCK": clock_text(database.clock), "COUNTERSIGN_KAFKA": kafka}
    supervisor.start(console_part(place, database, dict(urls), port, signing_key, settings))
    stack.push_async_callback(supervisor.end, ["console"])
    return passwords


def clock_text(clock: ClockSetting) -> str:
    """Write a clock as COUNTERSIGN_CLOCK wants it."""
    if clock.starts_at is None or clock.kind == "system":
        return "system"
    speed = f"@{clock.speed:g}" if clock.kind == "scaled" else ""
    return f"{clock.kind}:{clock.starts_at.isoformat()}{speed}"


async def register(intake: str, operator_key: str, facilities: list[Facility]) -> None:
    """Put the facilities into intake's register, as an operator would."""
    async with httpx.AsyncClient(base_url=intake, timeout=30) as client:
        for facility in facilities:
            answer = await client.put(
                f"/v1/facilities/{facility.ori}",
                headers={"Authorization": f"Bearer {operator_key}"},
                json={
                    "name": facility.name,
                    "jurisdiction": facility.jurisdiction,
                    "agency": facility.agency.value,
                    "time_zone": facility.time_zone,
                    "contact": f"shift desk, {facility.name}",
                },
            )
            if answer.is_error:
                raise CountersignError(f"facility {facility.ori} could not be registered: {answer.text}")


def data_dir(given: Path | None) -> Path:
    """Give the data directory: the one asked for, or ``.countersign`` here."""
    return (given or Path(".countersign")).absolute()
