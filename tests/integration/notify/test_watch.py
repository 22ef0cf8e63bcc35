"""What happens by itself as time goes on: opening, closing, sending, and calling a person."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.events import HoldEnds
from tests.integration.notify.conftest import Office
from tests.support.database import Database
from tests.support.decisions import (
    CASE,
    CLOSES,
    DETAINER,
    DUE,
    NOW,
    NUMBER,
    OPENS,
    ORI,
    OTHER_ORI,
    a_decision,
    a_hold,
    a_window,
)

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


async def until_nothing_is_left(office: Office, *, signing: tuple[str, ...] = ("jail", "ice")) -> list[datetime]:
    """Step from one due instant to the next, as the player does, and give them; each must vanish once it is done."""
    stops: list[datetime] = []
    await office.settle()
    while True:
        for who in signing:
            await office.sign(who)
        due_at = await office.next_due()
        if due_at is None:
            return stops
        assert not stops or due_at > stops[-1]
        stops.append(due_at)
        await office.at(due_at)


async def kinds_of(office: Office, who: str) -> list[str]:
    """Give the kinds in a feed, in order."""
    return [item["kind"] for item in await office.feed(who)]


async def alarms(database: Database) -> list[tuple[object, ...]]:
    """Give the alarms that were raised."""
    return await database.all("SELECT kind, facility_ori, contact, due FROM notify.alarms ORDER BY kind, due, contact")


async def add_unmatched(
    database: Database, *, heard_at: datetime = NOW, due_by: datetime = DUE, case: object = None
) -> None:
    """Let intake say that a detainer waits for its booking."""
    await database.run(
        "INSERT INTO intake.unmatched"
        " VALUES ('/ice/hartford', 'd-1', :detainer, :case, :ori, :number, :now, :heard_at, :due_by)",
        detainer=DETAINER,
        case=case,
        ori=ORI,
        number=NUMBER,
        now=NOW,
        heard_at=heard_at,
        due_by=due_by,
    )


async def test_a_hold_runs_its_course_by_itself(office: Office) -> None:
    """Opened, warned of three times, ended a quarter of an hour before closing, and nothing late."""
    await office.hear(a_hold())
    stops = await until_nothing_is_left(office)
    assert stops == [OPENS, CLOSES - 24 * HOUR, CLOSES - 4 * HOUR, CLOSES - HOUR, CLOSES - QUARTER, CLOSES]
    assert await kinds_of(office, "jail") == ["decision", "hold_opened", *["hold_closing"] * 3, "hold_ended"]
    assert await kinds_of(office, "ice") == ["decision", "hold_opened", "hold_ended"]
    assert await alarms(office.database) == []
    assert await office.database.all("SELECT state, ended_at, ended_by FROM notify.windows") == [
        ("closed", CLOSES, "clock")
    ]
    assert [await office.told(kind) for kind in ("hold.opened", "hold.closing", "hold.closed")] == [1, 3, 1]


async def test_a_hold_that_is_cancelled_ends_at_once(office: Office) -> None:
    """The jail reads the end, with its reason, at the same instant; the warnings are never sent."""
    await office.hear(a_hold())
    await office.at(OPENS)
    await office.at(OPENS + HOUR)
    await office.hear(a_decision(2, "RELEASE", ends=HoldEnds(at=OPENS + HOUR, by="cancelled")))
    await office.settle()
    items = await office.feed()
    assert [item["kind"] for item in items] == ["decision", "hold_opened", "correction", "hold_ended"]
    assert items[-1]["window"]["ended_by"] == "cancelled"
    assert "the detainer was cancelled" in items[-1]["text"]
    assert await until_nothing_is_left(office) == []


async def test_ice_reads_no_times_once_the_hold_is_superseded(office: Office) -> None:
    """The end is told, but not when a person goes free."""
    await office.hear(a_hold())
    await office.at(OPENS)
    await office.hear(a_decision(2, "RELEASE"))
    await office.settle()
    ended = (await office.feed("ice"))[-1]
    assert (ended["kind"], ended["window"]) == ("hold_ended", None)


async def test_a_review_that_still_stands_is_told_four_hours_ahead(office: Office) -> None:
    """Until then nobody is told; the jail fetches in time, and nothing is late."""
    await office.hear(a_decision(outcome="REVIEW"))
    assert await until_nothing_is_left(office) == [DUE - 4 * HOUR]
    assert await kinds_of(office, "jail") == ["decision"]
    assert await alarms(office.database) == []


async def test_the_nearest_unsent_notice_is_measured(office: Office) -> None:
    """The first number an operator looks at: how much time is left, and none to fear when nothing waits."""
    await office.hear(a_decision(outcome="REVIEW"))
    await office.settle()
    metrics = "/metrics"
    assert (
        f"countersign_unsent_notice_due_seconds {(DUE - NOW).total_seconds()}"
        in (await office.get("operator", metrics)).text
    )
    await office.at(DUE - 4 * HOUR)
    assert "countersign_unsent_notice_due_seconds +Inf" in (await office.get("operator", metrics)).text


async def test_a_review_answered_before_is_never_told(office: Office) -> None:
    """The answer goes out as the first word."""
    await office.hear(a_decision(outcome="REVIEW"))
    await office.hear(a_hold(2))
    await office.settle()
    (item,) = await office.feed()
    assert (item["kind"], item["outcome"]) == ("decision", "HOLD")


async def test_a_silent_jail_is_called_when_the_notice_is_due(office: Office) -> None:
    """Sent is not delivered: a person learns of it, once, with whom to call."""
    await office.database.run(
        "INSERT INTO intake.facilities"
        " VALUES (:ori, 'New Haven', 'CT', 'state', 'America/New_York', 'desk@jail', :now, :now)",
        ori=ORI,
        now=NOW,
    )
    await office.hear(a_decision(outcome="RELEASE"))
    assert await until_nothing_is_left(office, signing=("ice",)) == [NOW + 4 * HOUR, DUE]
    assert await alarms(office.database) == [
        ("notice_late", ORI, "desk@jail", DUE),
        ("notice_unacknowledged", ORI, "desk@jail", DUE),
    ]
    assert await office.database.all("SELECT late_since, state FROM notify.deliveries WHERE recipient <> 'ice'") == [
        (DUE, "sent")
    ]


async def test_what_is_fetched_and_never_signed_is_seen_while_there_is_time(office: Office) -> None:
    """A program that reads and a desk that does not: someone is called four hours later, two days before it is due."""
    await office.hear(a_decision(outcome="RELEASE"))
    await office.settle()
    await office.feed("jail")
    assert await until_nothing_is_left(office, signing=("ice",)) == [NOW + 4 * HOUR]
    assert await alarms(office.database) == [("notice_unacknowledged", ORI, "operator", DUE)]


async def test_an_end_of_hold_without_a_receipt_is_called_out_at_closing(office: Office) -> None:
    """Fetched with the jail's key, signed by nobody: there is a person to ask the jail as the window closes."""
    await office.hear(a_hold())
    await office.sign()
    await office.sign("ice")
    while (due_at := await office.next_due()) is not None and due_at <= CLOSES - QUARTER:
        await office.at(due_at)
        await office.sign()
        await office.sign("ice") if due_at < CLOSES - QUARTER else await office.feed("ice")
    assert await alarms(office.database) == []
    await office.at(CLOSES)
    assert await alarms(office.database) == [("notice_unacknowledged", ORI, "operator", CLOSES)]
    assert await office.next_due() is None


