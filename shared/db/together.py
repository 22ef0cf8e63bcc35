"""Put statements that only write into one, so that they go to the server together.

They see the rows as they were before the first of them, so none may speak of a table that another writes: such a one
waits until the others are there. Whatever looks through a view is to be asked before.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from shared.db.words import PARAMETER

_WRITTEN = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+\.\w+)")
_NAMED = re.compile(r"\w+\.\w+")


class Together:
    """Statements that wait to be sent as one."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Mapping[str, Any]]] = []
        self._written: set[str] = set()

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self._waiting)

    def must_go_before(self, sql: str) -> bool:
        """Tell whether a statement speaks of a table that something here is still to write."""
        return not self._written.isdisjoint(_named(sql))

    def add(self, sql: str, values: Mapping[str, Any]) -> None:
        """Let a statement wait with the others."""
        self._waiting.append((sql, values))
        self._written.add(_written(sql))

    def take(self) -> tuple[str, dict[str, Any]]:
        """Give all that waits as one statement with its values; nothing waits afterwards."""
        waiting = list(self._waiting)
        self.forget()
        if len(waiting) == 1:
            return waiting[0][0], dict(waiting[0][1])
        values = {f"{name}_{at}": value for at, (_, each) in enumerate(waiting) for name, value in each.items()}
        return _joined(tuple([sql for sql, _ in waiting])), values

    def forget(self) -> None:
        """Drop what waits: it has been sent, or is not to be written after all."""
        self._waiting.clear()
        self._written.clear()


@lru_cache(maxsize=1024)
def _written(sql: str) -> str:
    found = _WRITTEN.match(sql)
    if found is None:
        raise ValueError("only a statement that begins with the table it writes can wait for others")
    return found[1]


@lru_cache(maxsize=1024)
def _named(sql: str) -> frozenset[str]:
    return frozenset(_NAMED.findall(sql))


@lru_cache(maxsize=1024)
def _joined(statements: tuple[str, ...]) -> str:
    """Make one statement of several; each parameter gets the number of its statement."""
    numbered = [PARAMETER.sub(rf":\1_{at}", sql) for at, sql in enumerate(statements)]
    return f"WITH {', '.join(f'w{at} AS ({sql})' for at, sql in enumerate(numbered))} SELECT"
