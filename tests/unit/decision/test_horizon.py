"""Readiness and the end of the holiday tables."""

import asyncio
from datetime import UTC, datetime

import pytest

from services.decision.horizon import watch_calendar
from shared.domain.counted_twice import calendar_trouble
from shared.runtime.clock import SteppedClock
from shared.runtime.health import Progress


@pytest.mark.parametrize(
    ("now", "is_trouble"),
    [("2012-02-22", False), ("2039-11-30", False), ("2039-12-01", True), ("2041-06-01", True)],
)
def test_thirteen_months_of_calendar_lie_ahead(now: str, is_trouble: bool) -> None:
    """The last good month is November 2039: from December on the table ends within 13 months."""
    trouble = calendar_trouble(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (trouble is not None) == is_trouble
    if trouble:
        assert "2040-12-31" in trouble


@pytest.mark.parametrize(("month", "is_red"), [(11, False), (12, True)])
async def test_a_short_calendar_turns_readiness_red(month: int, is_red: bool) -> None:
    """While the tables reach far enough the loop only beats; when the clock comes near their end it says so."""
    progress = Progress()
    async with asyncio.TaskGroup() as group:
        group.create_task(watch_calendar(SteppedClock(datetime(2039, month, 1, tzinfo=UTC)), progress))
        await asyncio.sleep(0)
        troubles = progress.troubles()
        progress.leave()
    assert ("calendar" in troubles) == is_red
    assert "have counsel extend them" in troubles.get("calendar", "have counsel extend them")


async def test_the_watch_leaves_with_the_process() -> None:
    """It waits for nothing once the process is told to leave."""
    progress = Progress()
    progress.leave()
    await watch_calendar(SteppedClock(datetime(2012, 2, 22, tzinfo=UTC)), progress)
    assert progress.troubles() == {}
