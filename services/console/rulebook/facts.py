"""Read the facts and the date of a question put to the rulebook."""

import json
from datetime import date
from typing import Any


def read_day(text: str) -> date:
    """Read the date of a decision. Raises ValueError with the mend."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise ValueError(f"{text!r} is no date; write it like 2012-03-05") from wrong


def read_facts(text: str) -> dict[str, Any]:
    """Read an object of facts. Raises ValueError."""
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise ValueError(f"the facts are no JSON: {wrong}") from wrong
    if not isinstance(facts, dict):
        raise ValueError("the facts are one JSON object")  # noqa: TRY004  # it is a value that is wrong
    return facts
