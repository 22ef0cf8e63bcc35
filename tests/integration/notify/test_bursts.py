"""The valve on real rows: a burst waits, goes or is taken back; the end of a hold never waits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notify.bursting import Valve
from services.notify.dossier import Margins
from services.notify.valve import Limits
from shared.domain.events import DecisionRecorded, HoldEnds
from tests.integration.notify.conftest import Office
from tests.support.decisions import CLOSES, DUE, NOW, OPENS, ORI, a_decision, a_hold

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LIMITS = Limits(facility=3, policy=100)


@pytest.fixture
def narrow(office: Office) -> Office:
    """Give an office where more than three decisions in a quarter of an hour are a burst."""
    office.decisions = replace(office.decisions, limits=LIMITS)
    office.watch = replace(office.watch, limits=LIMITS)
    office.app.state.valve = Valve(
        sessions=office.pipeline,
        outbox=office.decisions.outbox,
        ids=office.decisions.ids,
        margins=Margins(),
        limits=LIMITS,
        wake=lambda: None,
    )
    return office


def one(number: int, make: Any = a_decision, **said: Any) -> DecisionRecorded:
    """Give the decision on one of many detainers."""
    made: DecisionRecorded = make(**said)
    return replace(made, id=UUID(int=0xE000 + number), case_id=UUID(int=0xC000 + number), detainer_id=f"D-{number}")


async def detainers_told(office: Office, kind: str = "decision") -> list[str]:
    """Give of which detainers the jail reads a notice of a kind."""
    return sorted(item["detainer_id"] for item in await office.feed() if item["kind"] == kind)


async def the_burst(office: Office) -> dict[str, Any]:
    """Give the one burst that there is."""
    (found,) = (await office.get("operator", "/v1/bursts")).json()["items"]
    burst: dict[str, Any] = found
    return burst


@pytest.mark.parametrize("together", [True, False])
async def test_a_burst_waits_and_calls_a_person_once(narrow: Office, *, together: bool) -> None:
    """The first three go, three wait, in one batch or one after the other; another facility knows nothing of it."""
    decisions = [one(number) for number in range(6)]
    for batch in [decisions] if together else [[each] for each in decisions]:
        await narrow.hear(*batch)
    await narrow.hear(replace(one(7), facility_ori="CT0006400"))
    await narrow.settle()
    assert len(await detainers_told(narrow)) == 3
    assert len(await narrow.feed("other_jail")) == 1
    assert await narrow.database.all("SELECT facility_ori FROM notify.alarms WHERE kind = 'burst_waits'") == [(ORI,)]
    burst = await the_burst(narrow)
    assert (burst["scope"], burst["key"], burst["state"], burst["waiting"]) == ("facility", ORI, "waiting", 6)


async def test_a_burst_that_is_let_go_goes_and_so_does_what_follows(narrow: Office) -> None:
    """With name and reason; the alarm is cleared with it, and an hour later the count begins anew."""
    await narrow.hear(*(one(number) for number in range(5)))
    burst = await the_burst(narrow)
    body = {"reason": "a transport of forty from Hartford", "minutes": 60}
    told = (await narrow.post("operator", f"/v1/bursts/{burst['id']}/release", body)).json()
    assert told == {"id": burst["id"], "state": "released", "notices": 4}
    await narrow.settle()
    await narrow.hear(*(one(number) for number in range(5, 12)))
    await narrow.settle()
    assert len(await detainers_told(narrow)) == 12
    assert await narrow.database.all("SELECT cleared_reason FROM notify.alarms") == [
        ("released: a transport of forty from Hartford",)
    ]
    await narrow.at(NOW + 61 * MINUTE)
    await narrow.hear(*(one(number) for number in range(12, 17)))
    assert len(await detainers_told(narrow)) == 15
    again = await narrow.post("operator", f"/v1/bursts/{burst['id']}/release", body)
    assert (again.status_code, again.json()["type"].rpartition(":")[2]) == (409, "not_waiting")


async def test_what_keeps_nobody_goes_out_in_time_and_a_hold_waits_for_a_person(narrow: Office) -> None:
    """A quarter of an hour before it is due the RELEASE is told; the HOLD is called out as late, and not told."""
    await narrow.hear(*(one(number) for number in range(3)))
    await narrow.hear(one(3, outcome="RELEASE"), one(4))
    await narrow.settle()
    await narrow.sign()
    await narrow.sign("ice")
    assert await narrow.next_due() == DUE - 15 * MINUTE
    await narrow.at(DUE - 15 * MINUTE)
    assert await detainers_told(narrow) == ["D-0", "D-1", "D-2", "D-3"]
    await narrow.sign()
    await narrow.sign("ice")
    await narrow.at(DUE)
    late = await narrow.database.all(
        "SELECT DISTINCT n.detainer_id FROM notify.alarms a JOIN notify.notices n ON CAST(n.id AS text) = a.subject"
        " WHERE a.kind = 'notice_late'"
    )
    assert late == [("D-4",)]
    assert await narrow.next_due() is None


async def test_the_end_of_a_hold_never_waits(narrow: Office) -> None:
    """A burst of holds is cancelled at once: all ends go out together, and a person is told of their number."""
    await narrow.hear(*(one(number, a_hold) for number in range(6)))
    await narrow.at(OPENS)
    ends = HoldEnds(at=OPENS + HOUR, by="cancelled")
    await narrow.at(OPENS + HOUR)
    await narrow.hear(*(replace(one(number, outcome="RELEASE", ends=ends), number=2) for number in range(6)))
    await narrow.settle()
    assert len(await detainers_told(narrow, "hold_ended")) == 6
    kinds = {row[0] for row in await narrow.database.all("SELECT kind FROM notify.alarms")}
    assert {"burst_waits", "ends_burst"} <= kinds


async def test_an_opening_that_waited_too_long_is_not_told_after_its_end(narrow: Office) -> None:
    """Let go in the last quarter of an hour, when the end is out already: it stays away."""
    await narrow.hear(*(one(number, a_hold) for number in range(5)))
    await narrow.at(OPENS)
    await narrow.at(CLOSES - 15 * MINUTE)
    burst = await the_burst(narrow)
    await narrow.post("operator", f"/v1/bursts/{burst['id']}/release", {"reason": "found too late"})
    await narrow.settle()
    items = await narrow.feed()
    ended = {item["detainer_id"]: place for place, item in enumerate(items) if item["kind"] == "hold_ended"}
    opened = [(item["detainer_id"], place) for place, item in enumerate(items) if item["kind"] == "hold_opened"]
    assert len(ended) == 5
    assert all(place < ended[detainer] for detainer, place in opened)


async def test_a_burst_that_is_recalled_takes_back_what_was_told_and_keeps_the_rest(narrow: Office) -> None:
    """Each recall names its original; what waited is never told, until it is decided anew."""
    for number in range(5):
        await narrow.hear(one(number))
    originals = {item["detainer_id"]: item["id"] for item in await narrow.feed()}
    burst = await the_burst(narrow)
    answer = await narrow.post("operator", f"/v1/bursts/{burst['id']}/recall", {"reason": "a broken page"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["notices"] == 6
    await narrow.settle()
    recalls = {item["detainer_id"]: item["replaces"] for item in await narrow.feed() if item["kind"] == "recall"}
    assert recalls == originals
    await narrow.at(DUE - MINUTE)
    assert await detainers_told(narrow) == ["D-0", "D-1", "D-2"]
    await narrow.hear(replace(one(4, outcome="RELEASE"), number=2))
    await narrow.settle()
    assert await detainers_told(narrow) == ["D-0", "D-1", "D-2", "D-4"]


async def test_a_set_is_recalled_with_one_action(narrow: Office) -> None:
    """By policy and time; another policy's answers stand, and the hold of what is recalled is no hold at the door."""
    mine = one(1, a_hold, policy="tx-sb4-2017@9", release_due_at=OPENS)
    await narrow.hear(replace(mine, booking_number="12-1"), replace(one(2), booking_number="12-2"))
    await narrow.at(OPENS + HOUR)
    check = f"/v1/jails/{ORI}/bookings/12-1/release-check"
    assert (await narrow.get("jail", check)).json()["answer"] == "hold"
    body = {"policy": "tx-sb4-2017@9", "since": NOW.isoformat(), "reason": "the wrong page"}
    dry = (await narrow.post("operator", "/v1/recalls", {**body, "dry_run": True})).json()
    assert (dry["detainers"], dry["notices"]) == (1, 0)
    assert (await narrow.get("jail", check)).json()["answer"] == "hold"
    done = (await narrow.post("operator", "/v1/recalls", body)).json()
    assert (done["detainers"], done["notices"]) == (1, 2)
    told = (await narrow.get("jail", check)).json()
    assert (told["answer"], told["reason"]) == (
        "no_hold",
        "There is no immigration hold: what was decided is recalled.",
    )
    await narrow.settle()
    assert await detainers_told(narrow, "recall") == ["D-1"]
    assert await detainers_told(narrow, "hold_ended") == ["D-1"]
    (kept,) = (await narrow.get("auditor", "/v1/recalls")).json()["items"]
    assert (kept["reason"], kept["notices"], kept["chosen"]["policy"]) == ("the wrong page", 2, "tx-sb4-2017@9")


async def test_a_recall_is_an_operators_and_means_something(narrow: Office) -> None:
    """No jail and no auditor recalls, and nobody recalls everything by leaving all out."""
    body = {"facility_ori": ORI, "reason": "x"}
    for who in ("jail", "ice", "auditor"):
        assert (await narrow.post(who, "/v1/recalls", body)).status_code == 403
    assert (await narrow.post("operator", "/v1/recalls", {"reason": "x"})).status_code == 422
