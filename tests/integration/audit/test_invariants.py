"""What must never be: nothing of it in a story that went well, and each question finds what it is there to find."""

from datetime import timedelta

from sqlalchemy import text

from shared.db.session import ReadSession
from shared.outbox.invariants import Reach, ask, invariants, kept_by, lasting
from shared.outbox.sweep import Sweep
from shared.runtime.clock import machine_now
from shared.runtime.ids import UuidV7, least_at
from tests.integration.audit.conftest import Ran
from tests.support.builders import (
    a_booking,
    a_detainer,
    a_match,
    a_release,
    a_release_due,
    at,
    facts_told,
)
from tests.support.world import World

_COPY = (
    "INSERT INTO notify.notices SELECT gen_random_uuid(), kind, recipient, case_id, detainer_id, decision_id, number,"
    " window_id, facility_ori, booking_number, outcome, rule, replaces, due_by, came_late, planned_at, body"
    " FROM notify.notices WHERE kind = 'decision' AND recipient <> 'ice' LIMIT 1"
)
_OUTBOX = "INSERT INTO {0}.outbox SELECT '00000000-0000-7000-8000-000000000000', 't', 'k', '', now()"
_PARKED = (
    "INSERT INTO {0}.parked SELECT gen_random_uuid(), 't', 0, 99, 'data', '', '', '', NULL, NULL, NULL, NULL, NULL,"
    " NULL, NULL, NULL, '[]', 'parked', now()"
)

#: How each promise is broken behind everyone's back, the system standing at an open window.
BREAKS = {
    "event_unheard": "UPDATE intake.inbox SET state = 'accepted' WHERE type = 'match.reported'",
    "event_nowhere": "UPDATE intake.inbox SET case_id = gen_random_uuid() WHERE type = 'match.reported'",
    "event_waits_unasked": "INSERT INTO intake.waiting VALUES ('s', 'i', 'match.reported', NULL, 'no_tie', now(),"
    " now(), '2012-02-01', NULL)",
    "parked_case_miscounted": "UPDATE intake.cases SET parked_events = 2",
    "parked_untold_by_intake": _PARKED.format("intake"),
    "parked_untold_by_decision": _PARKED.format("decision"),
    "parked_untold_by_notify": _PARKED.format("notify"),
    "case_unrecorded": "UPDATE intake.cases SET version = version + 1",
    "outbox_stuck_in_intake": _OUTBOX.format("intake"),
    "outbox_stuck_in_decision": _OUTBOX.format("decision"),
    "outbox_stuck_in_notify": _OUTBOX.format("notify"),
    "timer_overdue_in_intake": "INSERT INTO intake.waiting VALUES ('s', 'i', 'match.reported', NULL, 'no_tie', now(),"
    " now(), '2012-02-01', NULL)",
    "timer_overdue_in_decision": "UPDATE decision.dossiers SET wake_at = '2012-02-01'",
    "timer_overdue_in_notify": "UPDATE notify.deliveries SET send_at = '2012-02-01' WHERE state = 'planned'",
    "detainer_undecided": "UPDATE decision.dossiers SET number = 0, decision_id = NULL",
    "decision_behind": "UPDATE decision.dossiers SET case_version = case_version - 1",
    "two_standing_decisions": "UPDATE decision.dossiers SET number = number - 1",
    "decision_supersedes_wrongly": "UPDATE decision.decisions SET supersedes = gen_random_uuid() WHERE number = 2",
    "hold_without_authority": "UPDATE decision.decisions SET rule = ' ' WHERE outcome = 'HOLD'",
    "hold_without_window": "UPDATE decision.decisions SET opens_at = NULL, closes_at = NULL, clock = NULL",
    "review_without_question": "UPDATE decision.reviews SET state = 'open'",
    "review_past_release": "UPDATE decision.reviews SET state = 'claimed'",
    "window_without_end": "UPDATE notify.deliveries SET state = 'replaced' WHERE notice_id IN"
    " (SELECT id FROM notify.notices WHERE kind = 'hold_ended')",
    "window_without_basis": "UPDATE notify.windows SET evidence = ''",
    "window_open_past_closing": "UPDATE notify.windows SET opens_at = '2012-02-01', closes_at = '2012-02-02'",
    "hold_end_unsent": "UPDATE notify.deliveries d SET due_by = '2012-02-01' FROM notify.notices n"
    " WHERE n.id = d.notice_id AND n.kind = 'hold_ended'",
    "hold_past_closing": "UPDATE notify.windows SET state = 'closed', ended_at = closes_at, ended_by = 'clock',"
    " id = gen_random_uuid()",
    "window_stretched": "UPDATE notify.windows SET closes_at = closes_at + interval '1 hour'",
    "decision_untold": "UPDATE notify.dossiers SET number = number - 1",
    "decided_and_nobody_told": "UPDATE notify.deliveries SET state = 'replaced'",
    "last_word_contradicts": "UPDATE notify.dossiers SET outcome = 'RELEASE'",
    "notice_twice": f"WITH copy AS ({_COPY} RETURNING id) INSERT INTO notify.deliveries (notice_id, recipient,"
    " facility_ori, state, send_at, due_by) SELECT id, 'x', 'x', 'planned', now(), now() FROM copy",
    "feed_out_of_order": "UPDATE notify.deliveries d SET position = 1000 - d.position WHERE d.position IS NOT NULL",
    "feed_has_gaps": "UPDATE notify.recipients SET last_position = last_position + 1",
    "notice_to_another_jail": "UPDATE notify.notices SET recipient = 'jail:elsewhere' WHERE recipient <> 'ice'",
    "late_untold": "UPDATE notify.deliveries SET late_since = now()",
    "unmatched_untold": "INSERT INTO intake.unmatched VALUES ('s', 'i', 'D', NULL, 'CT', NULL, now(), now(),"
    " '2012-02-01')",
}


