"""Which part listens where: fixed places from the base on, or free ones."""

import random
import socket

from shared.domain.errors import CountersignError

HOST = "127.0.0.1"
_PLACES = {"console": 0, "intake": 1, "decision": 2, "notify": 3, "watchdog": 4}
#: Broker and Postgres take the first free port from here on; nobody needs to know theirs by heart.
_BROKER, _POSTGRES, _ROOM = 20, 30, 10
#: Below what systems give to clients: a client that looks for a server which is just being started again
#: could else be given that server's own port, and keep it.
_ANYWHERE = range(20_000, 32_000)


class PortTaken(CountersignError):
    """A port that a part should listen on is in use."""


def is_free(port: int) -> bool:
    """Tell whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def service_ports(base: int) -> dict[str, int]:
    """Give each service its port; with base 0, whichever are free. Raises PortTaken."""
    if base == 0:
        return dict(zip(_PLACES, free_ports(len(_PLACES)), strict=True))
    ports = {name: base + place for name, place in _PLACES.items()}
    for name, port in ports.items():
        if not is_free(port):
            raise PortTaken(f"port {port} for {name} is taken: end what uses it, or give another --port-base")
    return ports


def broker_port(base: int) -> int:
    """Give the broker's port."""
    return free_ports(1)[0] if base == 0 else _first_free(base + _BROKER)


def postgres_port(base: int, last: int | None) -> int:
    """Give the database's port: the one it had, if nothing else took it."""
    if last is not None and is_free(last):
        return last
    return free_ports(1)[0] if base == 0 else _first_free(base + _POSTGRES)


def free_ports(count: int) -> list[int]:
    """Give so many different ports that nobody uses. Raises PortTaken."""
    found: list[int] = []
    # Not the shared generator: whoever seeds that one would get the same ports in every process.
    for port in random.SystemRandom().sample(_ANYWHERE, 200):
        if len(found) == count:
            return found
        if is_free(port):
            found.append(port)
    raise PortTaken(f"there are not {count} free ports between {_ANYWHERE.start} and {_ANYWHERE.stop}")


def _first_free(begin: int) -> int:
    for port in range(begin, begin + _ROOM):
        if is_free(port):
            return port
    raise PortTaken(f"all ports from {begin} to {begin + _ROOM - 1} are taken: give another --port-base")
