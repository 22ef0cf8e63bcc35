"""A case with a hold in intake and decision, and one in notify, for the commands that check records."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from typer.testing import CliRunner

from services.console.cli import app
from tests.integration.notify.conftest import Office, office
from tests.support.builders import a_booking, a_cancellation, a_claim, a_detainer, a_release_due
from tests.support.database import Database
from tests.support.decisions import CLOSES, OPENS, a_decision, a_hold
from tests.support.line import Line

__all__ = ["Office", "held", "office", "ran", "told"]

Ran = Callable[..., Coroutine[Any, Any, tuple[int, dict[str, Any]]]]


@pytest.fixture
def ran(database: Database) -> Ran:
    """Give a runner of commands on the test's database: exit code, and what the command said as JSON."""

    async def run(*words: str) -> tuple[int, dict[str, Any]]:
        env = {"COUNTERSIGN_DATABASE_URL": database.owner_url}
        # The command has an event loop of its own, so it gets a thread of its own.
        done = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--json"], env=env)
        return done.exit_code, json.loads(done.stdout)

    return run


@pytest.fixture
async def held(line: Line) -> Line:
    """Give a case that was decided four times: honoured, release due, citizenship claimed, cancelled."""
    await line.hear(a_booking("2012-02-20 13:00"), a_detainer("2012-02-20 14:00"))
    await line.decided()
    await line.hear(a_release_due("2012-02-21 10:00"))
    await line.decided()
    await line.hear(a_claim("2012-02-21 12:00", claim="verified"))
    await line.decided()
    await line.hear(a_cancellation("2012-02-21 13:00"))
    await line.decided()
    return line


@pytest.fixture
async def told(office: Office) -> Office:
    """Give a case of which notify told: a hold that opened and ran out, all of it fetched and acknowledged."""
    await office.hear(a_decision())
    await office.settle()
    await office.at(OPENS)
    await office.hear(a_hold(2))
    await office.settle()
    await office.sign()
    await office.at(CLOSES)
    await office.sign()
    return office
