"""Time, chance and waiting are read in one place, so that a whole system can live in another time."""

import ast
from collections.abc import Iterator
from pathlib import Path

import services
import shared

_ROOTS = [Path(package.__file__ or "").parent for package in (services, shared)]
_TOP = _ROOTS[0].parent

#: Calls that read the machine's time, wait for it, or throw dice.
_READS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.gmtime"),
    *("time.localtime", "time.sleep", "asyncio.sleep"),
    *("uuid.uuid1", "uuid.uuid4", "uuid4", "uuid1"),
    *("random.random", "random.choice", "random.randrange", "random.randint", "random.uniform", "random.shuffle"),
    *("random.sample", "random.Random", "random.SystemRandom"),
}

#: Where it may be done, and why.
_ALLOWED: dict[str, dict[str, str]] = {
    "shared/runtime/": {"*": "the clock and the ids live here"},
    "shared/embedded/": {
        "asyncio.sleep": "waits for other programs, in the machine's time",
        "uuid.uuid4": "names of Kafka's own making, that no record of ours holds",
    },
    "shared/kafka/": {"asyncio.sleep": "back-off while Kafka is away"},
    "shared/outbox/": {"asyncio.sleep": "back-off while the database is away"},
    "shared/db/listen.py": {"asyncio.sleep": "waits for a killed process to let go of its name"},
    "services/console/up/": {
        "random.SystemRandom": "picks free ports, which no record of ours holds",
        "asyncio.sleep": "watches over processes, in the machine's time",
        "time.sleep": "watches over processes, in the machine's time",
    },
    "services/console/play/": {
        "asyncio.sleep": "waits until everything has settled, in the machine's time",
        "random.Random": "seeded: a sample that can be had again",
    },
    "services/console/simulate/": {
        "asyncio.sleep": "keeps to a rate, in the machine's time",
        "random.Random": "seeded: a load that can be had again",
    },
    "services/console/stub/": {"asyncio.sleep": "keeps a sender waiting, as asked, in the machine's time"},
    "services/console/cli/": {"asyncio.sleep": "plays at a speed, in the machine's time"},
}


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _plain_imports(tree: ast.AST) -> dict[str, str]:
    """Give what a module calls things, and what they are called at home: ``from time import sleep as nap``."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in {"time", "random", "uuid", "asyncio"}
        for alias in node.names
    } | {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname
    }


def _reads(source: str) -> Iterator[tuple[int, str]]:
    tree = ast.parse(source)
    named = _plain_imports(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.Name):
            continue
        head, dot, tail = _dotted(node).partition(".")
        name = named.get(head, head) + dot + tail
        name = name.removeprefix("datetime.") if name.startswith("datetime.d") else name
        if name in _READS:
            yield node.lineno, name


def _is_allowed(file: str, name: str) -> bool:
    return any(file.startswith(place) and (name in names or "*" in names) for place, names in _ALLOWED.items())


def test_the_clock_is_read_in_one_place() -> None:
    """Outside the clock's own room nothing reads time or chance, but for the listed reasons."""
    found = [
        f"{file}:{line}: {name}"
        for root in _ROOTS
        for path in sorted(root.rglob("*.py"))
        for file in [path.relative_to(_TOP).as_posix()]
        for line, name in _reads(path.read_text())
        if not _is_allowed(file, name)
    ]
    assert found == []


def test_the_check_sees_every_way_to_ask() -> None:
    """Whatever a module calls them, time, sleep and dice are found."""
    asked = {
        "from datetime import datetime\ndatetime.now()": "datetime.now",
        "import datetime\ndatetime.datetime.now()": "datetime.now",
        "from time import monotonic as m\nm()": "time.monotonic",
        "import time as t\nt.time()": "time.time",
        "import asyncio\nawait_ = asyncio.sleep": "asyncio.sleep",
        "from uuid import uuid4\nuuid4()": "uuid.uuid4",
        "import random\nrandom.choice([1])": "random.choice",
    }
    for source, name in asked.items():
        assert [read for _, read in _reads(source)] == [name], source


def test_every_exception_is_still_needed() -> None:
    """An allowance that nothing uses is taken off the list."""
    used = {
        (place, name)
        for root in _ROOTS
        for path in root.rglob("*.py")
        for _, name in _reads(path.read_text())
        for place, names in _ALLOWED.items()
        if path.relative_to(_TOP).as_posix().startswith(place) and name in names
    }
    listed = {(place, name) for place, names in _ALLOWED.items() for name in names if name != "*"}
    assert listed - used == set()
