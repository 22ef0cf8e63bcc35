"""A hold's time as a bar: what counts and what does not comes from the evidence, and every hour has one length."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.console.timebar import Axis, Skipped, Window, bar, close_up, shared_axis
from shared.domain.window import ClockRule, deadline

ZONE = "America/New_York"
FRIDAY = datetime(2012, 2, 17, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


def counted(opens_at: datetime, *, ended_at: datetime | None = None) -> Window:
    """Give a window as the federal clock counts it."""
    end = deadline(ClockRule.FED_48_BIZ, opens_at, ZONE)
    return Window(
        opens_at=opens_at,
        closes_at=end.at,
        ended_at=ended_at,
        ended_by="pick_up" if ended_at else None,
        zone=ZONE,
        clock=end.rule.value,
        calendar=end.calendar,
        skipped=tuple(Skipped(begins=s.start, ends=s.end, why=s.why, source=s.source) for s in end.skipped),
    )


def test_the_weekend_and_the_holiday_are_drawn_with_their_law() -> None:
    """From Friday at four to Wednesday at four: three days that do not count, two spans, each with its source."""
    window = counted(FRIDAY)
    drawn = bar(window, FRIDAY + 4 * 24 * HOUR + 22 * HOUR)
    assert [(piece.kind, piece.source) for piece in drawn.pieces] == [
        ("used", ""),
        ("skipped", "8 CFR 287.7(d)"),
        ("skipped", "5 U.S.C. 6103(a)"),
        ("used", ""),
        ("left", ""),
    ]
    assert window.not_counted == 72 * HOUR
    assert window.counted == 48 * HOUR
    assert window.gone(FRIDAY + 4 * 24 * HOUR + 22 * HOUR) == 46 * HOUR


def test_an_early_end_leaves_the_rest_undrawn() -> None:
    """What came after the pick-up was never held."""
    window = counted(FRIDAY, ended_at=FRIDAY + 5 * HOUR)
    drawn = bar(window, FRIDAY + 200 * HOUR)
    assert drawn.pieces[0].kind == "used"
    assert {piece.kind for piece in drawn.pieces[1:]} == {"never"}
    assert drawn.ended == drawn.pieces[1].x


def test_past_closing_the_bar_grows_red() -> None:
    """An open window past its closing must never be; drawn, it cannot be missed."""
    window = counted(datetime(2012, 2, 21, 15, tzinfo=UTC))
    drawn = bar(window, window.closes_at + 3 * HOUR)
    assert drawn.pieces[-1].kind == "over"
    assert drawn.closes < 100


def test_the_last_day_of_a_long_window_is_drawn_again() -> None:
    """And a short one's is not."""
    window = counted(FRIDAY)
    wide = close_up(window, FRIDAY)
    assert wide is not None
    assert wide.axis == Axis(window.closes_at - 24 * HOUR, window.closes_at)
    short = Window(
        opens_at=FRIDAY,
        closes_at=FRIDAY + 10 * HOUR,
        ended_at=None,
        ended_by=None,
        zone=ZONE,
        clock="FLAT_48",
        calendar="none",
        skipped=(),
    )
    assert close_up(short, FRIDAY) is None


@given(st.integers(0, 24 * 60 * 20), st.integers(-600, 24 * 60 * 8))
def test_the_pieces_fill_the_bar_without_gap_or_overlap(start: int, passed: int) -> None:
    """Whatever the start and the present: from opening to closing, in order, each length in proportion."""
    window = counted(datetime(2012, 2, 10, tzinfo=UTC) + timedelta(minutes=start))
    now = window.opens_at + timedelta(minutes=passed)
    pieces = [piece for piece in bar(window, now).pieces if piece.kind != "over"]
    assert pieces[0].begins == window.opens_at
    assert pieces[-1].ends == window.closes_at
    assert all(left.ends == right.begins for left, right in pairwise(pieces))
    total = sum(((piece.ends - piece.begins) for piece in pieces if piece.kind != "skipped"), timedelta())
    assert total == window.counted == 48 * HOUR


def test_rows_share_one_axis_of_whole_days() -> None:
    """So that one now line runs down the column."""
    windows = [counted(FRIDAY), counted(FRIDAY + 30 * HOUR)]
    axis = shared_axis(windows, FRIDAY, ZONE)
    assert (axis.begins.hour, axis.ends.hour) == (0, 0)
    assert all(axis.begins <= each.opens_at < each.closes_at <= axis.ends for each in windows)
    assert axis.place(axis.begins) == 0
    assert axis.place(axis.ends) == 100
