"""The clocks: what holds for every start, in every zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.federal_calendar import day_off
from shared.domain.window import ClockRule, Deadline, deadline

ZONES = ("America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu")
HOUR = timedelta(hours=1)

#: How long an example takes on a busy machine is no part of what is proved.
unhurried = settings(deadline=None)

zones = st.sampled_from(ZONES)
starts = st.datetimes(
    min_value=datetime(1990, 1, 8),  # noqa: DTZ001  # the strategy adds the zone
    max_value=datetime(2040, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
#: Around weekends, holidays and both changes of the clock, where counts go wrong.
near_edges = st.builds(
    lambda day, hours: day + hours * HOUR,
    st.sampled_from(
        [
            datetime(2010, 12, 31, 5, tzinfo=UTC),
            datetime(2012, 2, 18, 5, tzinfo=UTC),
            datetime(2012, 3, 11, 7, tzinfo=UTC),
            datetime(2012, 11, 4, 6, tzinfo=UTC),
            datetime(2018, 7, 4, 4, tzinfo=UTC),
            datetime(2021, 12, 31, 5, tzinfo=UTC),
        ]
    ),
    st.integers(-120, 120),
)
any_start = st.one_of(starts, near_edges)


def counted(end: Deadline) -> timedelta:
    """Count the working time between start and deadline anew, hour by hour from the deadline back."""
    zone, total, edge = ZoneInfo(end.zone), timedelta(), end.at.astimezone(UTC)
    start = end.starts_at.astimezone(UTC)
    while edge > start:
        floor = max(start, _hour_before(edge))
        day = floor.astimezone(zone).date()
        if day.weekday() < 5 and day_off(day) is None:
            total += edge - floor
        edge = floor
    return total


def _hour_before(edge: datetime) -> datetime:
    """Give the last full hour before an instant; every zone here keeps whole hours."""
    full = edge.replace(minute=0, second=0, microsecond=0)
    return full if full < edge else full - HOUR


@unhurried
@given(any_start, zones)
def test_exactly_48_working_hours_are_counted(start: datetime, zone: str) -> None:
    """Whatever is left out, 2,880 counted minutes lie between start and deadline."""
    assert counted(deadline(ClockRule.FED_48_BIZ, start, zone)) == 48 * HOUR


@unhurried
@given(any_start, zones)
def test_real_length_is_between_two_and_five_days(start: datetime, zone: str) -> None:
    """Leaving out days never makes a window longer than 120 hours or shorter than 48."""
    assert 48 * HOUR <= deadline(ClockRule.FED_48_BIZ, start, zone).at - start <= 120 * HOUR


@unhurried
@given(any_start, any_start, zones)
def test_a_later_release_never_ends_earlier(one: datetime, other: datetime, zone: str) -> None:
    """The deadline does not fall while the start rises."""
    first, second = sorted((one, other))
    for rule in ClockRule:
        assert deadline(rule, first, zone).at <= deadline(rule, second, zone).at


@unhurried
@given(any_start, zones)
def test_no_working_clock_ends_before_the_plain_one(start: datetime, zone: str) -> None:
    """Working time is never shorter than 48 plain hours."""
    plain = deadline(ClockRule.FLAT_48, start, zone).at
    assert all(deadline(rule, start, zone).at >= plain for rule in (ClockRule.FED_48_BIZ, ClockRule.CT_48_BIZ))


@unhurried
@given(any_start, zones)
def test_a_deadline_never_falls_inside_a_day_left_out(start: datetime, zone: str) -> None:
    """It may be the midnight with which such a day begins, never later in it."""
    end = deadline(ClockRule.FED_48_BIZ, start, zone).at
    just_before = (end - timedelta(microseconds=1)).date()
    assert just_before.weekday() < 5
    assert day_off(just_before) is None


@unhurried
@given(any_start, zones)
def test_starts_in_one_run_of_days_left_out_share_a_deadline(start: datetime, zone: str) -> None:
    """Whenever on a weekend the person was due, the end is the same."""
    end = deadline(ClockRule.FED_48_BIZ, start, zone)
    if end.skipped and end.skipped[0].start <= end.starts_at:
        assert deadline(ClockRule.FED_48_BIZ, end.skipped[0].start, zone).at == end.at


@unhurried
@given(any_start, zones, zones)
def test_the_same_wall_clock_has_the_same_wall_deadline(start: datetime, one: str, other: str) -> None:
    """Summer time begins and ends on Sundays, which are left out, so it changes nothing locally."""
    wall = start.replace(tzinfo=None)
    ends = [
        deadline(ClockRule.FED_48_BIZ, wall.replace(tzinfo=ZoneInfo(zone)), zone).at.replace(tzinfo=None)
        for zone in (one, other)
    ]
    assert ends[0] == ends[1]


@unhurried
@given(any_start, zones)
def test_counting_twice_gives_the_same(start: datetime, zone: str) -> None:
    """The count depends on nothing but what it was given, in whatever zone the start is written."""
    written_elsewhere = start.astimezone(ZoneInfo("Asia/Kolkata"))
    for rule in ClockRule:
        assert deadline(rule, start, zone) == deadline(rule, written_elsewhere, zone)
