"""Invented lives have the shape asked for, and the same seed invents the same ones."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from services.console.simulate import rhythm
from services.console.simulate.feed import seconds_of
from services.console.simulate.lives import Told
from services.console.simulate.profile import COUNTY, DETAINED, PROFILES, UNDETAINED, Profile
from services.console.simulate.stream import Load, grain_of, told
from services.intake.messages import read_event

START = datetime(2012, 3, 5, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def lives(profile: Profile, bookings: int = 200, **how: object) -> list[Told]:
    """Tell the lives of so many bookings of one day."""
    load = Load(profile=profile, seed=7, **how)  # type: ignore[arg-type]
    return list(told(load, rhythm.even(profile.places, START, START + timedelta(days=1), bookings, 7)))


@pytest.mark.parametrize("name", PROFILES)
def test_every_event_is_one_that_intake_takes(name: str) -> None:
    """Each is checked by intake's own reader, and names its booking."""
    for one in lives(PROFILES[name], 60):
        assert read_event(msgspec.json.encode(one.event)).booking_number is not None


def test_the_same_seed_tells_the_same() -> None:
    """A load can be had again."""
    assert lives(COUNTY) == lives(COUNTY)


def test_events_come_in_the_order_of_their_arrival() -> None:
    """Nothing has to be sorted by who sends them."""
    arrivals = [one.at for one in lives(COUNTY)]
    assert arrivals == sorted(arrivals)


def test_lives_are_whole() -> None:
    """Each booking comes in once and leaves once; with a detainer on each in one profile, on none in another."""
    kinds = Counter({(one.event["source"], one.event["id"]): one.event["type"] for one in lives(DETAINED)}.values())
    assert kinds["booking.created"] == kinds["booking.released"] == kinds["detainer.lodged"] == 200
    assert kinds["detainer.cancelled"] > 0
    assert kinds["booking.facts_changed"] > 0
    assert not any(one.event["type"].startswith("detainer.") for one in lives(UNDETAINED))


def test_some_are_told_twice_and_some_late() -> None:
    """Real senders do both."""
    found = lives(DETAINED)
    names = Counter((one.event["source"], one.event["id"]) for one in found)
    assert any(count == 2 for count in names.values())
    assert any(one.at > datetime.fromisoformat(one.event["time"]) for one in found)


def test_instants_fall_on_the_grain() -> None:
    """A stepped clock then has few instants to stop at."""
    for one in lives(DETAINED, grain=QUARTER):
        assert one.at.timestamp() % 900 == 0
        assert datetime.fromisoformat(one.event["time"]).timestamp() % 900 == 0
    assert grain_of(QUARTER)(START) == START


def test_days_are_busy_as_the_rhythm_says() -> None:
    """A week holds about what its days let expect; nights and Sundays hold less."""
    born = list(rhythm.by_the_hour(COUNTY, START, START + timedelta(days=28), lambda _: 400.0, 3))
    assert len(born) == pytest.approx(28 * 400, rel=0.1)
    by_day = Counter(at.date().weekday() for at, _ in born)
    assert by_day[4] > by_day[6]


def test_a_day_without_bookings_has_none() -> None:
    """A rate of zero is no load, and no error."""
    assert not list(rhythm.by_the_hour(COUNTY, START, START + timedelta(days=1), lambda _: 0.0, 3))


def test_a_holiday_is_quiet() -> None:
    """Independence Day of 2012 was a Wednesday."""
    quiet, usual = (
        sum(
            1
            for at, _ in rhythm.by_the_hour(COUNTY, START, START + timedelta(days=150), lambda _: 300.0, 5)
            if at.date() == day
        )
        for day in (date(2012, 7, 4), date(2012, 6, 20))
    )
    assert quiet < usual


def test_lengths_of_time_are_read() -> None:
    """Seconds, minutes, hours; anything else is said to be wrong."""
    assert [seconds_of(text) for text in ("90", "90s", "15m", "2h")] == [90, 90, 900, 7200]
    for wrong in ("", "soon", "-1s", "0"):
        with pytest.raises(ValueError, match="no length of time"):
            seconds_of(wrong)