async def told_of_a_hold(world: World) -> None:
    """Live through a review and the opening of its hold."""
    await world.live(a_booking(), a_match(), a_detainer(), facts_told())
    await world.go_to(at("2012-02-22 18:00"))
    # A question that is asked shortly before it is due is told to jail and ICE; the answer then corrects it.
    await world.go_to(at("2012-02-24 09:00"))
    assert await world.answer("honor") == 1
    await world.live(a_release_due())


async def test_a_story_that_goes_well_breaks_nothing(world: World) -> None:
    """While a review is open, while a hold runs, and when all is over."""
    await told_of_a_hold(world)
    assert await world.broken() == []
    await world.go_to(at("2012-02-28 16:50"))
    assert await world.broken() == []
    await world.live(a_release("2012-02-28 17:30"))
    await world.end()
    assert await world.broken() == []
    assert [row.state for row in await world.line.rows("SELECT state FROM notify.windows")] == ["closed"]


def test_every_question_has_its_break() -> None:
    """No question is here that could not be shown to find something."""
    assert {one.name for one in invariants()} == set(BREAKS)


async def test_every_broken_promise_is_found(world: World) -> None:
    """Each break, made alone and then taken back, is found by the question that is there for it."""
    await told_of_a_hold(world)
    missed = [name for name, sql in BREAKS.items() if name not in await found_after(world, sql)]
    assert missed == []


async def found_after(world: World, sql: str) -> set[str]:
    """Give the questions that find something after a break; nothing of it stays."""
    async with world.line.database.owner() as engine, engine.connect() as connection:
        await connection.execute(text(sql))
        found = await ask(ReadSession(connection), invariants(), Reach.whole(world.now))
        await connection.rollback()
    return {one.invariant.name for one in found}


async def test_the_services_call_a_person_once(world: World) -> None:
    """The sweep of the service that may read it raises an alarm, and raises it once."""
    await told_of_a_hold(world)
    await world.line.database.run(BREAKS["window_without_end"])
    sweep = Sweep("decision", world.line.decide_as, UuidV7())
    assert [one.invariant.name for one in await sweep.look()] == ["window_without_end"]
    await sweep.look()
    assert (await world.line.alarms("decision")).count("promise_broken") == 1


async def test_what_passes_by_itself_is_given_time(world: World) -> None:
    """A state that passes is wrong only once it was seen for as long as its question has patience."""
    await told_of_a_hold(world)
    await world.line.database.run(BREAKS["decision_untold"])
    found = [one for one in await world.broken() if one.invariant.name == "decision_untold"]
    seen = {found[0].key: 100.0}
    assert lasting(seen, found, 219.0) == []
    assert lasting(seen, found, 220.0) == found


async def test_each_service_may_read_what_it_asks(world: World) -> None:
    """All of its questions, the dear ones too, run as its pipeline's role."""
    await told_of_a_hold(world)
    services = {"intake": world.line.intake_as, "decision": world.line.decide_as, "notify": world.notify_as}
    for service, sessions in services.items():
        questions = kept_by(service, cheap_only=False)
        assert questions
        async with sessions.reading() as session:
            assert await ask(session, questions, Reach.whole(world.now)) == []


def test_the_least_id_of_an_instant_parts_older_from_younger() -> None:
    """Ids made before it are smaller, those made after it greater."""
    made, now = UuidV7().new(), machine_now()
    assert least_at(now - timedelta(seconds=1)) < made < least_at(now + timedelta(seconds=1))


async def test_the_command_asks_of_everything(world: World, ran: Ran) -> None:
    """Nothing found exits 0; what is wrong is named, and exits 1."""
    await told_of_a_hold(world)
    code, said = await ran("audit", "sweep")
    assert (code, said["asked"], said["violations"]) == (0, len(invariants()), [])
    await world.line.database.run(BREAKS["window_stretched"])
    code, said = await ran("audit", "sweep", "--at-once")
    assert (code, [one["invariant"] for one in said["violations"]]) == (1, ["window_stretched"])
