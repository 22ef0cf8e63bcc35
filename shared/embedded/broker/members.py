"""What a consumer group is made of: its state, its members, and the answers they get."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.embedded.broker.codes import Code


class State(StrEnum):
    """Where a group stands; the values are the names that Kafka's tools show."""

    #: Nobody is in it.
    EMPTY = "Empty"
    #: Members are asked to join anew.
    PREPARING = "PreparingRebalance"
    #: The leader shares out the partitions.
    COMPLETING = "CompletingRebalance"
    #: Everyone has their partitions.
    STABLE = "Stable"


@dataclass(frozen=True, slots=True)
class Application:
    """What a member says of itself when it joins; times in seconds."""

    client: str
    instance: str | None
    protocol_type: str
    protocols: tuple[tuple[str, bytes], ...]
    session_s: float
    rebalance_s: float


@dataclass(frozen=True, slots=True)
class Joined:
    """The answer to a join."""

    code: Code
    member: str
    generation: int = -1
    protocol: str = ""
    leader: str = ""
    members: tuple[tuple[str, str | None, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Synced:
    """The answer to a sync: the partitions, packed by the leader."""

    code: Code
    assignment: bytes = b""


@dataclass(slots=True)
class Member:
    """One consumer; a ticket is a request of its that waits for an answer."""

    name: str
    says: Application
    alive_until: float
    assignment: bytes = b""
    joining: int | None = None
    syncing: int | None = None

    def metadata(self, protocol: str) -> bytes:
        """Give what it sent along with a protocol."""
        return dict(self.says.protocols).get(protocol, b"")


def in_common(all_say: Iterable[Application]) -> set[str]:
    """Give the protocols that everyone speaks."""
    return set.intersection(*({name for name, _ in says.protocols} for says in all_say))
