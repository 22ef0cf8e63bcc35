"""Read single fields of a page, and refuse what is missing, unknown or of a wrong kind."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from services.decision.policy.trees import PageError
from shared.domain.window import ClockRule

Node = Mapping[str, Any]
Code = TypeVar("Code", bound=StrEnum)


def keys(node: Any, needed: set[str], more: set[str] | frozenset[str] = frozenset()) -> None:
    """Refuse a node that lacks a key, or has one nobody reads."""
    if not isinstance(node, Mapping):
        raise PageError(f"should be a mapping with {', '.join(sorted(needed))}", node, "")
    for key in sorted(needed - node.keys()):
        raise PageError(f"'{key}' is missing; add it", node, key)
    for key in node.keys() - needed - more:
        raise PageError(f"'{key}' is not known here; use {', '.join(sorted(needed | more))}", node, key)


def whole_number(node: Node, key: str) -> int:
    """Read a whole number from 1 up."""
    value = node.get(key)
    if value.__class__ is not int or value < 1:
        raise PageError(f"'{key}' should be a whole number from 1 up", node, key)
    return value


def text(node: Node, key: str) -> str:
    """Read a text that is not empty."""
    value = node.get(key)
    if not isinstance(value, str) or not value.strip():
        raise PageError(f"'{key}' should be a text", node, key)
    return value


def day(node: Node, key: str) -> date:
    """Read a calendar day."""
    value = node[key]
    if value.__class__ is not date:
        raise PageError(f"'{key}' should be a day like 2012-02-22", node, key)
    return value


def texts(node: Node, key: str, *, needed: bool = False) -> tuple[str, ...]:
    """Read a list of texts; none when absent."""
    values = node.get(key, [])
    sound = isinstance(values, list) and all(isinstance(each, str) and each.strip() for each in values)
    if not sound or (needed and not values):
        raise PageError(f"'{key}' should be a list of texts{', with one at least' if needed else ''}", node, key)
    return tuple(values)


def one_of(node: Node, key: str, known: Sequence[str]) -> str:
    """Read one of a few words."""
    if node[key] not in known:
        raise PageError(f"'{key}' should be one of {', '.join(known)}", node, key)
    return str(node[key])


def subset(node: Node, key: str, known: frozenset[str]) -> frozenset[str]:
    """Read a list of known words; none when absent."""
    values = node.get(key, [])
    if not isinstance(values, list) or not set(values) <= known:
        raise PageError(f"'{key}' should be a list of {', '.join(sorted(known))}", node, key)
    return frozenset(values)


def code(codes: type[Code], node: Node, key: str) -> Code:
    """Read a member of an enumeration."""
    if node[key] not in list(codes):
        raise PageError(f"'{key}' should be one of {', '.join(codes)}", node, key)
    return codes(node[key])


def clock(node: Node, key: str) -> ClockRule | None:
    """Read the name of a clock, or none."""
    return None if node.get(key) is None else code(ClockRule, node, key)


def refuse_twice(names: Sequence[str], node: Node | None, key: str) -> None:
    """Refuse a name that stands for two things."""
    for name in names:
        if names.count(name) > 1:
            raise PageError(f"{name} stands twice; rename one", node, key)
