"""Tell the same play in another order, and everything twice."""

import random
from dataclasses import replace
from datetime import timedelta

from services.console.play.model import EventLine, Line, Play, arrival

#: How much later the second copy may arrive. Whole hours, so that a stepped clock makes few steps more.
_LATER_BY_HOURS = (0, 0, 0, 1, 3, 12, 24)


def shuffled(play: Play, seed: int) -> Play:
    """Double every event and permute what arrives at one instant; the verdict must be the same.

    A copy never arrives before its original did, since then more would have been known earlier, and
    that is another story. People act when they did, after the events of their instant.
    """
    shaken = random.Random(seed)  # noqa: S311 - an order that can be had again, no secret
    lines: list[Line] = []
    for line in play.lines:
        lines.append(line)
        if isinstance(line, EventLine):
            later = timedelta(hours=shaken.choice(_LATER_BY_HOURS))
            lines.append(replace(line, at=line.at + later))
    shaken.shuffle(lines)
    # The sort is stable, so within one instant the shuffle stands. People keep the file's order.
    acts = iter([line for line in sorted(play.lines, key=arrival) if not isinstance(line, EventLine)])
    ordered = [line if isinstance(line, EventLine) else next(acts) for line in sorted(lines, key=arrival)]
    return replace(play, lines=tuple(ordered), notes=(*play.notes, f"shuffled and doubled, seed {seed}"))
