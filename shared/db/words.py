"""Statements in the driver's own words: numbered parameters instead of named ones."""

import re
from functools import lru_cache

#: A parameter: a colon and a name, where neither a cast nor a word goes before.
PARAMETER = re.compile(r"(?<![:\w]):(\w+)(?!:)")


@lru_cache(maxsize=1024)
def in_drivers_words(sql: str) -> tuple[str, tuple[str, ...]]:
    """Give a statement with the driver's numbered parameters, and their names in that order.

    Statements are few and come again and again; compiling each anew took as long as the small ones take to run.
    """
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found[1], len(numbers) + 1)}"

    return PARAMETER.sub(number, sql), tuple(numbers)
