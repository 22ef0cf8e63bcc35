"""The watchdog sees what notify has left undone, through a role that reads instants and nothing of what was said."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from services.watchdog.look import SCHEMA, Allowance, Watchdog
from shared.db.session import Sessions
from shared.http.access import Keys
from shared.http.app import COMMON_BUT_PARKED, make_app
from shared.runtime.health import Progress
from shared.runtime.ids import UuidV7
from tests.integration.notify.conftest import Office
from tests.support.database import Database
from tests.support.decisions import CLOSES, DUE, NOW, OPENS, a_decision, a_hold

MINUTE = timedelta(minutes=1)
TOLD = CLOSES - 15 * MINUTE
#: When a question that nobody has answered should be told.
TOLD_REVIEW = DUE - 4 * 60 * MINUTE
ALLOWANCE = Allowance.at(1, slack=2 * MINUTE, unseen=8 * MINUTE)


@dataclass(slots=True)
class Kennel:
    """The watchdog, and what it has called out."""

    database: Database
    dog: Watchdog

    async def looks(self, instant: datetime) -> list[object]:
        """Let it look twice at an instant at which notify does nothing; give the kinds it has called out so far."""
        await self.database.step(instant)
        for _ in range(2):
            await self.dog.tick()
        return [row[0] for row in await self.database.all("SELECT kind FROM watchdog.alarms ORDER BY kind")]


@pytest.fixture
async def kennel(office: Office) -> AsyncIterator[Kennel]:
    """Give a watchdog on its own role."""
    async with office.database.sessions("watchdog") as sessions:
        yield Kennel(office.database, Watchdog(sessions, UuidV7(), ALLOWANCE))


async def test_a_hold_that_runs_its_course_wakes_nobody(office: Office, kennel: Kennel) -> None:
    """Told, read and signed for at each instant: nothing to call out, at any of them or between."""
    await office.hear(a_hold())
    while (due_at := await office.next_due()) is not None:
        await office.at(due_at)
        for who in ("jail", "ice"):
            await office.sign(who)
        assert await kennel.looks(due_at + MINUTE) == []


async def test_an_end_that_notify_does_not_send_is_called_out_while_there_is_time(
    office: Office, kennel: Kennel
) -> None:
    """Both notifies are dead: two minutes after it should have left, the jail's contact is named, once."""
    await office.hear(a_hold())
    await office.at(OPENS)
    await office.sign()
    await office.at(CLOSES - 60 * MINUTE)
    await office.sign()
    assert await kennel.looks(TOLD + MINUTE) == []
    assert "hold_end_unsent" in await kennel.looks(TOLD + 2 * MINUTE)
    rows = await office.database.all("SELECT due FROM watchdog.alarms WHERE kind = 'hold_end_unsent'")
    assert rows == [(CLOSES,)]


async def test_an_end_that_nobody_reads_is_called_out_before_it_is_due(office: Office, kennel: Kennel) -> None:
    """Sent in time and left lying: eight minutes are left to telephone."""
    await office.hear(a_hold())
    while (due_at := await office.next_due()) is not None and due_at <= TOLD - MINUTE:
        await office.at(due_at)
        await office.sign()
        await office.sign("ice")
    await office.at(TOLD)
    await office.sign("ice")
    assert await kennel.looks(CLOSES - 9 * MINUTE) == []
    assert await kennel.looks(CLOSES - 8 * MINUTE) == ["hold_end_unseen"]


async def test_a_receipt_that_is_missing_is_called_out_if_notify_does_not(office: Office, kennel: Kennel) -> None:
    """Read in time, signed for by nobody; notify has died before the window closed."""
    await office.hear(a_hold())
    while (due_at := await office.next_due()) is not None and due_at < TOLD:
        await office.at(due_at)
        await office.sign()
        await office.sign("ice")
    await office.at(TOLD)
    await office.sign("ice")
    await office.feed()
    assert await kennel.looks(CLOSES + 2 * MINUTE) == ["hold_end_unsigned", "hold_not_closed"]


