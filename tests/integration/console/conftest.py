"""The console's application on a database of the test's own, with a clock of machine time that a test moves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from services.console.accounts.codes import Sealer
from services.console.accounts.door import Door, Rules
from services.console.accounts.factors import Factors
from services.console.accounts.make import NewAccount, make
from services.console.acting import Services
from services.console.app import make_app
from services.console.assets import Assets
from services.console.explain import Explainer
from services.console.heartbeat import Heartbeat
from services.console.lag.sampler import Sampler
from services.console.live import Live
from services.console.messages.browse import Logs
from services.console.pages.rulebook import Site
from services.console.queries.persons import Revealer
from services.console.render import Pages
from services.console.words_of import EVERYWHERE
from services.decision.policy.load import load_rulebook
from shared.http.access import Role
from shared.http.tokens import SigningKey
from shared.runtime.health import Progress
from shared.runtime.ids import UuidV7
from tests.support.database import Database

RULES = Rules(idle=timedelta(minutes=30), longest=timedelta(hours=12), tries=5, within=timedelta(minutes=15))
#: A password is checked at the cost it was kept at, and tests check many.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OFFICE = "Commissioner of Correction"


@dataclass(slots=True)
class Watch:
    """The machine's time, as a test sets it."""

    at: datetime = datetime(2026, 11, 2, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.at

    def pass_(self, **span: float) -> None:
        """Let time pass."""
        self.at += timedelta(**span)


@dataclass(slots=True)
class House:
    """A console with an account for each role."""

    database: Database = field(repr=False)
    app: FastAPI
    watch: Watch
    passwords: dict[str, str] = field(repr=False)

    def browser(self, *, base: str = "http://console.test") -> httpx.AsyncClient:
        """Give a browser that keeps cookies and follows no redirect by itself."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app, raise_app_exceptions=False), base_url=base)

    async def signed_in(self, name: str) -> httpx.AsyncClient:
        """Give a browser in which somebody has signed in."""
        browser = self.browser()
        answer = await browser.post("/sign-in", data={"name": name, "password": self.passwords[name]})
        assert answer.status_code == 303, answer.text
        return browser


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Give a console nobody is signed in to."""
    accounts = [
        NewAccount(name=role.value, role=role, office=OFFICE if role is Role.REVIEWER else None)
        for role in (Role.OPERATOR, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR)
    ]
    async with database.owner() as engine, engine.begin() as connection:
        passwords = await make(connection, accounts, keep=_CHEAP.hash)
    book = load_rulebook()
    watch, progress, assets = Watch(), Progress(), Assets()
    urls = {"intake": "http://127.0.0.1:1", "decision": "http://127.0.0.1:1", "notify": "http://127.0.0.1:1"}
    async with (
        database.sessions("console") as sessions,
        database.sessions("console", "api") as requests,
        Services(urls, SigningKey.of("a secret that a test made up")) as services,
    ):
        state: dict[str, Any] = {
            "clock": requests.clock,
            "sessions": sessions,
            "requests": requests,
            "progress": progress,
            "door": Door(
                sessions,
                UuidV7(),
                RULES,
                Factors(sessions, Sealer.of("another secret that a test made up"), frozenset(), watch),
                watch,
            ),
            "live": Live(requests.clock, progress),
            "heartbeat": Heartbeat(urls),
            "services": services,
            "assets": assets,
            "pages": Pages.load(assets, banner="", **EVERYWHERE),
            "issuer": None,
            "sampler": Sampler("127.0.0.1:1", sessions),
            "logs": Logs("127.0.0.1:1"),
            "explainer": Explainer(book),
            "rulebook": Site(book),
            "revealer": Revealer(sessions, UuidV7()),
        }
        yield House(database, make_app("http://console.test", **state), watch, passwords)
