"""Records are added, never edited: whoever has the rows can check the chain, and sees what was changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import ProgrammingError

from shared.outbox.journal import GENESIS, Record, add, link
from tests.support.database import Database

CASE, OTHER = UUID(int=1), UUID(int=2)
NOON = datetime(2012, 2, 22, 17, 0, 0, 123456, tzinfo=UTC)
FIRST = Record(case_id=CASE, at=NOON, kind="decision.recorded", facility_ori="CT0009300", body={"number": 1})
SECOND = replace(FIRST, at=NOON + timedelta(hours=1), body={"number": 2})
ELSEWHERE = replace(FIRST, case_id=OTHER, body={"number": 9})


async def chain(database: Database, case_id: UUID) -> list[tuple[Any, ...]]:
    """Give a case's records as an outsider gets them."""
    return await database.all(
        "SELECT seq, kind, at, facility_ori, detainer_id, body, prev, digest FROM intake.journal"
        " WHERE case_id = :id ORDER BY seq",
        id=case_id,
    )


def is_whole(case_id: UUID, rows: list[tuple[Any, ...]]) -> bool:
    """Recompute every link from the one before."""
    before = GENESIS
    for place, (seq, kind, at, ori, detainer, body, prev, digest) in enumerate(rows, 1):
        own = link(before, case_id, seq, kind=kind, at=at, facility_ori=ori, detainer_id=detainer, body=body)
        if (seq, prev, digest) != (place, before, own):
            return False
        before = digest
    return True


@pytest.fixture
async def kept(database: Database) -> Database:
    """Give a database with records of two cases, added in three transactions."""
    async with database.sessions("intake") as sessions:
        for records in ([FIRST, ELSEWHERE], [SECOND, SECOND], [FIRST]):
            async with sessions.transaction() as session:
                await add(session, "intake", records)
    return database


async def test_the_chain_can_be_recomputed_from_its_rows(kept: Database) -> None:
    """Each case has a chain of its own without gaps, over transactions and within one; heads name their ends."""
    for case_id, length in ((CASE, 4), (OTHER, 1)):
        rows = await chain(kept, case_id)
        assert len(rows) == length
        assert is_whole(case_id, rows)
        heads = await kept.all("SELECT seq, digest FROM intake.journal_heads WHERE case_id = :id", id=case_id)
        assert heads == [(length, rows[-1][-1])]


@pytest.mark.parametrize(
    ("changed", "of"),
    [("body = body || 'x'", 2), ("kind = 'x'", 1), ("at = at + interval '1 microsecond'", 4)],
)
async def test_a_changed_record_breaks_the_chain(kept: Database, changed: str, of: int) -> None:
    """Body, kind and instant are all under the digest; the owner's own hand shows."""
    await kept.run(f"UPDATE intake.journal SET {changed} WHERE case_id = :id AND seq = :seq", id=CASE, seq=of)
    assert not is_whole(CASE, await chain(kept, CASE))


@pytest.mark.parametrize("doctored", [lambda rows: rows[1:], lambda rows: rows[:1] + rows[2:], lambda rows: rows[::-1]])
async def test_a_missing_or_moved_record_breaks_the_chain(
    kept: Database, doctored: Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]
) -> None:
    """Neither the first nor one between can be taken out, and none can change places."""
    assert not is_whole(CASE, doctored(await chain(kept, CASE)))


async def test_a_record_of_one_case_is_none_of_another(kept: Database) -> None:
    """The case stands under the digest too: a chain cannot be handed to somebody else."""
    assert not is_whole(OTHER, await chain(kept, CASE))


async def test_the_services_cannot_edit_a_record(kept: Database) -> None:
    """Neither role of the service may change or delete what it added."""
    for kind in ("pipeline", "api"):
        async with kept.sessions("intake", kind) as sessions:
            for sql in ("UPDATE intake.journal SET kind = 'x'", "DELETE FROM intake.journal"):
                with pytest.raises(ProgrammingError, match="permission denied"):
                    async with sessions.transaction(reach="all") as session:
                        await session.run(sql)
