"""Signing in: sessions that end, accounts that lock, forms that belong to a session, headers on every answer."""

import re

import pytest

from services.console.accounts.make import close, new_password_for, unlock
from services.console.app import OPEN
from services.console.pages import ROUTERS
from tests.integration.console.conftest import House


def csrf_of(page: str) -> str:
    """Read the token of a page's form."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_who_is_not_signed_in_is_asked_to(house: House) -> None:
    """No page shows anything before one has signed in."""
    async with house.browser() as browser:
        for path in ("/", "/account", "/account/stream"):
            answer = await browser.get(path)
            assert answer.status_code in {303, 401}
            assert "Signed in as" not in answer.text


async def test_a_right_password_opens_a_session(house: House) -> None:
    """The session is new at each sign-in, and its cookie is for HTTP and this site alone."""
    async with house.browser() as browser:
        tokens = set()
        for _ in range(2):
            answer = await browser.post("/sign-in", data={"name": "operator", "password": house.passwords["operator"]})
            cookie = answer.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            tokens.add(browser.cookies["countersign"])
        assert len(tokens) == 2
        assert (await browser.get("/account")).status_code == 200
    kept = str(await house.database.all("SELECT encode(digest, 'hex'), csrf FROM console.sessions"))
    assert not any(token in kept for token in tokens)


async def test_a_wrong_password_and_a_name_of_nobody_look_the_same(house: House) -> None:
    """Nobody learns which accounts there are."""
    async with house.browser() as browser:
        wrong = await browser.post("/sign-in", data={"name": "operator", "password": "no"})
        nobody = await browser.post("/sign-in", data={"name": "nobody", "password": "no"})
    assert (wrong.status_code, wrong.text) == (nobody.status_code, nobody.text)


async def test_five_wrong_passwords_lock_the_account_until_it_is_opened(house: House) -> None:
    """The sixth try fails with the right password too, and an administrator's word opens it again."""
    right = {"name": "operator", "password": house.passwords["operator"]}
    async with house.browser() as browser:
        for _ in range(5):
            await browser.post("/sign-in", data={"name": "operator", "password": "no"})
        assert (await browser.post("/sign-in", data=right)).status_code == 403
        house.watch.pass_(hours=24)
        assert (await browser.post("/sign-in", data=right)).status_code == 403
        async with house.database.owner() as engine, engine.begin() as connection:
            assert await unlock(connection, "operator")
        assert (await browser.post("/sign-in", data=right)).status_code == 303


async def test_tries_far_apart_do_not_lock(house: House) -> None:
    """Four mistakes a day are no attack."""
    async with house.browser() as browser:
        for _ in range(8):
            await browser.post("/sign-in", data={"name": "operator", "password": "no"})
            house.watch.pass_(minutes=16)
        right = {"name": "operator", "password": house.passwords["operator"]}
        assert (await browser.post("/sign-in", data=right)).status_code == 303


async def test_a_locked_account_loses_its_sessions(house: House) -> None:
    """Who is in already is out as well: it may be the stranger who got in."""
    browser = await house.signed_in("operator")
    async with house.browser() as stranger:
        for _ in range(5):
            await stranger.post("/sign-in", data={"name": "operator", "password": "no"})
    assert (await browser.get("/account")).status_code == 303


@pytest.mark.parametrize(("span", "is_open"), [({"minutes": 29}, True), ({"minutes": 31}, False)])
async def test_a_session_ends_when_nobody_uses_it(house: House, span: dict[str, float], is_open: bool) -> None:
    """After half an hour without a request."""
    browser = await house.signed_in("operator")
    house.watch.pass_(**span)
    assert ((await browser.get("/account")).status_code == 200) is is_open


async def test_a_session_ends_after_a_shift_whatever_is_done(house: House) -> None:
    """After twelve hours, however busy."""
    browser = await house.signed_in("operator")
    for _ in range(35):
        house.watch.pass_(minutes=20)
        assert (await browser.get("/account")).status_code == 200
    house.watch.pass_(minutes=21)
    assert (await browser.get("/account")).status_code == 303


async def test_signing_out_ends_the_session_itself(house: House) -> None:
    """A copy of the cookie opens nothing any more."""
    browser = await house.signed_in("operator")
    token = browser.cookies["countersign"]
    page = await browser.get("/account")
    assert (await browser.post("/sign-out", data={"csrf": csrf_of(page.text)})).status_code == 303
    browser.cookies.set("countersign", token)
    assert (await browser.get("/account")).status_code == 303


async def test_a_closed_account_is_out_at_once(house: House) -> None:
    """So is one whose password was changed."""
    reviewer, auditor = await house.signed_in("reviewer"), await house.signed_in("auditor")
    async with house.database.owner() as engine, engine.begin() as connection:
        assert await close(connection, "reviewer")
        assert await new_password_for(connection, "auditor")
    assert (await reviewer.get("/account")).status_code == 303
    assert (await auditor.get("/account")).status_code == 303


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}])
async def test_a_form_from_another_site_does_nothing(house: House, headers: dict[str, str]) -> None:
    """Neither does one of another session."""
    browser = await house.signed_in("operator")
    token = csrf_of((await browser.get("/account")).text)
    good = {"csrf": token, "theme": "dark", "keys": "on"}
    assert (await browser.post("/account", data=good, headers=headers)).status_code == 403
    assert (await browser.post("/account", data=good | {"csrf": "x"})).status_code == 403
    assert (await browser.post("/account", data=good)).status_code == 303


async def test_every_answer_carries_the_headers(house: House) -> None:
    """Pages, redirects, errors, files: no script but ours, no frame, no cache of pages."""
    browser = await house.signed_in("operator")
    style = re.search(r'href="(/static/[^"]+\.css)"', (await browser.get("/account")).text)
    assert style
    for path in ("/", "/account", "/sign-in", "/nothing-here", "/healthz", "/readyz", style[1], "/static/x/none.js"):
        headers = (await browser.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] in {"no-store", "public, max-age=31536000, immutable"}


async def test_a_fault_of_ours_carries_them_too(house: House) -> None:
    """It is answered outside of everything else, and says nothing of what went wrong."""
    browser = await house.signed_in("operator")
    house.app.state.rulebook = None
    broken = await browser.get("/rulebook/index.html")
    assert broken.status_code == 500
    assert "script-src 'self'" in broken.headers["content-security-policy"]
    assert broken.headers["cache-control"] == "no-store"
    assert "Traceback" not in broken.text
    assert "NoneType" not in broken.text


async def test_over_https_the_cookie_is_bound_to_the_host(house: House) -> None:
    """``__Host-`` and Secure, and browsers are told to come by https alone."""
    house.app.state.is_https = True
    async with house.browser(base="https://console.test") as browser:
        answer = await browser.post("/sign-in", data={"name": "operator", "password": house.passwords["operator"]})
        assert answer.headers["set-cookie"].startswith("__Host-countersign=")
        assert "Secure" in answer.headers["set-cookie"]


def test_every_page_asks_who_it_is() -> None:
    """Each route of each page depends on a person, but for the few that ask for one."""
    silent = [
        route.path
        for router in ROUTERS
        for route in router.routes
        if getattr(route, "path", "") not in OPEN | {"/sign-out"}
        and not any(
            str(getattr(each.call, "__qualname__", "")).split(".")[0] in {"people", "acting"}
            for each in route.dependant.dependencies
        )
    ]
    assert silent == []
