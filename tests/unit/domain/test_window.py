"""The clocks: worked cases, the evidence a deadline carries, and what is refused."""

import csv
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.domain.errors import CalendarExhausted
from shared.domain.window import ClockRule, deadline, due_by, earliest

NEW_YORK = "America/New_York"
CASES = Path(__file__).parents[2] / "policy" / "clock_cases.csv"


def at(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text)


def cases() -> list[dict[str, str]]:
    """Read the table of worked cases."""
    with CASES.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_worked_case(case: dict[str, str]) -> None:
    """Each case worked by hand comes out to the second, in local time and in UTC."""
    end = deadline(ClockRule(case["rule"]), at(case["start_local"]), case["tz"])
    assert end.at == at(case["deadline_utc"])
    assert end.at.replace(tzinfo=None) == at(case["deadline_local"]).replace(tzinfo=None)
    assert end.at.utcoffset() == at(case["deadline_local"]).utcoffset()


def test_every_clock_has_a_worked_case() -> None:
    """No way of counting goes without an example."""
    assert {case["rule"] for case in cases()} == {rule.value for rule in ClockRule}


def test_evidence_names_each_day_left_out_and_its_law() -> None:
    """Weekend days are one span, a holiday is another, each from midnight to midnight with its source."""
    end = deadline(ClockRule.FED_48_BIZ, at("2012-02-17T16:00-05:00"), NEW_YORK)
    told = [(span.start.isoformat(), span.end.isoformat(), span.why, span.source) for span in end.skipped]
    assert told == [
        ("2012-02-18T00:00:00-05:00", "2012-02-20T00:00:00-05:00", "Saturday and Sunday", "8 CFR 287.7(d)"),
        ("2012-02-20T00:00:00-05:00", "2012-02-21T00:00:00-05:00", "Washington's Birthday", "5 U.S.C. 6103(a)"),
    ]
    assert (end.calendar, end.zone, end.starts_at) == ("us-federal@1", NEW_YORK, at("2012-02-17T16:00-05:00"))


def test_a_start_on_sunday_leaves_out_sunday_alone() -> None:
    """A Saturday before the start is no part of the evidence."""
    end = deadline(ClockRule.CT_48_BIZ, at("2014-03-02T12:00-05:00"), NEW_YORK)
    assert [(span.why, span.source) for span in end.skipped] == [("Sunday", "Conn. Gen. Stat. 54-192h")]


@pytest.mark.parametrize("zone", ["America/Denver", "Pacific/Honolulu"])
def test_everything_is_shown_in_the_jails_own_time(zone: str) -> None:
    """Start, end and each span bear the jail's offset, not the sender's nor this machine's."""
    local = datetime(2012, 2, 26, 9, 30, tzinfo=ZoneInfo(zone))
    end = deadline(ClockRule.FED_48_BIZ, local.astimezone(UTC), zone)
    shown = [end.starts_at, end.at, *(instant for span in end.skipped for instant in (span.start, span.end))]
    offset = local.strftime("%z")
    assert [f"{each:%Y-%m-%d %H:%M%z}" for each in shown] == [
        *(f"2012-02-26 09:30{offset}", f"2012-02-29 00:00{offset}"),
        *(f"2012-02-26 00:00{offset}", f"2012-02-27 00:00{offset}"),
    ]
    assert all(isinstance(each.tzinfo, timezone) for each in shown)


def test_observed_days_name_the_shift() -> None:
    """A holiday kept on another day says so, and under which law it was moved."""
    friday = deadline(ClockRule.FED_48_BIZ, at("2010-12-30T20:00-05:00"), NEW_YORK).skipped[0]
    monday = deadline(ClockRule.FED_48_BIZ, at("2021-07-02T15:00-04:00"), NEW_YORK).skipped[1]
    assert (friday.why, friday.source) == ("New Year's Day (observed)", "5 U.S.C. 6103(a), (b)(1)")
    assert (monday.why, monday.source) == (
        "Independence Day (observed)",
        "5 U.S.C. 6103(a); Exec. Order 11582",
    )


def test_a_plain_count_needs_no_calendar() -> None:
    """Where nothing is left out, no holiday table is named, and none can run out."""
    end = deadline(ClockRule.FLAT_48, at("2055-01-01T00:00+00:00"), NEW_YORK)
    assert (end.calendar, end.skipped) == ("none", ())


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    """Without an offset the first pass counts; with one, it is taken at its word."""
    zone = ZoneInfo(NEW_YORK)
    first = deadline(ClockRule.FLAT_48, datetime(2026, 11, 1, 1, 30, tzinfo=zone), NEW_YORK)
    second = deadline(ClockRule.FLAT_48, datetime(2026, 11, 1, 1, 30, tzinfo=zone, fold=1), NEW_YORK)
    assert second.at - first.at == timedelta(hours=1)


