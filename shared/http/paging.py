"""Lists are paged with opaque cursors: what the last item was, not how many came before."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from shared.http.problems import Problem

MOST = 500


def cursor(*place: Any) -> str:
    """Write the place of the last item as an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(place, default=str).encode()).decode().rstrip("=")


def place_of(text: str | None) -> list[Any] | None:
    """Read a cursor; None for the beginning."""
    if text is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise Problem(400, "invalid_cursor", "This cursor is none of ours; begin without one.") from error
    if not isinstance(place, list):
        raise Problem(400, "invalid_cursor", "This cursor is none of ours; begin without one.")
    return place


def page(items: Sequence[Any], following: str | None) -> dict[str, Any]:
    """Give a list in the form every list has."""
    return {"items": list(items), "next": following}
