"""What Kafka itself knows of a group: who is in it, what each member has, and how far it was told we are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from shared.domain.errors import KafkaAway
from shared.kafka.aio import KafkaError, administrator, assigned, start

Place = tuple[str, int]
#: A broker adds an id of its own to a static member's name.
_BROKERS_OWN = re.compile(r"-(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group as Kafka sees it; our own rows count, this is for comparison."""

    #: Names of the members that answer heartbeats.
    members: tuple[str, ...] = ()
    #: Which member has which partition.
    owners: Mapping[Place, str] = field(default_factory=dict)
    #: The offsets that Kafka was told, or that somebody set with its tools.
    told: Mapping[Place, int] = field(default_factory=dict)


class Groups:
    """Asks about groups over one kept connection."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = administrator(bootstrap)

    async def __aenter__(self) -> Self:
        """Connect."""
        try:
            await start(self._admin)
        except BaseException:
            await self._admin.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        await self._admin.close()

    async def view(self, group: str) -> GroupView:
        """Give what Kafka knows of a group; KafkaAway when it does not answer."""
        try:
            answers = await self._admin.describe_consumer_groups([group])
            offsets = await self._admin.list_consumer_group_offsets(group)
        except KafkaError as error:
            raise KafkaAway(f"group {group} cannot be asked about: {type(error).__name__}") from error
        members = [member for answer in answers for described in answer.groups for member in described[5]]
        return GroupView(
            members=tuple(sorted(_name(member) for member in members)),
            owners={(tp.topic, tp.partition): _name(member) for member in members for tp in assigned(member[4])},
            told={(tp.topic, tp.partition): at.offset for tp, at in offsets.items() if at.offset >= 0},
        )


def _name(member: Any) -> str:
    """Give a member's own name, without what the broker added to it."""
    return _BROKERS_OWN.sub("", str(member[0]))
