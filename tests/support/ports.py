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
        if _is_free(port):
            return port
    raise RuntimeError(f"none of a hundred ports in {_RANGE} is free")


def free_ports(count: int) -> int:
    """Give the first of so many neighbouring ports on loopback that were free a moment ago."""
    for _ in range(100):
        first = free_port()
        if all(_is_free(port) for port in range(first + 1, first + count)):
            return first
    raise RuntimeError(f"nowhere in {_RANGE} are {count} neighbouring ports free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
