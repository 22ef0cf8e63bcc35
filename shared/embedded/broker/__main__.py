"""``python -m shared.embedded.broker --data-dir D --port P``: run the development broker until told to stop."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

import structlog
import uvloop

from shared.embedded.broker.partition import SEGMENT_BYTES
from shared.embedded.broker.server import CannotServe, running


async def _serve(asked: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(asked.data_dir, asked.port, segment_bytes=asked.segment_bytes, told_port=asked.advertised_port):
        await stop.wait()


def main() -> None:
    """Read the arguments and serve; a taken port or folder is said in one line."""
    parser = argparse.ArgumentParser(prog="python -m shared.embedded.broker", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="where topics and offsets are kept")
    parser.add_argument("--port", type=int, required=True, help="the port on 127.0.0.1")
    parser.add_argument("--segment-bytes", type=int, default=SEGMENT_BYTES, help="length of one log file")
    parser.add_argument(
        "--advertised-port", type=int, help="the port that clients are told, where a proxy stands before us"
    )
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    try:
        uvloop.run(_serve(asked))
    except CannotServe as error:
        sys.exit(f"development broker: {error}")


if __name__ == "__main__":
    main()
