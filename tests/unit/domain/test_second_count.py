"""The second calculator: agrees with the first, shares nothing with it, and the earlier count stands."""

import random
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import second_count as second_module
from shared.domain.counted_twice import counted, earliest_counted
from shared.domain.errors import CalendarExhausted
from shared.domain.federal_calendar import observed
from shared.domain.federal_dates import DAYS_OFF
from shared.domain.second_count import second_count
from shared.domain.window import ClockRule, deadline, earliest
from tests.support.builders import at

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
FIRST, LAST = datetime(1986, 1, 2, 12, tzinfo=UTC), datetime(2040, 12, 20, tzinfo=UTC)
MINUTES = int((LAST - FIRST) / timedelta(minutes=1))
NEW_YORK = "America/New_York"
#: Saturday 10:00 in New York.
SATURDAY = at("2012-02-25 10:00")


@pytest.mark.parametrize("year", range(1986, 2041))
def test_each_day_of_the_literal_table_is_a_federal_holiday(year: int) -> None:
    """The dates written down are those of two others: the statute's rules, and an independent library."""
    written = {day for day in DAYS_OFF if day.year == year}
    others = holidays.country_holidays("US", years=[year - 1, year, year + 1])
    assert written == set(observed(year))
    assert written == {day for day in others if day.year == year and day.weekday() < 5}


def test_the_literal_table_stands_in_order() -> None:
    """The ledger is laid end to end, so a day out of place would be a mistake of the table."""
    assert list(DAYS_OFF) == sorted(set(DAYS_OFF))