async def test_the_end_of_a_hold_needs_no_more_than_the_clock(office: Office) -> None:
    """Nobody is heard again after the window opened; its end is told and it closes."""
    await office.hear(a_hold())
    await office.at(CLOSES - QUARTER)
    assert (await office.feed())[-1]["kind"] == "hold_ended"
    await office.at(CLOSES)
    assert await office.database.all("SELECT state FROM notify.windows") == [("closed",)]


async def test_what_notify_slept_through_is_said_late_and_truly(office: Office) -> None:
    """After a weekend without us no warning of a window that has closed is sent, only its end."""
    await office.hear(a_hold())
    await office.settle()
    await office.at(CLOSES + HOUR)
    items = await office.feed()
    assert [item["kind"] for item in items] == ["decision", "hold_ended"]
    assert items[-1]["window"]["ended_by"] == "clock"
    assert ("notice_late", ORI, "operator", CLOSES) in await alarms(office.database)


async def test_ice_is_told_of_an_unmatched_detainer_in_time(office: Office) -> None:
    """Four hours before it is due, once, and corrected when the detainer is decided."""
    await add_unmatched(office.database)
    assert await until_nothing_is_left(office) == [DUE - 4 * HOUR]
    (unmatched,) = await office.feed("ice")
    assert (unmatched["kind"], unmatched["due_by"]) == ("unmatched", "2012-02-24T15:30:00+00:00")
    await office.database.run("DELETE FROM intake.unmatched")
    await office.hear(a_decision())
    await office.settle()
    correction = (await office.feed("ice"))[-1]
    assert (correction["kind"], correction["replaces"]) == ("correction", unmatched["id"])
    assert await kinds_of(office, "jail") == ["decision"]


