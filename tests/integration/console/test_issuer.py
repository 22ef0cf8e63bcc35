"""Signing in at an issuer: who it vouches for gets in with an account of ours, and nobody else does."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from services.console.accounts.issuer import Issuer
from services.console.accounts.make import NewAccount, make
from shared.http.access import Role
from shared.runtime.clock import machine_now
from tests.integration.console.conftest import House

ADDRESS = "https://issuer.test"
KEY = RSAKey.generate_key(2048, {"kid": "one"})


class Stub:
    """An issuer of the test's own; ``claims`` changes what it says."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.asked: list[dict[str, list[str]]] = []
        self.nonce = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer discovery, keys and the exchange of a code."""
        if request.url.path.endswith("openid-configuration"):
            names = {"authorization_endpoint": "/go", "token_endpoint": "/token", "jwks_uri": "/keys"}
            told = {name: ADDRESS + path for name, path in names.items()}
            return httpx.Response(200, json={"issuer": ADDRESS, **told})
        if request.url.path == "/keys":
            return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
        self.asked.append(parse_qs(request.content.decode()))
        now = int(machine_now().timestamp())
        claims = {"iss": ADDRESS, "sub": "s-17", "aud": "console", "exp": now + 60, "iat": now, "nonce": self.nonce}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.claims, self.key)
        return httpx.Response(200, json={"access_token": "x", "token_type": "Bearer", "id_token": token})


@pytest.fixture
async def stub(house: House) -> Stub:
    """Give the house an issuer, and one person an account who signs in there."""
    made = Stub()
    back = "http://console.test/sign-in/back"
    house.app.state.issuer = Issuer(ADDRESS, "console", "a credential", back, httpx.MockTransport(made))
    async with house.database.owner() as engine, engine.begin() as connection:
        await make(connection, [NewAccount(name="elsewhere", role=Role.AUDITOR, subject=f"{ADDRESS} s-17")])
    return made


async def there_and_back(house: House, stub: Stub, **change: str) -> tuple[httpx.AsyncClient, httpx.Response]:
    """Go to the issuer and come back with a code."""
    browser = house.browser()
    sent = await browser.get("/sign-in/elsewhere")
    asked = {name: each[0] for name, each in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    stub.nonce = asked["nonce"]
    answer = await browser.get("/sign-in/back", params={"code": "c", "state": asked["state"]} | change)
    return browser, answer


async def test_who_the_issuer_vouches_for_gets_in(house: House, stub: Stub) -> None:
    """With the role of the account here; the code was exchanged with the verifier that only this browser had."""
    browser, answer = await there_and_back(house, stub)
    assert answer.status_code == 200
    assert "Signed in as elsewhere" in (await browser.get("/account")).text
    assert stub.asked[0]["code_verifier"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.test"},
        {"aud": "another"},
        {"aud": ["console", "another"]},
        {"exp": 1},
        {"nonce": "another"},
        {"sub": "s-18"},
    ],
)
async def test_another_word_lets_nobody_in(house: House, stub: Stub, claims: dict[str, Any]) -> None:
    """Another issuer's, for another client, over, of another sign-in, or of somebody without an account."""
    stub.claims = claims
    browser, answer = await there_and_back(house, stub)
    assert answer.status_code == 403
    assert (await browser.get("/account")).status_code == 303


async def test_a_signature_of_another_key_lets_nobody_in(house: House, stub: Stub) -> None:
    """Whoever can answer for the issuer still cannot sign for it."""
    stub.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert (await there_and_back(house, stub))[1].status_code == 403


async def test_a_way_back_that_nobody_began_lets_nobody_in(house: House, stub: Stub) -> None:
    """Another state, or none that this browser took along."""
    assert (await there_and_back(house, stub, state="another"))[1].status_code == 403
    async with house.browser() as browser:
        assert (await browser.get("/sign-in/back", params={"code": "c", "state": "s"})).status_code == 403
    assert stub.asked == []


async def test_without_an_issuer_there_is_no_such_way(house: House) -> None:
    """Local accounts alone."""
    async with house.browser() as browser:
        assert (await browser.get("/sign-in/elsewhere")).status_code == 404
        assert "organisation" not in (await browser.get("/sign-in")).text
