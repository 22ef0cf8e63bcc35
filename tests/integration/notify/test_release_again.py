"""A jail that asks whether it may release: reminded each time it has reason to be, and never held by our faults."""

from datetime import timedelta
from typing import Any

import pytest

from services.notify.api import release
from tests.integration.notify.conftest import Office
from tests.support.decisions import CLOSES, NOW, NUMBER, ORI, a_decision, a_hold, a_window

HOUR = timedelta(hours=1)
PATH = f"/v1/jails/{ORI}/bookings/{NUMBER}/release-check"


async def asked_at(office: Office) -> list[object]:
    """Give when the jail had asked, for each time an operator was told that the release was not reported."""
    sql = "SELECT since FROM notify.alarms WHERE kind = 'release_due_not_reported' ORDER BY since"
    return [since for (since,) in await office.database.all(sql)]


async def test_a_second_question_begins_a_second_hour(office: Office) -> None:
    """Within the hour it changes nothing; afterwards the operator is told of the new one as well."""
    await office.hear(a_decision())
    await office.get("jail", PATH)
    await office.at(NOW + HOUR / 2)
    await office.get("jail", PATH)
    await office.at(NOW + HOUR)
    assert await asked_at(office) == [NOW]
    await office.at(NOW + 3 * HOUR)
    assert (await office.get("jail", PATH)).json()["post_release_due"] is True
    await office.at(NOW + 4 * HOUR - timedelta(seconds=1))
    assert await asked_at(office) == [NOW]
    await office.at(NOW + 4 * HOUR)
    assert await asked_at(office) == [NOW, NOW + 3 * HOUR]


async def test_a_release_taken_back_is_asked_about_anew(office: Office) -> None:
    """Reported within the first hour, taken back, and asked about again: the second hour counts by itself."""
    await office.hear(a_decision())
    await office.get("jail", PATH)
    reported = a_decision(2, release_due_at=NOW + HOUR / 2, window=a_window(opens_at=NOW + HOUR / 2))
    await office.hear(reported)
    await office.at(NOW + HOUR)
    assert await asked_at(office) == []
    await office.hear(a_decision(3))
    await office.at(NOW + 2 * HOUR)
    assert (await office.get("jail", PATH)).json()["post_release_due"] is True
    await office.at(NOW + 3 * HOUR)
    assert await asked_at(office) == [NOW + 2 * HOUR]


async def test_a_fault_of_ours_is_no_authority_to_hold(office: Office) -> None:
    """Whatever breaks on our side, a jail that asks is told that there is no hold, and why; the log has the rest."""
    await office.hear(a_decision())
    office.app.state.release_report = None
    answer = await office.get("jail", PATH)
    assert answer.status_code == 200
    assert (answer.json()["answer"], answer.json()["until"]) == ("no_hold", None)
    assert "fault of ours" in answer.json()["reason"]
    assert (await office.get("ice", PATH)).status_code == 403


async def test_a_slow_database_carries_no_hold_past_its_closing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked a second before the window closes, and answered by the database as it closes."""
    await office.hear(a_hold())
    await office.at(CLOSES - timedelta(seconds=1))
    assert (await office.get("jail", PATH)).json()["answer"] == "hold"
    at_once = release._rows

    async def slowly(*asked: Any) -> Any:
        rows = await at_once(*asked)
        office.app.state.sessions.clock.follow(CLOSES)
        return rows

    monkeypatch.setattr(release, "_rows", slowly)
    assert (await office.get("jail", PATH)).json()["answer"] == "no_hold"
