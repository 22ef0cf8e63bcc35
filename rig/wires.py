"""Proxies before Postgres and Kafka that know what is said on them: they cut, delay, go silent, or kill who speaks.

A named point is a statement or request and a side of it: before it is passed on, or after it was carried out and
before the answer comes back. So the services carry no hooks: whatever they say to the outside can be a point.
"""

import asyncio
import contextlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

When = Literal["before", "after"]
Deed = Literal["kill", "cut"]
_CHUNK = 262_144
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Point:
    """A place to strike: who speaks, what they say, on which side of it, and what is done then."""

    who: str
    says: str
    when: When
    deed: Deed = "kill"

    def __str__(self) -> str:
        """Give its name, as reports have it."""
        return f"{self.deed} {self.who} {self.when} {self.says}"


@dataclass
class Trap:
    """The point that is armed, and whether it has been struck."""

    kill: Callable[[str], None]
    point: Point | None = None
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    def arm(self, point: Point) -> None:
        """Wait for a point to come by."""
        self.struck.clear()
        self.point = point

    def wants(self, who: str, says: str) -> Point | None:
        """Give the armed point if this is it; it is taken, so that it strikes once."""
        point = self.point
        if point is None or not who.startswith(point.who) or not says.startswith(point.says):
            return None
        self.point = None
        return point

    def strike(self, point: Point, who: str) -> None:
        """Do what the point is there for; a cut has been done by the wire itself."""
        if point.deed == "kill":
            self.kill(who)
        self.struck.set()


