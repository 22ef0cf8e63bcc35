"""The one clock: what the setting asks for, what the anchor gives, and that time never goes back."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.errors import WrongTime
from shared.runtime.clock import (
    Anchor,
    ClockSetting,
    ScaledClock,
    SteppedClock,
    SystemClock,
    clock_from,
    machine_now,
    until,
)

STARTS = datetime(2012, 2, 15, 5, tzinfo=UTC)


def an_anchor(kind: str = "stepped", speed: float = 1.0, *, anchored: datetime = STARTS) -> Anchor:
    """Give an anchor whose stepped time has gone on by a day."""
    return Anchor(kind, STARTS, speed, anchored, STARTS + timedelta(days=1))  # type: ignore[arg-type]


def test_settings_are_read() -> None:
    """Three kinds; an instant is kept in UTC."""
    assert ClockSetting.parse("system") == ClockSetting("system")
    assert ClockSetting.parse("stepped:2012-02-15T00:00:00-05:00") == ClockSetting("stepped", STARTS)
    assert ClockSetting.parse("scaled:2012-02-15T00:00:00-05:00@8640") == ClockSetting("scaled", STARTS, 8640.0)
    assert ClockSetting.parse("scaled:2012-02-15T00:00:00-05:00").speed == 1.0


@pytest.mark.parametrize(
    "text", ["", "sytem", "system:now", "stepped", "stepped:", "scaled:soon", "stepped:2012-02-15T00:00:00"]
)
def test_an_unsound_setting_is_refused(text: str) -> None:
    """An instant without offset above all: nobody could know which midnight was meant."""
    with pytest.raises(ValueError, match=r".+"):
        ClockSetting.parse(text)


def test_data_lives_in_one_time() -> None:
    """Another kind of time, or another speed, is refused; a later start of the same kind is not looked at."""
    with pytest.raises(WrongTime, match="lives in stepped time"):
        an_anchor().check(ClockSetting("system"))
    with pytest.raises(WrongTime):
        an_anchor("scaled", 2.0).check(ClockSetting("scaled", STARTS, 3.0))
    an_anchor().check(ClockSetting("stepped", STARTS + timedelta(days=3)))


def test_stepped_time_follows_and_never_goes_back() -> None:
    """Two transactions may read the row in either order."""
    clock = clock_from(an_anchor())
    assert isinstance(clock, SteppedClock)
    assert (clock.now(), clock.follows) == (STARTS + timedelta(days=1), True)
    clock.follow(STARTS + timedelta(days=3))
    clock.follow(STARTS + timedelta(days=2))
    assert clock.now() == STARTS + timedelta(days=3)


def test_scaled_time_runs_from_its_anchor() -> None:
    """An hour of the machine at a speed of 24 is a day of the data's, in every process alike."""
    clock = clock_from(an_anchor("scaled", 24.0, anchored=machine_now() - timedelta(hours=1)))
    assert isinstance(clock, ScaledClock)
    passed = clock.now() - STARTS
    assert timedelta(days=1) <= passed < timedelta(days=1, minutes=10)
    clock.follow(STARTS)
    assert clock.now() - STARTS >= passed
    assert not clock.follows


def test_system_time_is_the_machines() -> None:
    """Aware, in UTC, and nobody's to move."""
    clock = clock_from(an_anchor("system"))
    assert isinstance(clock, SystemClock)
    before = machine_now()
    clock.follow(STARTS)
    assert before <= clock.now() <= machine_now()
    assert clock.now().tzinfo is UTC


def test_waits_are_reckoned_in_the_machines_seconds() -> None:
    """Half the time at twice the speed, and never a negative wait."""
    clock = SteppedClock(STARTS)
    assert until(clock, STARTS + timedelta(seconds=10)) == 10
    assert until(clock, STARTS + timedelta(seconds=10), speed=4.0) == 2.5
    assert until(clock, STARTS - timedelta(seconds=10)) == 0


def test_each_clock_says_how_fast_it_runs() -> None:
    """Only a scaled one runs faster than the machine; a stepped one does not run at all."""
    assert [clock_from(an_anchor(kind, 24.0)).speed for kind in ("system", "scaled", "stepped")] == [1.0, 24.0, 1.0]
