"""``audit verify``: whatever the database's owner does to a record is named, but for an end that was cut off."""

import json
from typing import Any

import pytest

from tests.integration.audit.conftest import Ran
from tests.integration.notify.conftest import Office
from tests.support.builders import a_booking, a_match
from tests.support.line import Line

EDIT = "convert_to(replace(convert_from({column}, 'UTF8'), '{old}', '{new}'), 'UTF8')"
SWAP = (
    "UPDATE decision.journal SET seq = 100 WHERE seq = 2",
    "UPDATE decision.journal SET seq = 2 WHERE seq = 3",
    "UPDATE decision.journal SET seq = 3 WHERE seq = 100",
)
#: What is done, the record that is named for it, and in which words.
CHAIN = {
    "body edited": (
        [f"UPDATE decision.journal SET body = {EDIT.format(column='body', old='HOLD', new='REST')} WHERE seq = 2"],
        (2, "digest is not that of"),
    ),
    "digest edited": (["UPDATE decision.journal SET digest = sha256('x') WHERE seq = 2"], (2, "digest is not that of")),
    "moved": (list(SWAP), (2, "digest is not that of")),
    "taken out of the middle": (["DELETE FROM decision.journal WHERE seq = 2"], (3, "record 2 is missing")),
    "another instant": (
        ["UPDATE decision.journal SET at = at - interval '1 hour' WHERE seq = 1"],
        (1, "digest is not that of"),
    ),
    "the first one": (["DELETE FROM decision.journal WHERE seq = 1"], (2, "record 1 is missing")),
    "the last one": (["DELETE FROM decision.journal WHERE seq = (SELECT max(seq) FROM decision.journal)"], (3, "head")),
    "the head": (["DELETE FROM decision.journal_heads"], (None, "head")),
    "filed elsewhere": (
        ["UPDATE decision.journal SET facility_ori = 'XX0000000' WHERE seq = 1"],
        (1, "digest is not that of what it says"),
    ),
}
ROWS = {
    "a column": (["UPDATE decision.decisions SET citation = 'my own' WHERE number = 2"], (2, "citation is not what")),
    "a window": (
        ["UPDATE decision.decisions SET closes_at = closes_at + interval '1 day' WHERE number = 2"],
        (2, "closes_at is not what"),
    ),
    "what was told": (
        [f"UPDATE decision.decisions SET told = {EDIT.format(column='told', old='HOLD', new='REST')} WHERE number = 1"],
        (1, "what was told"),
    ),
    "the explanation": (
        [
            ("UPDATE decision.decisions SET explanation ="
            f" {EDIT.format(column='explanation', old='HOLD', new='REST')} WHERE number = 1")
        ],
        (1, "explanation is not the one"),
    ),
    "as_of": (["UPDATE decision.decisions SET as_of = as_of - interval '1 day' WHERE number = 1"], (1, "as_of is not")),
    "the rulebook": (["UPDATE decision.decisions SET rulebook_version = 9 WHERE number = 1"], (1, "rulebook_version")),
    "the facts looked at": (
        [("UPDATE decision.snapshots SET facts = 'x' || facts WHERE decision_id IN (SELECT id FROM decision.decisions"
         " WHERE number = 1)")],
        (1, "the facts looked at"),
    ),
    "a decision gone": (["DELETE FROM decision.decisions WHERE number = 2"], (2, "its decision is gone")),
    "a decision slipped in": (
        ["UPDATE decision.decisions SET id = gen_random_uuid() WHERE number = 2"],
        (2, "its decision is gone"),
    ),
}  # fmt: skip


async def misfits_after(ran: Ran, database: Any, statements: list[str]) -> list[dict[str, Any]]:
    """Do something as the database's owner, and give what the audit then finds."""
    for statement in statements:
        await database.run(statement)
    code, said = await ran("audit", "verify")
    assert code == (1 if said["misfits"] else 0)
    assert said["fits"] == (not said["misfits"])
    found: list[dict[str, Any]] = said["misfits"]
    return found


async def test_untouched_records_fit(held: Line, ran: Ran) -> None:
    """Every chain of the case and every decision is counted, and nothing is found."""
    code, said = await ran("audit", "verify")
    assert (code, said["misfits"]) == (0, [])
    decisions = await held.value("SELECT count(*) FROM decision.decisions")
    records = await held.value("SELECT count(*) FROM decision.journal")
    assert decisions >= 3
    assert (said["chains"], said["decisions"]) == (2, decisions)
    assert said["records"] == records + await held.value("SELECT count(*) FROM intake.journal")
    assert "outside" in said["limits"]


@pytest.mark.parametrize("what", [*CHAIN, *ROWS])
async def test_a_record_that_was_touched_is_named(held: Line, ran: Ran, what: str) -> None:
    """The journal, the case and the first record that does not fit are named, and the exit code says so."""
    statements, (seq, words) = (CHAIN | ROWS)[what]
    found = await misfits_after(ran, held.database, statements)
    case_id = str(await held.value("SELECT case_id FROM intake.cases"))
    assert (found[0]["journal"], found[0]["case_id"], found[0]["seq"]) == ("decision", case_id, seq)
    assert words in found[0]["what"]


async def test_a_decision_without_a_record_is_named(held: Line, ran: Ran) -> None:
    """A row that no record speaks of was put in past the journal."""
    (found,) = await misfits_after(
        ran,
        held.database,
        [
            (
                "INSERT INTO decision.decisions SELECT gen_random_uuid(), case_id, detainer_id, 77, facility_ori,"
                " booking_number, case_version, outcome, policy, rule, citation, rulebook_version, rulebook_digest,"
                " snapshot_digest, as_of, decided_at, decided_by, opens_at, closes_at, clock, due_by, supersedes, told,"
                " explanation FROM decision.decisions WHERE number = 1"
            )
        ],
    )
    assert (found["seq"], "number 77) has no record" in found["what"]) == (None, True)


