"""A second factor: set up with the password, asked for at each sign-in, demanded of roles that need one."""

import re
from dataclasses import replace

import httpx
import pytest

from services.console.accounts import make
from services.console.accounts.codes import code_at, step_of
from shared.http.access import Role
from tests.integration.console.conftest import House
from tests.integration.console.test_door import csrf_of

pytestmark = pytest.mark.asyncio
_HERE = "/account/second-factor"


async def _sign_in(house: House, code: str) -> httpx.Response:
    words = {"name": "operator", "password": house.passwords["operator"], "code": code}
    return await house.browser().post("/sign-in", data=words)


async def _begun(house: House, browser: httpx.AsyncClient, name: str = "operator") -> tuple[str, str]:
    """Begin, and give the seed that the page shows and the form's token."""
    csrf = csrf_of((await browser.get(_HERE)).text)
    answer = await browser.post(_HERE, data={"csrf": csrf, "act": "begin", "password": house.passwords[name]})
    assert answer.status_code == 303, answer.text
    page = (await browser.get(_HERE)).text
    found = re.search(r'class="key">([A-Z2-7]+)<', page)
    assert found is not None
    assert "<svg" in page
    return found[1], csrf


async def _set_up(house: House) -> tuple[str, list[str]]:
    """Set the operator's up; give its seed and the recovery codes."""
    browser = await house.signed_in("operator")
    seed, csrf = await _begun(house, browser)
    shown = code_at(seed, step_of(house.watch()))
    answer = await browser.post(_HERE, data={"csrf": csrf, "act": "confirm", "code": shown})
    assert answer.status_code == 200
    house.watch.pass_(minutes=1)
    return seed, re.findall(r"<li><code>([a-z0-9-]{19})</code>", answer.text)


async def test_from_then_on_a_password_alone_is_not_enough(house: House) -> None:
    """No code, a wrong one and one already used look like a wrong password; the app's own lets in, once."""
    seed, _ = await _set_up(house)
    right = code_at(seed, step_of(house.watch()))
    assert (await _sign_in(house, "")).status_code == 403
    assert (await _sign_in(house, "000000" if right != "000000" else "111111")).status_code == 403
    assert (await _sign_in(house, right)).status_code == 303
    assert (await _sign_in(house, right)).status_code == 403


async def test_wrong_codes_lock_the_account(house: House) -> None:
    """Five of them, with the right password, are five wrong tries: six digits are not to be guessed."""
    seed, _ = await _set_up(house)
    for _ in range(5):
        assert (await _sign_in(house, "no code")).status_code == 403
    assert (await _sign_in(house, code_at(seed, step_of(house.watch())))).status_code == 403


async def test_a_recovery_code_lets_in_once_and_is_written_down(house: House) -> None:
    """Kept as a digest; spent after its one use; the record says how somebody came in."""
    _, codes = await _set_up(house)
    assert len(codes) == 10
    assert (await _sign_in(house, codes[3].upper())).status_code == 303
    assert (await _sign_in(house, codes[3])).status_code == 403
    rows = await house.database.all("SELECT result FROM console.sign_ins ORDER BY at, id")
    assert [row[0] for row in rows].count("recovered") == 1
    assert "factor_set" in [row[0] for row in rows]
    kept = str(await house.database.all("SELECT encode(digest, 'escape') FROM console.recovery_codes"))
    assert codes[0].replace("-", "") not in kept


async def test_setting_it_up_takes_the_password(house: House) -> None:
    """A session left open is not enough, and nothing is asked for before a first right code."""
    browser = await house.signed_in("operator")
    csrf = csrf_of((await browser.get(_HERE)).text)
    answer = await browser.post(_HERE, data={"csrf": csrf, "act": "begin", "password": "not mine"})
    assert answer.status_code == 422
    seed, csrf = await _begun(house, browser)
    wrong = code_at(seed, step_of(house.watch()) - 10)
    assert (await browser.post(_HERE, data={"csrf": csrf, "act": "confirm", "code": wrong})).status_code == 422
    assert (await _sign_in(house, "")).status_code == 303


async def test_a_role_that_needs_one_does_nothing_before(house: House) -> None:
    """Every page leads to where it is set up; forms do nothing; then all is open."""
    door = house.app.state.door
    house.app.state.door = replace(door, factors=replace(door.factors, roles=frozenset({Role.ADMINISTRATOR})))
    browser = await house.signed_in("administrator")
    for path in ("/", "/cases", "/account", "/parked"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, _HERE), path
    assert (await browser.get("/stream")).status_code == 403
    assert (await browser.post("/account", data={"theme": "dark", "keys": "on"})).status_code == 403
    seed, csrf = await _begun(house, browser, "administrator")
    code = code_at(seed, step_of(house.watch()))
    assert (await browser.post(_HERE, data={"csrf": csrf, "act": "confirm", "code": code})).status_code == 200
    assert (await browser.get("/account")).status_code == 200
    assert (await (await house.signed_in("operator")).get("/account")).status_code == 200


async def test_the_owner_takes_it_away_from_who_has_lost_it(house: House) -> None:
    """With the recovery codes and every session; a password is enough again, and it can be set up anew."""
    await _set_up(house)
    async with house.database.owner() as engine, engine.begin() as connection:
        assert await make.take_away_factor(connection, "operator")
        assert not await make.take_away_factor(connection, "operator")
    assert (await _sign_in(house, "")).status_code == 303
    assert not await house.database.all("SELECT 1 FROM console.recovery_codes")


async def test_one_that_is_in_use_is_not_replaced_by_a_page(house: House) -> None:
    """Whoever finds a session open, and even the password, cannot put a factor of their own in its place."""
    await _set_up(house)
    before = await house.database.all("SELECT sealed FROM console.second_factors")
    rows = await house.database.all("SELECT id FROM console.accounts WHERE name = 'operator'")
    factors = house.app.state.door.factors
    browser = await house.signed_in("auditor")
    auditor = await house.app.state.door.person(browser.cookies["countersign"])
    assert auditor is not None
    await factors.begin(replace(auditor, account_id=rows[0][0]))
    assert await house.database.all("SELECT sealed FROM console.second_factors") == before
