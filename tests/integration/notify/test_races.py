"""A decision and the sending of what it overtakes meet: whoever is first, nobody is left with a wrong last word."""

import asyncio

from services.notify import deliver
from services.notify.dossier import Margins
from services.notify.valve import USUAL
from tests.integration.notify.conftest import Office, said
from tests.integration.notify.test_watch import add_unmatched
from tests.support.decisions import DUE, NOW, a_decision

LAST = (
    "SELECT n.kind, d.state FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id"
    " WHERE n.recipient = 'ice' ORDER BY n.number"
)


async def test_a_decision_waits_for_what_is_being_sent_and_corrects_it(office: Office) -> None:
    """The sender has claimed the first answer; the second decision must not take it for unsent."""
    await hear_and_let_it_fall_due(office)
    async with office.pipeline.transaction() as sending:
        now = office.pipeline.clock.now()
        assert (
            await deliver.send_due(
                sending, office.decisions.outbox, office.decisions.ids, Margins(), USUAL, now, most=10
            )
            == 2
        )
        hearing = asyncio.create_task(office.hear(a_decision(2, "RELEASE")))
        await waits_for_lock(office)
    await hearing
    await office.settle()
    assert await office.database.all(LAST) == [("decision", "sent"), ("correction", "sent")]


async def test_a_sender_leaves_alone_what_is_being_overtaken(office: Office) -> None:
    """The decision is not committed yet, so the old answer is neither sent nor waited for."""
    await hear_and_let_it_fall_due(office)
    async with office.pipeline.transaction() as hearing:
        await office.decisions.on_decisions(hearing, [said(a_decision(2, "RELEASE"))], office.pipeline.clock.now())
        assert await office.watch.tick() == 0
    await office.settle()
    assert await office.database.all(LAST) == [("decision", "replaced"), ("decision", "sent")]


async def test_unmatched_is_not_planned_while_a_decision_is_being_heard(office: Office) -> None:
    """Otherwise ICE would read that nobody was found after it had read the answer, and nothing would correct it."""
    async with office.pipeline.transaction() as hearing:
        await office.decisions.on_decisions(hearing, [said(a_decision())], office.pipeline.clock.now())
        await add_unmatched(office.database, due_by=NOW)
        ticking = asyncio.create_task(office.watch.tick())
        await waits_for_lock(office)
        await office.database.run("DELETE FROM intake.unmatched")
    await ticking
    assert await office.database.all("SELECT count(*) FROM notify.notices WHERE kind = 'unmatched'") == [(0,)]


async def hear_and_let_it_fall_due(office: Office) -> None:
    """Hear that a person is asked, which is told only while there is still time, and move on to that instant."""
    await office.hear(a_decision(1, "REVIEW"))
    await office.database.step(DUE - Margins().review_told)


async def waits_for_lock(office: Office) -> None:
    """Look until some session of notify waits for another."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while await office.database.all(waiting) == [(0,)]:
        continue
