"""Requests and answers as aiokafka's structs describe them, and the one table of versions we speak."""

import inspect
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

from aiokafka.protocol import (
    admin,
    commit,
    coordination,
    fetch,
    group,
    metadata,
    offset,
    produce,
    transaction,
)
from aiokafka.protocol.api import RequestStruct
from aiokafka.protocol.types import Array, Schema

#: API key -> name, lowest and highest version. Only versions without tagged fields, which aiokafka has.
VERSIONS: dict[int, tuple[str, int, int]] = {
    0: ("produce", 3, 7),
    1: ("fetch", 4, 11),
    2: ("list_offsets", 1, 3),
    3: ("metadata", 0, 5),
    8: ("offset_commit", 2, 3),
    9: ("offset_fetch", 1, 3),
    10: ("find_coordinator", 0, 1),
    11: ("join_group", 0, 5),
    12: ("heartbeat", 0, 1),
    13: ("leave_group", 0, 1),
    14: ("sync_group", 0, 3),
    15: ("describe_groups", 0, 2),
    16: ("list_groups", 0, 1),
    18: ("api_versions", 0, 2),
    19: ("create_topics", 0, 3),
    20: ("delete_topics", 0, 3),
    22: ("init_producer_id", 0, 0),
    32: ("describe_configs", 0, 2),
    37: ("create_partitions", 0, 1),
    42: ("delete_groups", 0, 1),
}
API_VERSIONS = 18

#: Versions that aiokafka leaves out, but which look on the wire like an earlier one.
_SAME_AS = {(11, 3): (11, 2), (11, 4): (11, 2), (14, 2): (14, 1)}

_MODULES: tuple[ModuleType, ...] = (
    admin,
    commit,
    coordination,
    fetch,
    group,
    metadata,
    offset,
    produce,
    transaction,
)


def _collect() -> dict[tuple[int, int], Any]:
    """Give the request struct of each (API key, version) that we speak."""
    found: dict[tuple[int, int], Any] = {}
    for module in _MODULES:
        for name, member in inspect.getmembers(module, inspect.isclass):
            version = name.rpartition("_v")[2]
            struct: Any = member
            if issubclass(struct, RequestStruct) and version.isdigit():
                found[struct.API_KEY, int(version)] = struct
    found.update({twin: found[model] for twin, model in _SAME_AS.items()})
    return {
        (key, version): found[key, version]
        for key, (_, low, high) in VERSIONS.items()
        for version in range(low, high + 1)
    }


STRUCTS = _collect()


def _named(kind: Any, value: Any) -> Any:
    """Give the values of a schema their names, however deep."""
    if isinstance(kind, Schema):
        pairs = zip(kind.names, kind.fields, value, strict=True)
        return SimpleNamespace(**{name: _named(field, item) for name, field, item in pairs})
    if isinstance(kind, Array) and value is not None:
        return [_named(kind.array_of, item) for item in value]
    return value


def _ordered(kind: Any, value: Any) -> Any:
    """Put named values in the order of the schema; names the version does not have are left out."""
    if isinstance(kind, Schema) and isinstance(value, Mapping):
        return [_ordered(field, value[name]) for name, field in zip(kind.names, kind.fields, strict=True)]
    if isinstance(kind, Array) and value is not None:
        return [_ordered(kind.array_of, item) for item in value]
    return value


def read_request(key: int, version: int, body: bytes) -> SimpleNamespace:
    """Read a request; every field is an attribute, every nested struct likewise."""
    struct = STRUCTS[key, version]
    request = struct.decode(body)
    values = [getattr(request, name) for name in struct.SCHEMA.names]
    named: SimpleNamespace = _named(struct.SCHEMA, values)
    named.version = version
    return named


def write_answer(key: int, version: int, answer: Mapping[str, Any]) -> bytes:
    """Write an answer: ``answer`` names the fields of all versions, the version's own are taken."""
    schema = STRUCTS[key, version].RESPONSE_TYPE.SCHEMA
    encoded: bytes = schema.encode(_ordered(schema, {"throttle_time_ms": 0, **answer}))
    return encoded
