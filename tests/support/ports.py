"""Ports that nobody uses."""

import random
import socket

#: Below the ports that systems give to clients: a client that looks for a server
#: which is down could otherwise be given the server's own port, and keep it.
_RANGE = range(20_000, 32_000)


def free_port() -> int:
    """Give a port on loopback that was free a moment ago."""
    # Not the shared generator: tests that run side by side seed it alike.
    for port in random.SystemRandom().sample(_RANGE, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"none of a hundred ports in {_RANGE} is free")