def test_a_time_that_does_not_exist_is_read_with_the_offset_before() -> None:
    """Half past two on the day clocks go forward is half past three."""
    end = deadline(ClockRule.NO_HOLD, datetime(2026, 3, 8, 2, 30, tzinfo=ZoneInfo(NEW_YORK)), NEW_YORK)
    assert end.at.isoformat() == "2026-03-08T03:30:00-04:00"


def test_a_start_without_offset_is_refused() -> None:
    """A wall clock is no instant."""
    with pytest.raises(ValueError, match="no offset"):
        deadline(ClockRule.FLAT_48, datetime(2012, 2, 22, 9, 0), NEW_YORK)  # noqa: DTZ001  # the point


@pytest.mark.parametrize("zone", ["", "Connecticut", "../etc/passwd", "America"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """A zone that is none is no reason to count in another."""
    with pytest.raises(ValueError, match="no IANA time zone"):
        deadline(ClockRule.FLAT_48, at("2012-02-22T09:00-05:00"), zone)


@pytest.mark.parametrize("start", ["1985-12-30T09:00-05:00", "2040-12-31T09:00-05:00", "9999-12-31T23:00-05:00"])
def test_days_outside_the_reviewed_table_are_refused(start: str) -> None:
    """Holidays that nobody checked are not guessed, nor is the end of time."""
    with pytest.raises(CalendarExhausted):
        deadline(ClockRule.FED_48_BIZ, at(start), NEW_YORK)


def test_the_earliest_clock_ends_the_hold() -> None:
    """The form's plain 48 hours end before a count that leaves the weekend out."""
    end = earliest([ClockRule.FED_48_BIZ, ClockRule.FLAT_48], at("2020-01-17T17:00-05:00"), NEW_YORK)
    assert (end.rule, end.at) == (ClockRule.FLAT_48, at("2020-01-19T17:00-05:00"))


def test_between_equals_the_order_of_the_clocks_decides() -> None:
    """Which clock is named does not depend on the order in which they were given."""
    both = [ClockRule.FLAT_48, ClockRule.FED_48_BIZ]
    start = at("2012-02-21T09:00-05:00")
    assert earliest(both, start, NEW_YORK).rule is ClockRule.FED_48_BIZ
    assert earliest(both[::-1], start, NEW_YORK).rule is ClockRule.FED_48_BIZ


def test_a_count_from_receipt_may_be_over_before_it_opens() -> None:
    """Papers that came three days ago leave nothing to hold."""
    start, receipt = at("2025-01-15T09:00-05:00"), at("2025-01-12T09:00-05:00")
    end = earliest([ClockRule.NC_RECEIPT, ClockRule.FLAT_48], start, NEW_YORK, receipt=receipt)
    assert (end.rule, end.starts_at) == (ClockRule.NC_RECEIPT, receipt)
    assert end.at < start


def test_a_count_from_receipt_needs_the_receipt() -> None:
    """Another instant does not stand in for it."""
    with pytest.raises(ValueError, match="receipt"):
        earliest([ClockRule.NC_RECEIPT], at("2025-01-15T09:00-05:00"), NEW_YORK)


def test_no_clock_is_no_deadline() -> None:
    """A hold without a clock would have no end."""
    with pytest.raises(ValueError, match="no end"):
        earliest([], at("2025-01-15T09:00-05:00"), NEW_YORK)


def test_due_by_is_two_working_days() -> None:
    """A detainer lodged on Friday is answered by Tuesday, counted in the jail's zone."""
    lodged = at("2012-02-25T01:00+00:00").astimezone(UTC)
    assert due_by(lodged, NEW_YORK) == at("2012-02-28T20:00-05:00")


def test_deadlines_compare_as_instants_in_the_repeated_hour() -> None:
    """Two deadlines an hour apart, which the wall clock shows alike, are not the same."""
    first = deadline(ClockRule.FLAT_48, at("2026-10-30T05:30+00:00"), NEW_YORK).at
    second = deadline(ClockRule.FLAT_48, at("2026-10-30T06:30+00:00"), NEW_YORK).at
    assert first.replace(tzinfo=None) == second.replace(tzinfo=None)
    assert second - first == timedelta(hours=1)
