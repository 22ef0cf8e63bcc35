"""Everything the rig runs: Postgres, Kafka, the proxies before them, and two instances of each service."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig.stories import BEGINS
from rig.wires import KafkaWire, PostgresWire, Proxy, Trap
from services.console.up.database import Database, prepare
from services.console.up.ports import free_ports
from shared.embedded.postgres import PostgresServer, start_postgres, stop_postgres
from shared.runtime.clock import ClockSetting, machine_seconds

SERVICES = ("intake", "decision", "notify")
_KAFKA_RUN = Path(__file__).parent.parent / "deploy" / "kafka" / "run"
_DISK = "3g"


@dataclass(slots=True)
class Child:
    """One process of a service; ``is_wanted`` while it is to be started again when it dies."""

    name: str
    service: str
    port: int
    pid: int = 0
    is_wanted: bool = True
    starts: int = 0


@dataclass
class Stage:
    """The whole of it; broken and mended by the nemesis."""

    folder: Path
    kafka_kind: str
    instances: int
    postgres_port: int = 0
    kafka_ports: list[int] = field(default_factory=list)
    kafka_address: str = ""
    children: dict[str, Child] = field(default_factory=dict)
    deaths: int = 0
    #: Whether the database is kept in the folder once all has ended; for whoever looks for the cause of something.
    keeps_database: bool = True

    def __post_init__(self) -> None:
        self.trap = Trap(self.kill)
        self._server: PostgresServer | None = None
        self._database: Database | None = None
        self._brokers: dict[int, subprocess.Popen[bytes]] = {}
        self._zygote: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._by_pid: dict[int, Child] = {}
        self._waiting: dict[str, asyncio.Future[int]] = {}
        self._has_disk = False

    @property
    def database(self) -> Database:
        """Give the migrated database."""
        assert self._database is not None  # noqa: S101 - set before anyone asks
        return self._database

    def pids(self) -> dict[str, int]:
        """Give who runs under which number."""
        return {child.name: child.pid for child in self.children.values() if child.pid}

    # ---- putting it up

    async def open(self) -> None:
        """Start everything, in order."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._mount()
        await self.start_database()
        assert self._server is not None  # noqa: S101 - just started
        self._database = await prepare(self._server.url("postgres"), ClockSetting("stepped", BEGINS))
        front_pg, front_kafka = free_ports(2)
        self.postgres = Proxy(PostgresWire, self.postgres_port, self.trap, self.pids)
        await self.postgres.listen(front_pg)
        self._front_pg = front_pg
        await self._open_kafka(front_kafka)
        await self._open_zygote()

    def _mount(self) -> None:
        """Give Postgres a small disk of its own where we may, so that it can be filled."""
        self.disk = self.folder / "disk"
        self.disk.mkdir(exist_ok=True)
        mounted = subprocess.run(  # noqa: S603 - our own words
            ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(self.disk)],  # noqa: S607
            check=False,
            capture_output=True,
        )
        self._has_disk = mounted.returncode == 0
        self.disk.chmod(0o711)
        self.folder.chmod(0o711)

    @property
    def has_disk(self) -> bool:
        """Whether Postgres has a disk of its own that can be filled."""
        return self._has_disk

    async def _open_kafka(self, front: int) -> None:
        if self.kafka_kind == "development":
            self.kafka_ports = free_ports(1)
            self._advertised = front
            self.kafka = Proxy(KafkaWire, self.kafka_ports[0], self.trap, self.pids)
            await self.kafka.listen(front)
            self.kafka_address = f"127.0.0.1:{front}"
            await self.start_broker(0)
            return
        nodes = 3
        base = self._free_row(2 * nodes)
        self.kafka_ports = [base + n for n in range(nodes)]
        self.kafka = Proxy(KafkaWire, base, self.trap, self.pids)
        self.kafka_address = ",".join(f"127.0.0.1:{port}" for port in self.kafka_ports)
        await asyncio.gather(*(self.start_broker(n) for n in range(nodes)))

    def _free_row(self, count: int) -> int:
        from services.console.up.ports import is_free  # noqa: PLC0415 - needed here alone

        for base in range(23_000, 31_000, 10):
            if all(is_free(base + n) for n in range(count)):
                return base
        raise OSError("no row of free ports")

    async def _open_zygote(self) -> None:
        with (self.folder / "zygote.log").open("ab") as out:
            self._zygote = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "rig.zygote",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=out,
            )
        assert self._zygote.stdout is not None  # noqa: S101 - it is a pipe
        await self._zygote.stdout.readline()
        self._tasks.append(asyncio.create_task(self._listen_to_zygote()))
        ports = free_ports(len(SERVICES) * self.instances)
        for n in range(self.instances):
            for service in SERVICES:
                child = Child(f"{service}-{n + 1}", service, ports.pop())
                self.children[child.name] = child
                await self.start(child)

    def urls(self) -> dict[str, list[str]]:
        """Give where each instance of a service listens."""
        return {
            service: [f"http://127.0.0.1:{c.port}" for c in self.children.values() if c.service == service]
            for service in SERVICES
        }

    # ---- services

    async def start(self, child: Child) -> None:
        """Start a service; its pid is known afterwards."""
        assert self._zygote is not None  # noqa: S101 - started before
        assert self._zygote.stdin is not None  # noqa: S101 - it is a pipe
        number = child.name.rpartition("-")[2]
        database = self.database
        env = {
            "COUNTERSIGN_INSTANCE": number,
            "COUNTERSIGN_CLOCK": f"stepped:{BEGINS.isoformat()}",
            "COUNTERSIGN_KAFKA": self.kafka_address,
            "COUNTERSIGN_DATABASE_URL": self._by_proxy(database.url(f"countersign_{child.service}_pipeline")),
            "COUNTERSIGN_API_DATABASE_URL": self._by_proxy(database.url(f"countersign_{child.service}_api")),
            "COUNTERSIGN_HOST": "127.0.0.1",
            "COUNTERSIGN_PORT": str(child.port),
            "COUNTERSIGN_WEBHOOKS_TO_OWN_MACHINE": "true",
        }
        self._waiting[child.name] = asyncio.get_running_loop().create_future()
        asked = {
            "name": child.name,
            "service": child.service,
            "env": env,
            "log": str(self.folder / f"{child.name}.log"),
        }
        self._zygote.stdin.write(json.dumps(asked).encode() + b"\n")
        child.pid = await self._waiting[child.name]
        child.starts += 1
        self._by_pid[child.pid] = child

    def _by_proxy(self, url: str) -> str:
        return url.replace(f":{self.postgres_port}/", f":{self._front_pg}/")

    async def _listen_to_zygote(self) -> None:
        assert self._zygote is not None  # noqa: S101 - started before
        assert self._zygote.stdout is not None  # noqa: S101 - it is a pipe
        while line := await self._zygote.stdout.readline():
            said: dict[str, Any] = json.loads(line)
            if "started" in said:
                self._waiting[said["name"]].set_result(said["started"])
            elif (child := self._by_pid.pop(said.get("died", 0), None)) is not None:
                child.pid = 0
                self.deaths += 1
                if child.is_wanted:
                    self._tasks.append(asyncio.create_task(self.start(child)))

    def kill(self, name: str) -> None:
        """End a process as a crash would; ``intake-1-api`` is a connection of ``intake-1``."""
        child = self.children.get("-".join(name.split("-")[:2]))
        if child is not None and child.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a process a signal, if it runs."""
        pid = self.children[name].pid
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    # ---- Postgres

    async def start_database(self) -> None:
        """Start Postgres, and again after a crash; it takes what time its recovery needs."""
        self.postgres_port = self.postgres_port or free_ports(1)[0]
        deadline = machine_seconds() + 120
        while True:
            try:
                self._server = await start_postgres(self.disk / "postgres", port=self.postgres_port)
            except Exception:
                if machine_seconds() > deadline:
                    raise
                await asyncio.sleep(0.2)
            else:
                return

    async def crash_database(self) -> None:
        """Stop Postgres as a power cut would stop its processes: nothing is written down any more."""
        assert self._server is not None  # noqa: S101 - started before
        await stop_postgres(self._server, mode="immediate")

    # ---- Kafka

    async def start_broker(self, n: int) -> None:
        """Start a broker and wait until it listens."""
        if self.kafka_kind == "development":
            words: Sequence[str] = (
                sys.executable,
                "-m",
                "shared.embedded.broker",
                "--data-dir",
                str(self.folder / "kafka"),
                "--port",
                str(self.kafka_ports[0]),
                "--advertised-port",
                str(self._advertised),
            )
        else:
            base = self.kafka_ports[0]
            words = (str(_KAFKA_RUN), "--data-dir", str(self.folder / "kafka"), "--port", str(base))
            words = (*words, "--nodes", "3", "--node", str(n + 1), "--leash")
        log = self.folder / f"broker-{n}.log"
        with log.open("ab") as out:
            self._brokers[n] = subprocess.Popen(  # noqa: ASYNC220, S603 - our own program
                words, stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True
            )
        await self._listens(self.kafka_ports[n])

    async def _listens(self, port: int) -> None:
        async with asyncio.timeout(120):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                return

    def signal_broker(self, n: int, number: signal.Signals) -> None:
        """Send a broker a signal; of Apache Kafka the node itself, and not the script that started it."""
        pid = self._brokers[n].pid
        if self.kafka_kind != "development":
            pid = int((self.folder / "kafka" / f"node-{n + 1}" / "pid").read_text())
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    async def bury_broker(self, n: int) -> None:
        """Wait until a killed broker is gone."""
        await asyncio.to_thread(self._brokers[n].wait)

    # ---- taking it down

    async def close(self) -> None:
        """End everything."""
        for child in self.children.values():
            child.is_wanted = False
            self.send(child.name, signal.SIGCONT)
            self.send(child.name, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20):
                while any(child.pid for child in self.children.values()):
                    await asyncio.sleep(0.1)
        if self._zygote is not None and self._zygote.stdin is not None:
            self._zygote.stdin.close()
            await self._zygote.wait()
        for n, broker in self._brokers.items():
            self.signal_broker(n, signal.SIGCONT)
            self.signal_broker(n, signal.SIGTERM)
            broker.terminate()
            await asyncio.to_thread(broker.wait)
        await self.kafka.close()
        await self.postgres.close()
        if self._server is not None:
            await stop_postgres(self._server, mode="immediate")
        for task in self._tasks:
            task.cancel()
        if self._has_disk:
            if self.keeps_database:
                await asyncio.to_thread(shutil.copytree, self.disk, self.folder / "kept", dirs_exist_ok=True)
            subprocess.run(["umount", "-l", str(self.disk)], check=False)  # noqa: ASYNC221, S603, S607 - ours
