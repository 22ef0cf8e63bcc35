"""Answers to requests about consumer groups and what they have committed."""

import uuid
from types import SimpleNamespace
from typing import Any

from shared.embedded.broker.codes import Code
from shared.embedded.broker.coordinator import Coordinator
from shared.embedded.broker.group import Group
from shared.embedded.broker.members import Application
from shared.embedded.broker.store import Committed, Store

_LONGEST_SESSION_MS = 1_800_000
_HOST = "/127.0.0.1"


class Groups:
    """What members of groups, and those who look at groups, ask for."""

    def __init__(self, store: Store) -> None:
        self.coordinator = Coordinator()
        self._store = store

    async def join_group(self, request: SimpleNamespace) -> dict[str, Any]:
        """Take a consumer into its group."""
        if not 0 < request.session_timeout <= _LONGEST_SESSION_MS:
            return _unjoined(Code.INVALID_SESSION_TIMEOUT, request.member_id)
        instance = getattr(request, "group_instance_id", None)
        rebalance_ms = getattr(request, "rebalance_timeout", request.session_timeout)
        says = Application(
            client=request.client,
            instance=instance,
            protocol_type=request.protocol_type,
            protocols=tuple((p.protocol_name, p.protocol_metadata) for p in request.group_protocols),
            session_s=request.session_timeout / 1000,
            rebalance_s=max(rebalance_ms, request.session_timeout) / 1000,
        )
        fresh = f"{instance or request.client}-{uuid.uuid4().hex}"
        joined = await self.coordinator.join(request.group, request.member_id or "", fresh, says)
        return {
            "error_code": joined.code,
            "generation_id": joined.generation,
            "group_protocol": joined.protocol,
            "leader_id": joined.leader,
            "member_id": joined.member,
            "members": [
                {"member_id": name, "group_instance_id": of, "member_metadata": metadata}
                for name, of, metadata in joined.members
            ],
        }

    async def sync_group(self, request: SimpleNamespace) -> dict[str, Any]:
        """Give a member its partitions."""
        synced = await self.coordinator.sync(
            request.group,
            request.member_id,
            getattr(request, "group_instance_id", None),
            request.generation_id,
            {share.member_id: share.member_metadata for share in request.group_assignment},
        )
        return {"error_code": synced.code, "member_assignment": synced.assignment}

    async def heartbeat(self, request: SimpleNamespace) -> dict[str, Any]:
        """Hear that a member lives."""
        code = self.coordinator.heartbeat(request.group, request.member_id, request.generation_id)
        return {"error_code": code}

    async def leave_group(self, request: SimpleNamespace) -> dict[str, Any]:
        """Let a member go."""
        return {"error_code": self.coordinator.leave(request.group, request.member_id)}

    async def offset_commit(self, request: SimpleNamespace) -> dict[str, Any]:
        """Keep what a group has reached, on disk before the answer."""
        allowed = self.coordinator.may_commit(
            request.consumer_group, request.consumer_id, request.consumer_group_generation_id
        )
        topics = [
            {
                "topic": t.topic,
                "partitions": [
                    {
                        "partition": p.partition,
                        "error_code": self._commit(request.consumer_group, t.topic, p, allowed),
                    }
                    for p in t.partitions
                ],
            }
            for t in request.topics
        ]
        await self._store.settled()
        return {"topics": topics}

    def _commit(self, group: str, topic: str, part: SimpleNamespace, allowed: Code) -> Code:
        if allowed is not Code.NONE:
            return allowed
        if self._store.partition(topic, part.partition) is None:
            return Code.UNKNOWN_TOPIC_OR_PARTITION
        self._store.commit(group, topic, part.partition, Committed(part.offset, part.metadata or ""))
        return Code.NONE

    async def offset_fetch(self, request: SimpleNamespace) -> dict[str, Any]:
        """Give what a group has committed: of the partitions named, or of all."""
        committed = self._store.offsets.get(request.consumer_group, {})
        wanted: dict[str, list[int]] = {}
        if request.topics is None:
            for topic, partition in committed:
                wanted.setdefault(topic, []).append(partition)
        else:
            wanted = {t.topic: t.partitions for t in request.topics}
        nothing = Committed(-1, "")
        return {
            "error_code": Code.NONE,
            "topics": [
                {
                    "topic": topic,
                    "partitions": [
                        _fetched(partition, committed.get((topic, partition), nothing)) for partition in partitions
                    ],
                }
                for topic, partitions in wanted.items()
            ],
        }

    def _known(self) -> set[str]:
        return {*self.coordinator.groups, *self._store.offsets}

    async def list_groups(self, _request: SimpleNamespace) -> dict[str, Any]:
        """Name all groups that have members or offsets."""
        groups = self.coordinator.groups
        listed = [
            {"group": name, "protocol_type": groups[name].protocol_type if name in groups else "consumer"}
            for name in sorted(self._known())
        ]
        return {"error_code": Code.NONE, "groups": listed}

    async def describe_groups(self, request: SimpleNamespace) -> dict[str, Any]:
        """Tell the state and members of each group."""
        return {"groups": [self._describe(name) for name in request.groups]}

    def _describe(self, name: str) -> dict[str, Any]:
        group = self.coordinator.groups.get(name, Group())
        return {
            "error_code": Code.NONE,
            "group": name,
            "state": group.state.value if name in self._known() else "Dead",
            "protocol_type": group.protocol_type,
            "protocol": group.protocol,
            "members": [
                {
                    "member_id": member.name,
                    "client_id": member.says.client,
                    "client_host": _HOST,
                    "member_metadata": member.metadata(group.protocol),
                    "member_assignment": member.assignment,
                }
                for member in group.members.values()
            ],
        }

    async def delete_groups(self, request: SimpleNamespace) -> dict[str, Any]:
        """Forget groups that have no members."""
        results = [{"group_id": name, "error_code": self._delete(name)} for name in request.groups_names]
        await self._store.settled()
        return {"results": results}

    def _delete(self, name: str) -> Code:
        if name not in self._known():
            return Code.GROUP_ID_NOT_FOUND
        if self.coordinator.groups.get(name, Group()).members:
            return Code.NON_EMPTY_GROUP
        self.coordinator.forget(name)
        self._store.forget_group(name)
        return Code.NONE


def _unjoined(code: Code, member: str) -> dict[str, Any]:
    return {
        "error_code": code,
        "generation_id": -1,
        "group_protocol": "",
        "leader_id": "",
        "member_id": member,
        "members": [],
    }


def _fetched(partition: int, at: Committed) -> dict[str, Any]:
    return {
        "partition": partition,
        "offset": at.offset,
        "metadata": at.metadata,
        "error_code": Code.NONE,
    }
