"""Decisions become dossiers, windows and notices, once each."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from shared.domain.errors import MalformedMessage
from shared.domain.events import HoldEnds
from shared.kafka.consumer import Record
from shared.kafka.envelope import Message
from shared.outbox.inbox import Heard, Unhandled
from tests.integration.notify.conftest import Office, said
from tests.support.decisions import CASE, CLOSES, OPENS, ORI, a_decision, a_hold, a_window

WINDOWS = (
    "SELECT opens_at, closes_at, state, ended_at, ended_by FROM notify.windows WHERE case_id = :case ORDER BY opens_at"
)
NOTICES = (
    "SELECT n.kind, n.recipient, d.state, d.send_at, d.due_by FROM notify.notices n"
    " JOIN notify.deliveries d ON d.notice_id = n.id WHERE n.case_id = :case ORDER BY 1, 2, 3, 4, 5"
)
LAST_ANSWERS = (
    "SELECT DISTINCT ON (n.recipient) n.recipient, n.outcome, n.rule FROM notify.notices n"
    " JOIN notify.deliveries d ON d.notice_id = n.id WHERE n.case_id = :case AND n.kind IN ('decision', 'correction')"
    " AND d.position IS NOT NULL ORDER BY n.recipient, d.position DESC"
)
OF_WINDOWS = NOTICES.replace("ORDER BY", "AND n.window_id IS NOT NULL AND d.state <> 'replaced' ORDER BY")
STORY = (
    a_decision(1, "REVIEW"),
    a_hold(2),
    a_hold(3, window=a_window(closes_at=CLOSES - timedelta(hours=1))),
    a_decision(4, "RELEASE", ends=HoldEnds(at=OPENS + timedelta(hours=1), by="cancelled")),
)


async def test_a_window_and_its_end_are_written_together(office: Office) -> None:
    """One batch leaves the window, its warnings and its end-of-hold notices."""
    await office.hear(a_hold())
    assert len(await office.database.all(WINDOWS, case=CASE)) == 1
    kinds = [row[0] for row in await office.database.all(NOTICES, case=CASE)]
    assert kinds.count("hold_ended") == 2
    assert kinds.count("hold_closing") == 3


async def test_a_batch_leaves_what_its_decisions_one_by_one_leave(office: Office) -> None:
    """Batch boundaries change no window and no last word; numbers and not places in the batch give the order."""
    together, alone = UUID(int=77), UUID(int=78)
    await office.hear(*(replace(each, case_id=together) for each in reversed(STORY)))
    for each in STORY:
        await office.hear(replace(each, case_id=alone))
    await office.settle()
    for what in (WINDOWS, LAST_ANSWERS, OF_WINDOWS):
        left = await office.database.all(what, case=together)
        assert left
        assert left == await office.database.all(what, case=alone)


async def test_what_is_due_at_once_is_sent_with_the_decision(office: Office) -> None:
    """One transaction leaves the answer in both feeds: no timer has to come by."""
    await office.hear(a_decision())
    assert [row[:3] for row in await office.database.all(NOTICES, case=CASE)] == [
        ("decision", "ice", "sent"),
        ("decision", f"jail:{ORI}", "sent"),
    ]
    assert await office.watch.tick() == 0


async def test_a_message_heard_twice_counts_once(office: Office) -> None:
    """The inbox drops what was heard, in the same batch or a later one."""
    message = said(a_hold())
    await office.hear_messages([message, message])
    before = await office.database.all(NOTICES, case=CASE)
    await office.hear_messages([message])
    assert await office.database.all(NOTICES, case=CASE) == before


async def test_an_old_decision_is_heard_and_dropped(office: Office) -> None:
    """A decision lower than the one that stands moves nothing, though its message is new."""
    await office.hear(a_decision(2, "RELEASE"))
    await office.hear(a_hold(1))
    assert await office.database.all(WINDOWS, case=CASE) == []
    assert await office.database.all("SELECT number, outcome FROM notify.dossiers") == [(2, "RELEASE")]


async def test_other_messages_of_the_topic_are_passed_over(office: Office) -> None:
    """Reviews travel on the same topic and are not for us."""
    one = said(a_hold())
    review = Message(one.message.id, "review.opened", None)
    await office.hear_messages([Heard(one.record, review)])
    assert await office.database.all("SELECT count(*) FROM notify.dossiers") == [(0,)]


async def test_every_change_is_chained_into_the_journal(office: Office) -> None:
    """What was planned, replaced, opened and closed can be read from the record."""
    await office.hear(*STORY[:2])
    await office.hear(*STORY[2:])
    kinds = [row[0] for row in await office.database.all("SELECT kind FROM notify.journal ORDER BY seq")]
    assert kinds.count("hold.planned") == kinds.count("hold.closed") == 1
    assert {"notice.planned", "notice.replaced"} < set(kinds)
    assert await office.told("hold.closed") == 1
    assert await office.told("hold.planned") == 0


async def test_an_earlier_end_and_an_earlier_closing_are_recorded(office: Office) -> None:
    """Nothing about a window changes unseen."""
    await office.hear(a_hold())
    await office.hear(a_hold(2, window=a_window(closes_at=CLOSES - timedelta(hours=1))))
    await office.hear(a_decision(3, "RELEASE", ends=HoldEnds(at=OPENS + timedelta(hours=2), by="cancelled")))
    await office.hear(a_decision(4, "RELEASE", ends=HoldEnds(at=OPENS + timedelta(hours=1), by="pick_up")))
    kinds = await office.database.all("SELECT kind FROM notify.journal WHERE kind LIKE 'hold%' ORDER BY seq")
    assert kinds == [("hold.planned",), ("hold.moved",), ("hold.closed",), ("hold.corrected",)]


async def test_what_failed_in_our_hands_is_set_aside_with_its_facility(office: Office) -> None:
    """A message that was read names case and facility; one with a foreign key and no sense names neither."""
    failed = Unhandled(Record("custody.decisions.v1", 0, 1, b"", b"{}", ()), said(a_hold()).message, RuntimeError("x"))
    foreign = Unhandled(
        Record("custody.decisions.v1", 0, 2, b"\xff", None, ()), None, MalformedMessage("no message", code="not_ours")
    )
    async with office.pipeline.transaction() as session:
        await office.decisions.on_unhandled(session, [failed, foreign], office.pipeline.clock.now())
    rows = await office.database.all("SELECT code, case_id, facility_ori FROM notify.parked ORDER BY position")
    assert rows == [("unhandled", CASE, ORI), ("not_ours", None, None)]


async def test_what_cannot_be_read_is_set_aside_with_its_case(office: Office) -> None:
    """The key names the case where the message does not."""
    record = Record("custody.decisions.v1", 3, 41, str(CASE).encode(), b"{", ())
    error = MalformedMessage("not a message of ours", code="not_ours")
    async with office.pipeline.transaction() as session:
        await office.decisions.on_unhandled(session, [Unhandled(record, None, error)], office.pipeline.clock.now())
    assert await office.database.all("SELECT code, case_id, message FROM notify.parked") == [("not_ours", CASE, b"{")]
    assert await office.database.all("SELECT kind FROM notify.alarms") == [("event_parked",)]
