"""What one instance sends wakes the readers of another: the database calls out whose feeds have news."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import DBAPIError

from services.notify.api.bell import Bell
from services.notify.feed import CHANNEL
from shared.db.listen import Hearer, hear
from tests.integration.notify.conftest import Office
from tests.support.decisions import ORI, OTHER_ORI, a_decision

_PATIENCE_S = 60


@asynccontextmanager
async def another_instance(office: Office) -> AsyncIterator[tuple[Bell, list[str], asyncio.Queue[str]]]:
    """Let a second process' bell hear; give it, what was called out, and when it began and ceased to hear."""
    bell, calls, turns, leaving = Bell(), list[str](), asyncio.Queue[str](), asyncio.Event()

    def called(names: str) -> None:
        calls.append(names)
        bell.ring(names)

    def hears() -> None:
        bell.hears()
        turns.put_nowait("hears")

    def is_deaf() -> None:
        bell.is_deaf()
        turns.put_nowait("deaf")

    url = office.database.role_url("notify")
    hearing = asyncio.create_task(hear(CHANNEL, url, "another-feeds", leaving, Hearer(called, hears, is_deaf)))
    try:
        async with asyncio.timeout(_PATIENCE_S):
            assert await turns.get() == "hears"
            yield bell, calls, turns
    finally:
        leaving.set()
        async with asyncio.timeout(_PATIENCE_S):
            await hearing


async def _fail_after_calling(office: Office) -> None:
    async with office.pipeline.transaction() as session:
        await session.run("SELECT pg_notify(:channel, :whose)", channel=CHANNEL, whose="jail:NOBODY")
        await session.run("SELECT 1 / 0")


async def test_a_reader_elsewhere_is_woken_by_its_own_news(office: Office) -> None:
    """By the decision as it comes in, and by what the clock sends later; another jail's reader sleeps on."""
    async with another_instance(office) as (bell, calls, _):
        mine, others = bell.ticket(f"jail:{ORI}"), bell.ticket(f"jail:{OTHER_ORI}")
        await office.hear(a_decision())
        await office.settle()
        await mine.wait()
        assert not others.is_set()
    assert {name for call in calls for name in call.split()} == {"ice", f"jail:{ORI}"}


async def test_what_is_not_committed_is_not_called_out(office: Office) -> None:
    """Nobody is woken for a batch that is rolled back."""
    async with another_instance(office) as (bell, calls, _):
        ticket = bell.ticket(f"jail:{ORI}")
        with pytest.raises(DBAPIError):
            await _fail_after_calling(office)
        await office.hear(a_decision())
        await ticket.wait()
    assert not any("NOBODY" in call for call in calls)


async def test_a_lost_connection_is_made_anew(office: Office) -> None:
    """In between all readers look often, and once it stands again they look at once."""
    async with another_instance(office) as (bell, _, turns):
        seldom, before = bell.look_again_s, bell.ticket("ice")
        await office.database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'another-feeds'"
        )
        assert await turns.get() == "deaf"
        assert before.is_set()
        assert await turns.get() == "hears"
        assert bell.look_again_s == seldom
        ticket = bell.ticket(f"jail:{ORI}")
        await office.hear(a_decision())
        await ticket.wait()