async def test_what_notify_has_called_out_itself_is_left_to_it(office: Office, kennel: Kennel) -> None:
    """A silent jail, and a notify that works: one person is called once."""
    await office.hear(a_decision(outcome="RELEASE"))
    while (due_at := await office.next_due()) is not None:
        await office.at(due_at)
        await office.sign("ice")
    assert await kennel.looks(NOW + timedelta(days=9)) == []


async def test_all_else_that_is_undone_is_one_alarm(office: Office, kennel: Kennel) -> None:
    """Notify stands still: its cause is one, and so is the call; it comes again once it was cleared."""
    await office.hear(a_decision(outcome="REVIEW"))
    assert await kennel.looks(TOLD_REVIEW + 2 * MINUTE) == ["notify_stands_still"]
    ((detail,),) = await office.database.all("SELECT detail FROM watchdog.alarms")
    assert str(detail).startswith("2 notices")


async def test_a_window_without_its_end_is_called_out(office: Office, kennel: Kennel) -> None:
    """It cannot be written by us; if it comes about all the same, someone is told at once."""
    await office.hear(a_hold())
    await office.database.run(
        "UPDATE notify.deliveries d SET state = 'replaced' FROM notify.notices n"
        " WHERE n.id = d.notice_id AND n.kind = 'hold_ended'"
    )
    await office.settle()
    assert await kennel.looks(NOW + MINUTE) == ["hold_end_missing"]


async def test_in_fast_time_notify_is_given_the_machines_time() -> None:
    """A thousand times faster, five seconds of the machine's are more than an hour."""
    assert Allowance.at(1000, slack=2 * MINUTE, unseen=MINUTE).slack == timedelta(seconds=5000)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT body FROM notify.notices",
        "SELECT booking_number FROM notify.windows",
        "SELECT told FROM notify.deliveries",
        "SELECT 1 FROM notify.receipts",
        "SELECT 1 FROM notify.endpoint_secrets",
        "SELECT 1 FROM intake.persons",
        "SELECT 1 FROM decision.decisions",
        "UPDATE notify.windows SET state = 'closed'",
        "DELETE FROM watchdog.alarms",
        "UPDATE watchdog.alarms SET cleared_by = 'x'",
    ],
)
async def test_its_role_can_read_no_more_and_change_nothing(database: Database, sql: str) -> None:
    """Instants and states by column; not a word of a notice, nobody's number, and no alarm is taken back."""
    async with database.sessions("watchdog") as sessions:
        with pytest.raises(DBAPIError, match="permission denied"):
            async with sessions.transaction() as session:
                await session.run(sql)


async def test_its_alarms_are_listed_and_cleared_by_an_operator(office: Office, kennel: Kennel) -> None:
    """Over HTTP of its own, so that they are seen when notify is dead; a jail sees none of them."""
    await office.hear(a_decision(outcome="REVIEW"))
    await kennel.looks(TOLD_REVIEW + 2 * MINUTE)
    async with office.database.sessions("watchdog", "api") as requests, _client(requests) as client:
        jail, operator = ({"authorization": f"Bearer {office.keys[who]}"} for who in ("jail", "operator"))
        assert (await client.get("/v1/alarms", headers=jail)).status_code == 403
        (alarm,) = (await client.get("/v1/alarms", headers=operator)).json()["items"]
        assert (alarm["kind"], alarm["service"]) == ("notify_stands_still", "watchdog")
        path = f"/v1/alarms/{alarm['id']}/clear"
        assert (await client.post(path, headers=operator, json={"reason": "started again"})).status_code == 200
        assert (await client.get("/v1/alarms", headers=operator)).json()["items"] == []
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/v1/parked", headers=operator)).status_code == 404


def _client(requests: Sessions) -> httpx.AsyncClient:
    app = make_app(
        SCHEMA,
        sessions=requests,
        keys=Keys(requests, 60_000),
        progress=Progress(),
        routers=(),
        common=COMMON_BUT_PARKED,
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://watchdog")