def test_both_agree_on_a_seeded_sample() -> None:
    """2,000 start minutes of 1986-2040 in each of six zones, by every rule; the whole is run outside the suite."""
    minutes = random.Random(6103).sample(range(MINUTES), 2000)  # noqa: S311 - a seeded sample, no secret
    for zone in ZONES:
        for minute in minutes:
            start = FIRST + timedelta(minutes=minute)
            for rule in ClockRule:
                assert second_count(rule, start, zone) == deadline(rule, start, zone).at, (rule, start, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_both_agree_around_every_day_off(zone: str) -> None:
    """A minute before, at and after each midnight that begins or ends a day off or the weekend beside it."""
    for day in DAYS_OFF[:-1]:
        for shift in range(-3, 4):
            midnight = datetime.combine(day + timedelta(days=shift), datetime.min.time(), ZoneInfo(zone))
            for seconds in (-60, 0, 60):
                start = midnight.astimezone(UTC) + timedelta(seconds=seconds)
                if start >= FIRST:
                    end = deadline(ClockRule.FED_48_BIZ, start, zone).at
                    assert second_count(ClockRule.FED_48_BIZ, start, zone) == end, start


@settings(deadline=None)
@given(
    st.datetimes(min_value=datetime(1986, 1, 3), max_value=datetime(2040, 12, 20), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(ZONES),
    st.sampled_from(ClockRule),
)
def test_both_agree_to_the_microsecond(start: datetime, zone: str, rule: ClockRule) -> None:
    """Seconds and less are kept by both, in whatever zone the start is written."""
    assert counted(rule, start.astimezone(ZoneInfo("Asia/Kolkata")), zone).agrees


def test_midnight_goes_to_the_earlier_instant() -> None:
    """48 hours that are used up at the end of Friday end on Saturday at 00:00, not on Monday."""
    end = second_count(ClockRule.FED_48_BIZ, at("2012-03-01 00:00"), NEW_YORK)
    assert end == at("2012-03-03 00:00")


@pytest.mark.parametrize("start", ["1985-12-27 12:00", "2040-12-31 12:00"])
def test_outside_its_table_the_second_says_nothing(start: str) -> None:
    """Where it would have to guess at a holiday it refuses."""
    with pytest.raises(CalendarExhausted, match="us-federal-dates@1"):
        second_count(ClockRule.FED_48_BIZ, at(start), NEW_YORK)


def test_a_start_before_the_first_working_day_counts_from_it() -> None:
    """New Year's Day 1986 is inside the table and is no working day."""
    assert second_count(ClockRule.FED_48_BIZ, at("1986-01-01 12:00"), NEW_YORK) == at("1986-01-04 00:00")


@pytest.mark.parametrize("hours", [-30, -1, 0, 1, 30])
def test_the_earlier_of_two_counts_stands(hours: int) -> None:
    """Whichever calculator is wrong, nobody is kept longer than the shorter of the two says."""
    first = deadline(ClockRule.FED_48_BIZ, SATURDAY, NEW_YORK)
    other = first.at + timedelta(hours=hours)
    both = counted(ClockRule.FED_48_BIZ, SATURDAY, NEW_YORK, second=lambda *_: other.astimezone(UTC))
    assert both.deadline.at == min(first.at, other)
    assert both.agrees == (hours == 0)
    assert ("second" in both.as_evidence()) == (hours != 0)
    assert all(span.start < both.deadline.at for span in both.deadline.skipped)
    assert both.deadline.at.utcoffset() == first.at.utcoffset()


@pytest.mark.parametrize(
    ("ends", "left_out"),
    [("2012-02-24 23:00", 0), ("2012-02-25 00:00", 0), ("2012-02-25 00:01", 1), ("2012-02-27 09:00", 1)],
)
def test_an_earlier_end_leaves_out_only_what_came_before_it(ends: str, left_out: int) -> None:
    """Counted from Friday at five: a weekend that begins with the end, or after it, was never left out."""
    both = counted(ClockRule.FED_48_BIZ, at("2012-02-24 17:00"), NEW_YORK, second=lambda *_: at(ends).astimezone(UTC))
    assert len(both.deadline.skipped) == left_out
    assert both.deadline.at == at(ends)
    assert both.deadline.at.utcoffset() == timedelta(hours=-5)
    assert isinstance(both.deadline.at.tzinfo, timezone)


def test_where_the_second_says_nothing_48_consecutive_hours_stand() -> None:
    """The first calculator alone does not leave out a weekend."""

    def silent(rule: ClockRule, start: datetime, zone: str) -> datetime:
        raise CalendarExhausted(f"{rule} {start} {zone}")

    both = counted(ClockRule.FED_48_BIZ, at("2012-03-02 17:00"), NEW_YORK, second=silent)
    assert both.first == at("2012-03-06 17:00")
    assert (both.deadline.at, both.second, both.agrees) == (at("2012-03-04 17:00"), None, False)
    assert both.as_evidence()["second"] is None


def test_both_tables_reach_back_as_far_as_the_programs_records() -> None:
    """A Friday of 2005 leaves its weekend out, and both calculators say so."""
    both = counted(ClockRule.FED_48_BIZ, at("2005-03-04 17:00"), NEW_YORK)
    assert (both.deadline.at, both.agrees) == (at("2005-03-08 17:00"), True)


@pytest.mark.parametrize("rule", [ClockRule.FLAT_48, ClockRule.NC_RELEASE, ClockRule.NJ_2359, ClockRule.NO_HOLD])
def test_clocks_that_leave_nothing_out_need_no_table(rule: ClockRule) -> None:
    """They are confirmed in any year."""
    assert counted(rule, at("2005-03-04 17:00"), NEW_YORK).agrees


def test_the_earliest_of_several_is_chosen_as_the_first_calculator_would() -> None:
    """With both agreeing, the chosen clock, its evidence and the order between equals are unchanged."""
    receipt = SATURDAY - timedelta(hours=40)
    for rules in [
        (ClockRule.FED_48_BIZ, ClockRule.FLAT_48),
        (ClockRule.CT_48_BIZ, ClockRule.FED_48_BIZ),
        (ClockRule.FLAT_48, ClockRule.NC_RECEIPT),
        tuple(ClockRule),
    ]:
        chosen, every = earliest_counted(rules, SATURDAY, NEW_YORK, receipt=receipt)
        assert chosen.deadline == earliest(rules, SATURDAY, NEW_YORK, receipt=receipt)
        assert [one.deadline.rule for one in every] == list(rules)


def test_a_doubt_about_one_clock_may_make_it_the_earliest() -> None:
    """The choice is made among the instants that stand, not among those of the first calculator."""

    def soon(rule: ClockRule, start: datetime, zone: str) -> datetime:
        return start + timedelta(hours=1) if rule is ClockRule.FED_48_BIZ else second_count(rule, start, zone)

    chosen, every = earliest_counted((ClockRule.FLAT_48, ClockRule.FED_48_BIZ), SATURDAY, NEW_YORK, second=soon)
    assert (chosen.deadline.rule, chosen.deadline.at) == (ClockRule.FED_48_BIZ, SATURDAY + timedelta(hours=1))
    assert [one.agrees for one in every] == [True, False]


def test_no_clock_and_no_receipt_are_refused() -> None:
    """A hold without a clock has no end, and North Carolina's first clock needs the receipt."""
    with pytest.raises(ValueError, match="no clock was named"):
        earliest_counted((), SATURDAY, NEW_YORK)
    with pytest.raises(ValueError, match="receipt"):
        earliest_counted((ClockRule.NC_RECEIPT,), SATURDAY, NEW_YORK)


def test_the_second_uses_no_table_of_the_first() -> None:
    """Agreement would prove nothing if both read one table: of the first module only the rules' names are used."""
    names = {
        name for name, value in vars(second_module).items() if getattr(value, "__module__", "") == deadline.__module__
    }
    assert names == {"ClockRule"}
    assert not hasattr(second_module, "observed")
    assert not hasattr(second_module, "day_off")
