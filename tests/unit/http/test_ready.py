"""Readiness over HTTP: red while a loop makes no progress, has stopped, or the database does not answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from shared.http.app import make_app
from shared.runtime.health import STUCK_AFTER_S, Progress


class Database:
    """Answers, or is away."""

    is_away = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["Database"]:
        """Open a session on itself."""
        if self.is_away:
            raise ConnectionRefusedError
        yield self

    async def one(self, sql: str) -> str:
        """Answer anything."""
        return sql


async def ready(progress: Progress, database: Database) -> tuple[int, dict[str, Any]]:
    """Ask an application with nothing but these; nobody needs a key for it."""
    nothing: Any = None
    sessions: Any = database
    app = make_app("intake", sessions=sessions, keys=nothing, progress=progress, routers=())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://intake") as client:
        answer = await client.get("/readyz")
    return answer.status_code, answer.json()


async def test_a_loop_without_progress_turns_readiness_red() -> None:
    """It names the loop, and how long ago each came round; once the loop comes round again it is green."""
    seconds = [0.0]
    progress, database = Progress(lambda: seconds[0]), Database()
    progress.beat("events")
    progress.beat("relay")
    assert await ready(progress, database) == (
        200,
        {"status": "ready", "troubles": {}, "loops": {"events": 0.0, "relay": 0.0}},
    )
    seconds[0] = STUCK_AFTER_S + 5
    progress.beat("relay")
    assert await ready(progress, database) == (
        503,
        {
            "status": "not ready",
            "troubles": {"events": "no progress for 25 s"},
            "loops": {"events": 25.0, "relay": 0.0},
        },
    )
    progress.beat("events")
    assert (await ready(progress, database))[0] == 200


async def test_a_stopped_loop_and_a_database_that_is_away_are_both_told() -> None:
    """What an operator must mend stands beside what may pass by itself."""
    progress, database = Progress(), Database()
    progress.stop("events", "20 events in a row could not be handled")
    database.is_away = True
    status, told = await ready(progress, database)
    assert status == 503
    assert told["troubles"] == {
        "events": "20 events in a row could not be handled",
        "database": "does not answer",
    }
