"""Read JSON as one reading only: no duplicate keys, no NUL, no lone surrogates, no NaN, not too deep."""

import json
import re
from itertools import pairwise
from typing import Any

import msgspec

from shared.domain.errors import MalformedMessage

MAX_EVENT_BYTES = 64 * 1024
MAX_BATCH_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 16
#: A whole string (in which no sign counts), or a sign that structures.
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


def check_size(raw: bytes, limit: int) -> None:
    """Refuse what is larger than ``limit`` bytes before anyone reads it."""
    if len(raw) > limit:
        raise MalformedMessage(
            f"the message is larger than {limit} bytes", how="send less in one message", code="too_large"
        )


def decode(raw: bytes) -> Any:
    """Decode one JSON text strictly; the error never repeats what the text says."""
    check_size(raw, MAX_EVENT_BYTES)
    try:
        value = msgspec.json.decode(raw)
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        # Not chained: the decoder's text may quote the message.
        raise MalformedMessage(
            "the message is not JSON in UTF-8", how="send RFC 8259 JSON, whole", code="not_json"
        ) from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise _too_deep()
    _refuse_duplicate_keys(raw, value)
    if b"\\u0000" in raw and _has_nul(value):
        raise MalformedMessage("a text holds the character U+0000", how="leave it out", code="nul_character")
    return value


def split_array(raw: bytes) -> list[bytes]:
    """Cut the text of an array into its elements, so that an unreadable one leaves its neighbours whole."""
    try:
        return [bytes(part) for part in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _split_by_brackets(raw)


def _split_by_brackets(raw: bytes) -> list[bytes]:
    """Cut at the commas of the outermost level, whatever stands between them."""
    text = raw.strip()
    cuts, depth = [0], 0
    for found in _STRUCTURE.finditer(text):
        sign = found[0]
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
            if depth == 0 and found.end() != len(text):
                raise _no_array()
        elif sign == b"," and depth == 1:
            cuts.append(found.start())
    if text[:1] != b"[" or text[-1:] != b"]" or depth != 0:
        raise _no_array()
    cuts.append(len(text) - 1)
    return [text[start + 1 : end].strip() for start, end in pairwise(cuts)]


def _no_array() -> MalformedMessage:
    return MalformedMessage("the batch is not a JSON array", how="send an array of CloudEvents", code="not_json")


def canonical(value: Any) -> bytes:
    """Encode with sorted keys and no blanks: equal values, equal bytes."""
    return msgspec.json.encode(value, order="sorted")


def _refuse_duplicate_keys(raw: bytes, value: Any) -> None:
    """Find a repeated key exactly, and at the cost of counting colons.

    The decoder keeps the last of repeated keys. Whatever it dropped had a colon, and what it kept has as many
    as in the text, unless one was written as an escape; so equal counts and no such escape prove that
    nothing was dropped. Only a text that fails this is read again, slowly.
    """
    if b"\\u003" not in raw and raw.count(b":") == msgspec.json.encode(value).count(b":"):
        return
    json.loads(raw, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise MalformedMessage("a key stands twice in one object", how="send each key once", code="duplicate_key")


def _too_deep() -> MalformedMessage:
    return MalformedMessage(
        f"the message is nested deeper than {MAX_DEPTH} levels", how="send it flatter", code="too_deep"
    )


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _depth(value: Any) -> int:
    """Count the levels of arrays and objects, without recursion and no further than needed."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        level = [item for item in level if isinstance(item, dict | list)]
        depth += bool(level)
        level = [inner for item in level for inner in _inner(item)]
    return depth


def _has_nul(value: Any) -> bool:
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str) and "\0" in item:
            return True
        rest.extend(_inner(item))
    return False