class Wire:
    """One connection through a proxy; subclasses read what the client says."""

    def __init__(self, proxy: "Proxy", peer_port: int) -> None:
        self.proxy = proxy
        self.peer_port = peer_port
        self.who = ""
        self.swallow: Point | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes both ways until either side hangs up."""
        self._writers = [writer]
        try:
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.proxy.target)
        except OSError:
            writer.close()
            return
        self._writers.append(upstream)
        there = asyncio.create_task(self._there(reader, upstream))
        back = asyncio.create_task(self._back(upstream_reader, writer))
        await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        self.cut()
        await asyncio.gather(there, back, return_exceptions=True)

    def cut(self) -> None:
        """Hang up on both sides."""
        for writer in self._writers:
            writer.transport.abort()

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self.proxy.weather()
                passed = self.heard(data)
                if passed:
                    writer.write(passed)
                    await writer.drain()
                if passed is None:
                    return

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.swallow is not None:
                    if self.proxy.is_done(data):
                        self.proxy.trap.strike(self.swallow, self.who)
                        return
                    continue
                await self.proxy.weather()
                writer.write(data)
                await writer.drain()

    def heard(self, data: bytes) -> bytes | None:
        """Look at what the client says; give what is passed on, None to hang up."""
        return data

    def met(self, says: str) -> Literal["pass", "stop"]:
        """Strike if this is the armed point: ``stop`` keeps the words from being passed on."""
        point = self.proxy.trap.wants(self.who, says)
        if point is None:
            return "pass"
        if point.when == "after":
            self.swallow = point
            return "pass"
        self.proxy.trap.strike(point, self.who)
        return "stop"


class PostgresWire(Wire):
    """Knows who speaks from the start-up message, and every statement from its parse message."""

    def __init__(self, proxy: "Proxy", peer_port: int) -> None:
        super().__init__(proxy, peer_port)
        self._left = b""
        self._statements: dict[bytes, str] = {}
        self._bound = ""

    def heard(self, data: bytes) -> bytes | None:
        """Read whole messages; what is cut in the middle waits for its rest, and is passed on with it."""
        buffer, at = self._left + data, 0
        while True:
            head = 0 if not self.who else 1
            if len(buffer) < at + head + 4:
                break
            (length,) = struct.unpack_from("!I", buffer, at + head)
            end = at + head + length
            if len(buffer) < end:
                break
            if not self.who:
                self._begin(buffer[at + 4 : end])
            elif self._said(buffer[at : at + 1], buffer[at + 5 : end]) == "stop":
                return None
            at = end
        self._left = buffer[at:]
        return buffer[:at]

    def _begin(self, body: bytes) -> None:
        if len(body) <= 8:
            return
        words = body[4:].split(b"\0")
        found = dict(zip(words[::2], words[1::2], strict=False))
        self.who = found.get(b"application_name", b"?").decode()

    def _said(self, kind: bytes, body: bytes) -> Literal["pass", "stop"]:
        if kind == b"Q":
            return self.met(body[:-1].decode(errors="replace"))
        if kind == b"P":
            name, sql, *_ = body.split(b"\0", 2)
            self._statements[name] = sql.decode(errors="replace").strip()
        elif kind == b"B":
            self._bound = self._statements.get(body.split(b"\0", 2)[1], "")
        elif kind == b"E":
            return self.met(self._bound)
        return "pass"


#: What a Kafka request is for, by its number.
_REQUESTS = {0: "Produce", 1: "Fetch", 2: "ListOffsets", 8: "OffsetCommit", 10: "FindCoordinator", 11: "JoinGroup"}


class KafkaWire(Wire):
    """Knows each request by its number; who speaks is asked of the system, and only where it matters."""

    def __init__(self, proxy: "Proxy", peer_port: int) -> None:
        super().__init__(proxy, peer_port)
        self._left = b""

    def heard(self, data: bytes) -> bytes | None:
        """Read whole requests."""
        buffer, at = self._left + data, 0
        while len(buffer) >= at + 6:
            length, number = struct.unpack_from("!Ih", buffer, at)
            if len(buffer) < at + 4 + length:
                break
            point = self.proxy.trap.point
            says = _REQUESTS.get(number, "")
            if point is not None and says and point.says == says:
                self.who = self.who or self.proxy.who_has(self.peer_port)
                if self.met(says) == "stop":
                    return None
            at += 4 + length
        self._left = buffer[at:]
        return buffer[:at]


class Proxy:
    """Listens before a server; all its wires share one weather."""

    def __init__(self, wire: type[Wire], target: int, trap: Trap, pids: Callable[[], dict[str, int]]) -> None:
        self.target = target
        self.trap = trap
        self.delay_s = 0.0
        self._wire = wire
        self._pids = pids
        self._silent = False
        self._wires: set[Wire] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> None:
        """Begin to take connections."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", port, limit=_CHUNK)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = self._wire(self, writer.get_extra_info("peername")[1])
        self._wires.add(wire)
        try:
            await wire.run(reader, writer)
        finally:
            self._wires.discard(wire)

    async def weather(self) -> None:
        """Hold bytes back for as long as the wire is slow or silent."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        while self._silent:
            await asyncio.sleep(_LOOK_S)

    def is_done(self, data: bytes) -> bool:
        """Tell whether the server has answered in full: Postgres says that it is ready for the next query."""
        return self._wire is KafkaWire or data[-6:-4] == b"Z\0"

    def cut_all(self, who: str = "") -> int:
        """Hang up on all wires, or those of one process; give how many there were."""
        wires = [wire for wire in self._wires if wire.who.startswith(who)]
        for wire in wires:
            wire.cut()
        return len(wires)

    async def black_hole(self, seconds: float) -> None:
        """Let nothing through for a while, and nobody know."""
        self._silent = True
        try:
            await asyncio.sleep(seconds)
        finally:
            self._silent = False

    def who_has(self, port: int) -> str:
        """Give the process that a connection's near end belongs to."""
        inode = _inode(port)
        for name, pid in self._pids().items():
            with contextlib.suppress(OSError):
                for link in Path(f"/proc/{pid}/fd").iterdir():
                    with contextlib.suppress(OSError):
                        if inode and link.readlink().name == f"socket:[{inode}]":
                            return name
        return "?"

    async def close(self) -> None:
        """Take no more connections, and hang up."""
        if self._server is not None:
            self._server.close()
        self.cut_all()


def _inode(port: int) -> str:
    with Path("/proc/net/tcp").open() as table:
        for line in table:
            words = line.split()
            if len(words) > 9 and words[1].endswith(f":{port:04X}"):
                return words[9]
    return ""
