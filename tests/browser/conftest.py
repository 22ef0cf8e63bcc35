"""A story played up to its middle, a console on it, and a real browser; once for all tests of this folder."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.senders import STANDS_AT, Running, a_booking_with_a_detainer, case_of
from tests.e2e.story import a_story, written
from tests.e2e.up import started

_CHROMIUM = shutil.which("chromium")
#: Nothing but pages: no sandbox for root, no calls home.
_WORDS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Play the story up to its middle, where time stands still."""
    folder = tmp_path_factory.mktemp("browser")
    words = ["--play", str(written(a_story(), folder)), "--speed", "max", "--until", STANDS_AT]
    with started(folder / "d", *words, env={"COUNTERSIGN_WEBHOOKS_TO_OWN_MACHINE": "true"}) as up:
        assert up.stdout is not None
        first, stands = up.stdout.readline(), up.stdout.readline()
        assert stands, up.communicate()[1]
        told = json.loads(first)
        run = json.loads((folder / "d" / "run.json").read_text())
        running = Running(folder / "d", told["urls"], run["keys"], told["accounts"])
        case_of(running, a_booking_with_a_detainer(running))
        yield running


# Playwright keeps an event loop running as long as it is there, and beside that no other test could have its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give Debian's browser; playwright's own cannot be had everywhere."""
    if _CHROMIUM is None:
        pytest.skip("chromium is not here; Debian's package chromium has it")
    with sync_playwright() as playwright, closing(_launch(playwright)) as browser:
        yield browser


def _launch(playwright: Any) -> Browser:
    browser: Browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_WORDS)
    return browser


@dataclass(slots=True)
class Desk:
    """A browser in which somebody has signed in, and what went wrong in its pages."""

    page: Page
    context: BrowserContext
    base: str
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.ok, (path, answer.status)
        return self.page


@dataclass(slots=True)
class Desks:
    """Opens desks, and keeps who has signed in."""

    browser: Browser
    running: Running
    _known: dict[str, Any] = field(default_factory=dict)
    _open: list[BrowserContext] = field(default_factory=list)

    def desk(self, name: str, *, width: int = 1280, theme: Any = "light", script: bool = True) -> Desk:
        """Give a desk of an account."""
        context = self.browser.new_context(
            storage_state=self._signed_in(name),
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=script,
        )
        self._open.append(context)
        desk = Desk(context.new_page(), context, self.running.console)
        desk.page.on("pageerror", lambda error: desk.troubles.append(str(error)))
        desk.page.on("console", lambda said: said.type == "error" and desk.troubles.append(said.text))
        return desk

    def _signed_in(self, name: str) -> Any:
        if name not in self._known:
            context = self.browser.new_context()
            page = context.new_page()
            page.goto(self.running.console + "/sign-in")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(self.running.passwords[name])
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(self.running.console + "/")
            self._known[name] = context.storage_state()
            context.close()
        return self._known[name]

    def close(self) -> None:
        """Close the desks that a test has opened."""
        while self._open:
            self._open.pop().close()


@pytest.fixture(scope="module")
def all_desks(chromium: Browser, running: Running) -> Desks:
    """Give what opens desks; people sign in once."""
    return Desks(chromium, running)


@pytest.fixture
def desks(all_desks: Desks) -> Iterator[Desks]:
    """Give what opens desks, and close them after the test."""
    yield all_desks
    all_desks.close()
