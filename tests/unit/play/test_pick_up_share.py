"""The yardstick: pick-ups inside the hold window, by dates."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from services.console.play.travis import pick_up_share

AUSTIN = ZoneInfo("America/Chicago")


def shares(*rows: tuple[str, str, str]) -> tuple[int, int]:
    """Count inside and over, of opening, closing and pick-up in local time."""

    def read(rows: Iterable[tuple[str, str, str]]) -> Iterable[tuple[datetime, datetime, datetime]]:
        for opens, closes, picked in rows:
            at = [
                datetime.fromisoformat(text).replace(tzinfo=AUSTIN).astimezone(UTC) for text in (opens, closes, picked)
            ]
            yield at[0], at[1], at[2]

    return pick_up_share(read(rows), AUSTIN)


def test_a_pick_up_on_the_last_open_day_is_inside() -> None:
    """Dates have no hour: the whole last day of the window counts, the day after does not."""
    window = ("2010-03-01T12:00", "2010-03-03T12:00")
    assert shares((*window, "2010-03-03T23:00"), (*window, "2010-03-04T00:00")) == (1, 1)


def test_a_window_that_closes_at_midnight_was_last_open_the_day_before() -> None:
    """The closing instant is exclusive, in the jail's own zone."""
    window = ("2010-03-06T12:00", "2010-03-10T00:00")
    assert shares((*window, "2010-03-09T12:00"), (*window, "2010-03-10T12:00")) == (1, 1)


def test_a_pick_up_before_the_opening_is_not_counted() -> None:
    """Who was fetched before clearance was never held; on the day itself counts as inside."""
    window = ("2010-03-01T12:00", "2010-03-03T12:00")
    assert shares((*window, "2010-02-28T12:00"), (*window, "2010-03-01T12:00")) == (1, 0)
