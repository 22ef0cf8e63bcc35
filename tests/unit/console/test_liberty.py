"""The hours of liberty that hang on an alarm: what ranks one above another."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.console.liberty import Stake, all_at_risk, hours_at_risk

_NOW = datetime(2012, 2, 22, 18, 42, tzinfo=UTC)
_CASE, _OTHER = UUID(int=1), UUID(int=2)


def _in(hours: float) -> datetime:
    return _NOW + timedelta(hours=hours)


@pytest.mark.parametrize("kind", ["event_parked", "case_conflict", "clocks_disagree"])
def test_a_doubt_puts_at_risk_what_is_left_of_the_hold(kind: str) -> None:
    """A lost cancellation can keep a person until the window closes, and no longer."""
    assert hours_at_risk(Stake(kind=kind, closes_at=_in(20)), _NOW) == 20
    assert hours_at_risk(Stake(kind=kind, closes_at=_in(-1)), _NOW) == 0
    assert hours_at_risk(Stake(kind=kind), _NOW) == 0


@pytest.mark.parametrize(
    ("notice", "outcome", "recipient", "hours"),
    [
        ("hold_ended", None, "jail:CT0009300", 48),
        ("decision", "RELEASE", "jail:CT0009300", 48),
        ("correction", "NOTIFY_ONLY", "jail:CT0009300", 48),
        ("decision", "HOLD", "jail:CT0009300", 0),
        ("decision", "RELEASE", "ice", 0),
        ("unmatched", None, "ice", 0),
    ],
)
def test_an_end_that_the_jail_was_not_told_of_counts_two_days(
    notice: str, outcome: str | None, recipient: str, hours: float
) -> None:
    """Whether ICE knows sets nobody free; a hold that the jail does not know of holds nobody."""
    stake = Stake(kind="notice_late", notice=notice, outcome=outcome, recipient=recipient)
    assert hours_at_risk(stake, _NOW) == hours


def test_a_hold_that_nobody_counts_counts_two_days() -> None:
    """The jail was told to hold and has not said since when."""
    assert hours_at_risk(Stake(kind="release_due_not_reported"), _NOW) == 48


@pytest.mark.parametrize("kind", ["event_waiting", "endpoint_suspended", "clock_unconfirmed", "anything_new"])
def test_what_holds_nobody_counts_nothing(kind: str) -> None:
    """It is still an alarm, and stands below the others."""
    assert hours_at_risk(Stake(kind=kind, closes_at=_in(20)), _NOW) == 0


def test_a_person_is_counted_once() -> None:
    """Two alarms on one case are one person's hours; alarms without a case are each their own."""
    stakes = [
        Stake(kind="event_parked", case_id=_CASE, closes_at=_in(20)),
        Stake(kind="case_conflict", case_id=_CASE, closes_at=_in(20)),
        Stake(kind="event_parked", case_id=_OTHER, closes_at=_in(5)),
        Stake(kind="release_due_not_reported"),
        Stake(kind="release_due_not_reported"),
    ]
    assert all_at_risk(stakes, _NOW) == 20 + 5 + 48 + 48
    assert all_at_risk([], _NOW) == 0
