"""Answers to requests about the cluster itself: who is in it, which topics there are, and how they are set."""

from types import SimpleNamespace
from typing import Any

from shared.embedded.broker.codes import Code
from shared.embedded.broker.store import Store, Topic
from shared.embedded.broker.wire import VERSIONS

NODE = 1
_ALL_BELOW = 1  # before this version an empty list of topics meant all of them
_TOPIC_RESOURCE = 2
_FROM_TOPIC, _FROM_DEFAULT = 1, 5  # config sources as in the protocol guide


class Cluster:
    """What clients and administrators ask for; a cluster of one."""

    def __init__(self, store: Store, host: str, port: int) -> None:
        self._store = store
        self._here = {"host": host, "port": port}

    async def api_versions(self, _request: SimpleNamespace) -> dict[str, Any]:
        """Name the requests and versions that are spoken."""
        return {
            "error_code": Code.NONE,
            "api_versions": [
                {"api_key": key, "min_version": low, "max_version": high} for key, (_, low, high) in VERSIONS.items()
            ],
        }

    async def metadata(self, request: SimpleNamespace) -> dict[str, Any]:
        """Name the one broker and the topics asked for; topics are never made by asking."""
        names = request.topics
        if names is None or (request.version < _ALL_BELOW and not names):
            names = list(self._store.topics)
        return {
            "brokers": [{"node_id": NODE, "rack": None, **self._here}],
            "cluster_id": self._store.cluster_id,
            "controller_id": NODE,
            "topics": [self._topic(name) for name in names],
        }

    def _topic(self, name: str) -> dict[str, Any]:
        topic = self._store.topics.get(name)
        return {
            "error_code": Code.NONE if topic else Code.UNKNOWN_TOPIC_OR_PARTITION,
            "topic": name,
            "is_internal": False,
            "partitions": [_place(number) for number in range(len(topic.partitions))] if topic else [],
        }

    async def find_coordinator(self, _request: SimpleNamespace) -> dict[str, Any]:
        """Say who looks after a group: always this broker."""
        return {"error_code": Code.NONE, "error_message": None, "coordinator_id": NODE, **self._here}

    async def create_topics(self, request: SimpleNamespace) -> dict[str, Any]:
        """Make topics, on disk before the answer."""
        validate_only = getattr(request, "validate_only", False)
        errors = [self._create(wanted, validate_only=validate_only) for wanted in request.create_topic_requests]
        await self._store.settled()
        return {"topic_errors": errors}

    def _create(self, wanted: SimpleNamespace, *, validate_only: bool) -> dict[str, Any]:
        configs = {c.config_key: c.config_value for c in wanted.configs if c.config_value is not None}
        count = len(wanted.replica_assignment) or (1 if wanted.num_partitions < 0 else wanted.num_partitions)
        code = self._store.check_new(wanted.topic, count, configs)
        if code is Code.NONE and not validate_only:
            self._store.create(wanted.topic, count, configs)
        return _told(wanted.topic, code)

    async def delete_topics(self, request: SimpleNamespace) -> dict[str, Any]:
        """Remove topics and all that is in them."""
        codes = [(name, await self._store.delete(name)) for name in request.topics]
        return {"topic_error_codes": [{"topic": name, "error_code": code} for name, code in codes]}

    async def create_partitions(self, request: SimpleNamespace) -> dict[str, Any]:
        """Give topics more partitions."""
        errors = []
        for wanted in request.topic_partitions:
            count = wanted.new_partitions.count
            code = self._store.check_grown(wanted.topic, count)
            if code is Code.NONE and not request.validate_only:
                self._store.grow(wanted.topic, count)
            errors.append(_told(wanted.topic, code))
        await self._store.settled()
        return {"topic_errors": errors}

    async def describe_configs(self, request: SimpleNamespace) -> dict[str, Any]:
        """Tell how topics are set; the broker itself has nothing to set."""
        return {"resources": [self._configs(resource) for resource in request.resources]}

    def _configs(self, resource: SimpleNamespace) -> dict[str, Any]:
        topic = self._store.topics.get(resource.resource_name)
        is_topic = resource.resource_type == _TOPIC_RESOURCE
        entries = _settings(topic) if is_topic and topic else {}
        wanted = resource.config_names
        return {
            "error_code": Code.UNKNOWN_TOPIC_OR_PARTITION if is_topic and not topic else Code.NONE,
            "error_message": None,
            "resource_type": resource.resource_type,
            "resource_name": resource.resource_name,
            "config_entries": [
                _entry(name, value, is_own=name in topic.configs if topic else False)
                for name, value in entries.items()
                if not wanted or name in wanted
            ],
        }


def _settings(topic: Topic) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms), **topic.configs}


def _entry(name: str, value: str, *, is_own: bool) -> dict[str, Any]:
    return {
        "config_names": name,
        "config_value": value,
        "read_only": False,
        "is_default": not is_own,
        "config_source": _FROM_TOPIC if is_own else _FROM_DEFAULT,
        "is_sensitive": False,
        "config_synonyms": [],
    }


def _place(number: int) -> dict[str, Any]:
    return {
        "error_code": Code.NONE,
        "partition": number,
        "leader": NODE,
        "replicas": [NODE],
        "isr": [NODE],
        "offline_replicas": [],
    }


def _told(topic: str, code: Code) -> dict[str, Any]:
    message = None if code is Code.NONE else code.name.lower().replace("_", " ")
    return {"topic": topic, "error_code": code, "error_message": message}
