"""Lists are paged with opaque cursors: what the last item was, not how many came before."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from shared.http.problems import Problem

MOST = 500


def cursor(*place: Any) -> str:
    """Write the place of the last item as an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(place, default=str).encode()).decode().rstrip("=")


def place_of(text: str | None, *readers: Callable[[str], Any]) -> list[Any] | None:
    """Read a cursor; None for the beginning.

    With ``readers`` (``plain``, ``instant``, ``UUID``) it has as many texts, each read by its own, and whatever
    somebody made up is refused here and not by the database.
    """
    if text is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(place, list) or not readers:
            return _a_list(place)
        return [read(_a_text(part)) for read, part in zip(readers, place, strict=True)]
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Problem(400, "invalid_cursor", "This cursor is none of ours; begin without one.") from error


def plain(text: str) -> str:
    """Read a part of a cursor that is a text."""
    if "\x00" in text:
        raise ValueError("no text of ours")
    return text


def instant(text: str) -> datetime:
    """Read a part of a cursor that is an instant."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no instant")
    return at


def _a_list(place: Any) -> list[Any]:
    if not isinstance(place, list):
        raise ValueError("no place")  # noqa: TRY004 - one error for whatever is made up
    return place


def _a_text(part: Any) -> str:
    if not isinstance(part, str):
        raise ValueError("no text")  # noqa: TRY004 - one error for whatever is made up
    return part


def page(items: Sequence[Any], following: str | None) -> dict[str, Any]:
    """Give a list in the form every list has."""
    return {"items": list(items), "next": following}
