"""Secure Communities' life is told at its real numbers."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from services.console.play.lines import open_play
from services.console.play.model import EventLine
from services.console.simulate import program
from shared.domain.errors import NotAPlay


def test_the_months_add_up() -> None:
    """Seventy-four months, 1,544,463 detainers, 2.3 million matches."""
    days = [program.FIRST + timedelta(days=n) for n in range((program.LAST - program.FIRST).days + 1)]
    assert len(program.DETAINERS) == len({(day.year, day.month) for day in days}) == 74
    assert sum(program.DETAINERS) == 1_544_463
    assert sum(map(program.per_day, days)) == pytest.approx(program.MATCHES)
    assert program.per_day(date(2014, 12, 1)) == 0


def test_a_part_of_it_is_a_play() -> None:
    """Lines come by quarter-hours, from the month asked for, and two thirds of the bookings bring a detainer."""
    play = open_play("secure-communities:2012-02", limit=300)
    events = [line for line in play.lines if isinstance(line, EventLine)]
    assert all(before.at <= after.at for before, after in pairwise(events))
    assert all(line.at.timestamp() % 900 == 0 for line in events)
    assert events[0].at.strftime("%Y-%m") == "2012-02"
    kinds = [line.event["type"] for line in events]
    assert kinds.count("detainer.lodged") == pytest.approx(200, abs=30)


def test_what_is_not_of_it_is_refused() -> None:
    """A month outside, no month at all, or more lives than a player keeps in mind."""
    for what in ("secure-communities:2016-01", "secure-communities:soon"):
        with pytest.raises(NotAPlay):
            open_play(what, limit=10)
    with pytest.raises(NotAPlay, match="--limit"):
        open_play("secure-communities", limit=program.MOST + 1)