async def test_a_snapshot_that_was_erased_leaves_the_chain_whole(held: Line, ran: Ran) -> None:
    """What may have to be erased is tied in by its digest alone: erased is counted, and no misfit."""
    assert await misfits_after(ran, held.database, ["DELETE FROM decision.snapshots"]) == []
    _, said = await ran("audit", "verify")
    assert said["snapshots_erased"] == said["decisions"]


async def test_an_end_cut_off_whole_is_not_seen_here(held: Line, ran: Ran) -> None:
    """Record, head, decision and snapshot of the end, all gone: the rest is whole in itself, as the command says."""
    last = "(SELECT max(number) FROM decision.decisions)"
    cut = [
        f"DELETE FROM decision.decisions WHERE number = {last}",
        "DELETE FROM decision.journal WHERE seq = (SELECT max(seq) FROM decision.journal)",
        (
            "UPDATE decision.journal_heads SET (seq, digest) = (SELECT seq, digest FROM decision.journal"
            " ORDER BY seq DESC LIMIT 1)"
        ),
    ]
    assert await misfits_after(ran, held.database, cut) == []


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (
            f"UPDATE intake.raw_events SET data = {EDIT.format(column='data', old='verified', new='asserted')}",
            "as it came",
        ),
        ("UPDATE intake.inbox SET case_id = gen_random_uuid() WHERE type = 'detainer.cancelled'", "is gone"),
        (
            (
                "INSERT INTO intake.inbox (source, id, digest, type, sender, time, state, case_id) SELECT source,"
                " 'slipped in', digest, type, sender, time, state, case_id FROM intake.inbox LIMIT 1"
            ),
            "has no record",
        ),
    ],
)
async def test_an_event_is_as_it_came(held: Line, ran: Ran, what: str, words: str) -> None:
    """What a jail or ICE said is sealed in the chain: changed, taken away or slipped in, it is named."""
    found = await misfits_after(ran, held.database, [what])
    assert [one["journal"] for one in found if words in one["what"]] == ["intake"]


async def test_an_event_that_was_erased_leaves_the_chain_whole(held: Line, ran: Ran) -> None:
    """Its seal is salted, says nothing by itself, and stays: erased is counted, and no misfit."""
    assert await misfits_after(ran, held.database, ["DELETE FROM intake.raw_events"]) == []
    _, said = await ran("audit", "verify")
    assert said["events_erased"] == said["events"] == 5


async def test_an_event_that_changes_nothing_is_sealed_too(line: Line, ran: Ran) -> None:
    """Told once more under another id it makes no new version of the case, and a record all the same."""
    booking = a_booking("2012-02-20 13:00")
    await line.hear(booking)
    await line.hear(a_booking("2012-02-20 13:00", id="once more"))
    kinds = [row.kind for row in await line.rows("SELECT kind FROM intake.journal ORDER BY seq")]
    assert kinds == ["case.changed", "events.kept"]
    assert await misfits_after(ran, line.database, []) == []


async def test_an_event_that_waited_comes_once(line: Line, ran: Ran) -> None:
    """Its own numbers are new to the case it is put on, and do not bring it a second time."""
    await line.hear(a_match("2012-02-20 12:50"))
    await line.hear(a_booking("2012-02-20 13:00"))
    (row,) = await line.rows("SELECT convert_from(body, 'UTF8') AS body FROM intake.journal")
    assert sorted(event_id for _, event_id, _ in json.loads(row.body)["came"]) == [
        "booking.created/2012-02-20 13:00",
        "match.reported/2012-02-20 12:50",
    ]
    assert await misfits_after(ran, line.database, []) == []


async def test_a_case_that_was_rewritten_is_named(held: Line, ran: Ran) -> None:
    """The case as it stands has its digest in intake's last record."""
    (found,) = await misfits_after(
        ran,
        held.database,
        [f"UPDATE intake.cases SET folded = {EDIT.format(column='folded', old='verified', new='asserted')}"],
    )
    assert (found["journal"], "not the one it has the digest of" in found["what"]) == ("intake", True)


async def test_what_notify_told_fits(told: Office, ran: Ran) -> None:
    """Notices, receipts and the hold are held against the records of a case that ran its course."""
    code, said = await ran("audit", "verify")
    assert (code, said["misfits"]) == (0, [])
    assert said["holds"] == 1
    assert said["notices"] > 3
    assert said["receipts"] > 1
    assert told.letters


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE notify.windows SET closes_at = closes_at + interval '1 day'", "closes_at not as the record says"),
        ("UPDATE notify.windows SET ended_by = 'pick_up'", "ended_by not as the record says"),
        ("UPDATE notify.notices SET due_by = due_by + interval '1 day' WHERE number = 1", "due_by not as"),
        ("DELETE FROM notify.receipts", "receipt of notice"),
        ("UPDATE notify.journal SET facility_ori = 'XX0000000' WHERE seq = 1", "digest is not that of what it says"),
    ],
)
async def test_what_notify_told_cannot_be_told_otherwise(told: Office, ran: Ran, statement: str, words: str) -> None:
    """A hold made longer, another end, a later promise, a receipt gone: each is named."""
    found = await misfits_after(ran, told.database, [statement])
    assert found
    assert all(one["journal"] == "notify" and words in one["what"] for one in found)
