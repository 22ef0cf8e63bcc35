"""What the judge makes of two calculators that do not agree."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.decision.doubt import alarms_of
from services.decision.judge import Ruling, rule_on
from shared.domain.decision import Outcome
from shared.domain.errors import CalendarExhausted
from shared.domain.window import ClockRule
from tests.support.builders import DETAINER, DUE, at
from tests.unit.decision.matters import ASKED, CLOSES, LAW, RELEASE_DUE, a_hold, a_matter, answered

CASE = UUID(int=7)
NOW = at("2012-02-24 12:00")


def ruled_with(hours: int) -> Ruling:
    """Decide the hold with a second calculator that is so many hours off for windows, and right for the rest."""

    def second(_: ClockRule, start: datetime, zone: str) -> datetime:
        del zone
        return CLOSES.astimezone(UTC) + timedelta(hours=hours) if start == at(DUE) else at("2012-02-24 10:30")

    return rule_on(answered(a_matter(*ASKED, RELEASE_DUE)), LAW, NOW, second=second)


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_window_closes_at_the_earlier_count(hours: int) -> None:
    """Whichever is wrong, the window is the shorter one, and the evidence has both instants."""
    ruling = ruled_with(hours)
    assert ruling.window is not None
    assert ruling.window.closes_at == min(CLOSES, CLOSES + timedelta(hours=hours))
    second = ruling.window.evidence["second_count"]
    assert not second["agrees"]
    assert {second["first"], second["second"]} == {
        CLOSES.astimezone(UTC).isoformat(),
        (CLOSES + timedelta(hours=hours)).astimezone(UTC).isoformat(),
    }


def test_an_operator_is_told_of_case_and_both_instants() -> None:
    """One alarm for the doubtful clock, none for what agrees."""
    (alarm,) = alarms_of(CASE, DETAINER, ruled_with(-5), NOW)
    assert (alarm.kind, alarm.case_id, alarm.contact) == ("clocks_disagree", CASE, "operator")
    assert "2012-02-28T22:00:00+00:00" in alarm.detail
    assert "2012-02-28T17:00:00+00:00" in alarm.detail
    assert alarms_of(CASE, DETAINER, ruled_with(0), NOW) == []


def test_without_a_second_count_the_window_is_48_consecutive_hours() -> None:
    """A start outside the second table leaves no weekend out, and the operator is told that too."""

    def second(rule: ClockRule, start: datetime, zone: str) -> datetime:
        raise CalendarExhausted(f"{rule} {start} {zone}")

    ruling = rule_on(answered(a_matter(*ASKED, RELEASE_DUE)), LAW, NOW, second=second)
    assert ruling.window is not None
    assert ruling.window.closes_at == at(DUE) + timedelta(hours=48)
    alarms = alarms_of(CASE, DETAINER, ruling, NOW)
    assert {alarm.kind for alarm in alarms} == {"clock_unconfirmed"}
    assert len({alarm.subject for alarm in alarms}) == len(alarms) == 2


def test_a_count_that_ends_at_once_opens_nothing() -> None:
    """Nothing is left of a window whose earlier count is the start itself: release."""

    def second(_: ClockRule, start: datetime, zone: str) -> datetime:
        del zone
        return start

    ruling = rule_on(answered(a_matter(*ASKED, RELEASE_DUE)), LAW, NOW, second=second)
    assert (ruling.finding.outcome, ruling.window) == (Outcome.RELEASE, None)


def test_what_agrees_says_so_in_the_evidence() -> None:
    """A confirmed deadline names the table that confirmed it."""
    _, ruling = a_hold()
    assert ruling.window is not None
    assert ruling.window.evidence["second_count"] == {"table": "us-federal-dates@1", "agrees": True}
    assert ruling.doubts == ()
