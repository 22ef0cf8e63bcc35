"""Pure: to which addresses a webhook may go. A recipient names the URL, so it must not lead into our own network.

Whatever a resolver or a parser might read in another way is refused: there is one spelling for each host, and
no address stands in a URL. What a name resolves to is judged by `pinned`, and dialled as judged.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from shared.domain.errors import CountersignError

Address = IPv4Address | IPv6Address

_LONGEST_URL, _LONGEST_HOST = 1000, 253
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
#: The last label begins with a letter: 127.1, 0x7f.1 and 2130706433 are addresses in disguise.
_HOST = rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_REST = rf"((?:/{_PCHAR}*)*(?:\?(?:{_PCHAR}|[/?])*)?)"
_URL = re.compile(rf"https://({_HOST})(?::([1-9][0-9]{{0,4}}))?{_REST}", re.ASCII)
_OWN_MACHINE = re.compile(rf"(https?)://(127\.0\.0\.1|localhost):([1-9][0-9]{{0,4}}){_REST}", re.ASCII)
#: Names that by agreement lead to the machine itself or into a local network (RFC 6761, 6762, 7686, 8375, 9476).
_LOCAL_NAMES = frozenset({"localhost", "local", "localdomain", "internal", "intranet", "lan", "arpa", "onion", "alt"})
_HTTPS_PORT, _HIGHEST_PORT = 443, 65535

#: IPv4 that is not the public internet: IANA's special-purpose registry, multicast and what is reserved.
_REFUSED_4 = [
    IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
#: Of IPv6 only global unicast is public: mapped, NAT64, unique local and link-local addresses lie outside of it.
_GLOBAL_6 = IPv6Network("2000::/3")
#: Inside it: Teredo and other protocols' own, documentation, 6to4, and what leads back to AS112.
_REFUSED_6 = [
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]


class AddressRefused(CountersignError):
    """A URL, or what it resolves to, that no notice is sent to; the text says why."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator allows; ``own_machine`` is for tests and development, where receivers run beside us."""

    ports: frozenset[int] = frozenset({_HTTPS_PORT, 8443})
    own_machine: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: where to dial, and what to ask for there."""

    scheme: str
    host: str
    port: int
    #: Path and query.
    path: str

    @property
    def authority(self) -> str:
        """Give what the Host header says."""
        is_usual = self.scheme == "https" and self.port == _HTTPS_PORT
        return self.host if is_usual else f"{self.host}:{self.port}"


def target_of(url: str, rules: Rules) -> Target:
    """Take a URL apart; AddressRefused when it is not plainly an https address on the internet."""
    if len(url) > _LONGEST_URL:
        raise AddressRefused(f"a URL has at most {_LONGEST_URL} characters")
    if rules.own_machine and (found := _OWN_MACHINE.fullmatch(url)):
        return Target(found[1], found[2], _port(found[3]), found[4] or "/")
    found = _URL.fullmatch(url)
    if found is None:
        raise AddressRefused(
            "the URL must be https://, a host name in lower case with a dot (no address, no user, xn-- for other"
            " alphabets), then a path and a query if need be"
        )
    host, port = found[1], _port(found[2]) if found[2] else _HTTPS_PORT
    if len(host) > _LONGEST_HOST or host.rpartition(".")[2] in _LOCAL_NAMES:
        raise AddressRefused("the host's name is no name on the internet")
    if port not in rules.ports and not rules.own_machine:
        raise AddressRefused(f"the port must be one of {', '.join(str(port) for port in sorted(rules.ports))}")
    if re.search(r"%(0|1|7[fF])", found[3]):
        raise AddressRefused("the path holds an escaped control character")
    return Target("https", host, port, found[3] if found[3].startswith("/") else f"/{found[3]}")


def _port(text: str) -> int:
    port = int(text)
    if port > _HIGHEST_PORT:
        raise AddressRefused("there is no such port")
    return port


def pinned(addresses: Sequence[str], rules: Rules) -> str:
    """Give the address to dial; AddressRefused if any that the name resolves to is not on the internet.

    A name with one public and one private address is an attack or a mistake, so one bad address refuses all.
    """
    if not addresses:
        raise AddressRefused("the host's name has no address")
    for text in addresses:
        if not is_public(text) and not (rules.own_machine and _is_loopback(text)):
            raise AddressRefused("the host's name leads to an address that is not on the internet")
    return addresses[0]


def is_public(text: str) -> bool:
    """Tell whether an address is an ordinary one of the public internet; what is no address is not."""
    address = _address(text)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    if address is None or address.scope_id is not None or address not in _GLOBAL_6:
        return False
    return not any(address in network for network in _REFUSED_6)


def _is_loopback(text: str) -> bool:
    address = _address(text)
    return address is not None and address.is_loopback


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
