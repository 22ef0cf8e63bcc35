"""Apache Kafka beside the run, where Java and Maven are there."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.console.up.ports import free_ports

_RUN = Path(__file__).parent.parent / "deploy" / "kafka" / "run"
_READY_S = 180.0


class NoKafka(RuntimeError):
    """Apache Kafka does not come up here."""


@asynccontextmanager
async def apache_kafka(root: Path) -> AsyncIterator[str]:
    """Run one node of Apache Kafka and let `up` use it in place of the development broker."""
    port = free_ports(1)[0]
    process = await asyncio.create_subprocess_exec(
        str(_RUN),
        *("--data-dir", str(root), "--port", str(port), "--leash"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_READY_S):
            line = await process.stdout.readline() if process.stdout else b""
        if not line.startswith(b"ready "):
            raise NoKafka("Apache Kafka did not become ready; see deploy/kafka/run")
        address = line.split()[1].decode()
        os.environ["COUNTERSIGN_KAFKA"] = address
        yield address
    finally:
        os.environ.pop("COUNTERSIGN_KAFKA", None)
        if process.stdin:
            process.stdin.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()
