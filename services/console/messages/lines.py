"""Pure: what may be shown of a message, as lines of indented JSON in which masks stand for what may not."""

from collections.abc import Iterator

from services.console.messages.masking import Mask, Shown

#: A line: how far it is indented, and its pieces in order.
Line = tuple[int, list[str | Mask]]


def lines(shown: Shown) -> list[Line]:
    """Write a value as lines."""
    return list(_value(shown, 0, [], ""))


def _value(shown: Shown, depth: int, before: list[str | Mask], after: str) -> Iterator[Line]:
    if isinstance(shown, dict):
        if not shown:
            yield depth, [*before, "{}" + after]
            return
        yield depth, [*before, "{"]
        for place, (name, value) in enumerate(shown.items()):
            key: list[str | Mask] = [name, ": "] if isinstance(name, Mask) else [f'"{name}": ']
            yield from _value(value, depth + 1, key, "," if place < len(shown) - 1 else "")
        yield depth, ["}" + after]
    elif isinstance(shown, list):
        if all(isinstance(one, str | Mask) for one in shown):
            pieces: list[str | Mask] = [*before, "["]
            for place, one in enumerate(shown):
                pieces += [", ", one] if place else [one]
            yield depth, [*pieces, "]" + after]
            return
        yield depth, [*before, "["]
        for place, one in enumerate(shown):
            yield from _value(one, depth + 1, [], "," if place < len(shown) - 1 else "")
        yield depth, ["]" + after]
    else:
        yield depth, [*before, shown, *([after] if after else [])]