async def test_an_unmatched_detainer_heard_of_late_says_so(office: Office) -> None:
    """It is due a quarter of an hour after we heard of it."""
    await add_unmatched(office.database, due_by=NOW - HOUR, case=CASE)
    await office.settle()
    (item,) = await office.feed("ice")
    assert (item["came_late"], item["due_by"], item["case_id"]) == (True, "2012-02-22T15:45:00+00:00", str(CASE))


async def test_an_operator_is_told_when_a_release_asked_about_is_not_reported(office: Office) -> None:
    """An hour after the check without the event; and once only."""
    await office.hear(a_decision())
    path = f"/v1/jails/{ORI}/bookings/{NUMBER}/release-check"
    assert (await office.get("jail", path)).json()["post_release_due"] is True
    await office.get("jail", path)
    assert await until_nothing_is_left(office) == [NOW + HOUR]
    assert await alarms(office.database) == [("release_due_not_reported", ORI, "operator", NOW + HOUR)]


async def test_nobody_is_called_when_the_release_was_reported(office: Office) -> None:
    """The event came within the hour, so the reminder passes in silence."""
    await office.hear(a_decision())
    await office.get("jail", f"/v1/jails/{ORI}/bookings/{NUMBER}/release-check")
    await office.hear(a_hold(2, window=a_window(opens_at=NOW + QUARTER)))
    await until_nothing_is_left(office)
    assert await alarms(office.database) == []


async def test_after_a_transfer_the_old_jail_reads_nothing_of_the_new_one(office: Office) -> None:
    """Its hold has ended; where the person is now, and what is decided there, is not its business."""
    await office.hear(a_hold())
    await office.at(OPENS)
    await office.hear(replace(a_hold(2, rule="elsewhere"), facility_ori=OTHER_ORI, booking_number="H-1"))
    await office.settle()
    last = (await office.feed())[-1]
    assert (last["kind"], last["window"]["ended_by"], last["rule"]) == ("hold_ended", "superseded", "commissioner-hold")
    assert OTHER_ORI not in str(last)
    assert await kinds_of(office, "other_jail") == ["decision", "hold_opened"]


@pytest.mark.parametrize("batch", [1, 500])
async def test_places_have_no_gaps_when_two_send_at_once(office: Office, batch: int) -> None:
    """Two senders share the work; nothing is sent twice, no place is left out or given twice."""
    decisions = [replace(a_decision(outcome="RELEASE"), detainer_id=f"D-{n}") for n in range(40)]
    await office.hear(*decisions)
    first, second = (replace(office.watch, most=batch) for _ in range(2))

    async def work(watch: Any) -> None:
        while await watch.tick():
            pass

    await asyncio.gather(work(first), work(second))
    await office.settle()
    for recipient in (f"jail:{ORI}", "ice"):
        rows = await office.database.all(
            "SELECT position FROM notify.deliveries WHERE recipient = :recipient ORDER BY position", recipient=recipient
        )
        assert [row[0] for row in rows] == list(range(1, 41))
    assert await office.database.all("SELECT count(*) FROM notify.attempts") == [(80,)]
    assert await office.told("notice.sent") == 80
