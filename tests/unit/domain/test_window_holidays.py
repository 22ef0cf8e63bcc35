"""The federal calendar against an independent one, and its edges."""

from datetime import date, timedelta

import holidays
import pytest

from shared.domain.errors import CalendarExhausted
from shared.domain.federal_calendar import day_off, observed


@pytest.mark.parametrize("year", range(1990, 2041))
def test_the_table_agrees_with_a_second_opinion(year: int) -> None:
    """Every weekday on which federal staff is off is in the table, and no other."""
    others = holidays.country_holidays("US", years=[year - 1, year, year + 1])
    names = {day for day in others if day.year == year and day.weekday() < 5}
    assert set(observed(year)) == names


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("1986-01-20", "Birthday of Martin Luther King, Jr."),
        ("2021-12-31", "New Year's Day (observed)"),
        ("2021-06-18", "Juneteenth National Independence Day (observed)"),
        ("2012-05-28", "Memorial Day"),
        ("2018-11-12", "Veterans Day (observed)"),
    ],
)
def test_a_day_has_its_name(day: str, name: str) -> None:
    """What stands in the evidence is the name the statute gives."""
    off = day_off(date.fromisoformat(day))
    assert off is not None
    assert off.name == name


@pytest.mark.parametrize("day", ["2020-06-19", "2021-01-20", "2018-12-05", "2012-12-24", "2014-04-18", "2011-11-25"])
def test_other_days_count(day: str) -> None:
    """Days off by another authority than 6103(a) are working days here."""
    assert day_off(date.fromisoformat(day)) is None


def test_no_holiday_falls_on_a_weekend() -> None:
    """What is observed is always a working day moved out."""
    assert all(day.weekday() < 5 for year in range(1986, 2041) for day in observed(year))


@pytest.mark.parametrize("day", [date(1985, 12, 31), date(2041, 1, 1)])
def test_outside_the_table_nothing_is_said(day: date) -> None:
    """The table ends where it was checked, and a day inside beside it is answered."""
    with pytest.raises(CalendarExhausted, match="us-federal@1"):
        day_off(day)
    inside = day + timedelta(days=1) if day.year < 1986 else day - timedelta(days=1)
    assert inside.year in (1986, 2040)
    assert (day_off(inside) is None) == (inside == date(2040, 12, 31))
