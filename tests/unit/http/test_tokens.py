"""The console's tokens: for one key, one service, one minute, and nobody else can make one."""

import base64
import json

import pytest

from shared.http.tokens import LIFE_S, SigningKey, key_spoken_for

NOW = 1_800_000_000
KEY = SigningKey.of("a secret that a test made up")
OTHER = SigningKey.of("another secret that a test made up")


def part(value: object) -> str:
    """Write a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_speaks_for_its_key() -> None:
    """To the service it was made for, while it lives."""
    token = KEY.token("abc", "decision", NOW)
    assert key_spoken_for(token, KEY.public, "decision", NOW) == "abc"
    assert key_spoken_for(token, KEY.public, "decision", NOW + LIFE_S) == "abc"


@pytest.mark.parametrize("at", [NOW - 6, NOW + LIFE_S + 5, NOW + 3600])
def test_it_lives_for_a_minute(at: int) -> None:
    """Neither before nor after, but for what clocks may differ."""
    assert key_spoken_for(KEY.token("abc", "decision", NOW), KEY.public, "decision", at) is None


def test_another_service_does_not_take_it() -> None:
    """What one service was told cannot be repeated to another; nor does another's key make it."""
    token = KEY.token("abc", "decision", NOW)
    assert key_spoken_for(token, KEY.public, "notify", NOW) is None
    assert key_spoken_for(token, OTHER.public, "decision", NOW) is None


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "EdDSA", "jwk": {"kty": "OKP"}},
        {"alg": "Ed25519", "crit": ["exp"]},
        {"alg": "Ed25519", "kid": "../../etc/passwd"},
    ],
)
def test_hostile_tokens_are_refused(header: dict[str, object]) -> None:
    """No algorithm but ours, no key of the token's own, no signature left out or kept from another text."""
    claims = {"iss": "countersign-console", "sub": "abc", "aud": "decision", "iat": NOW, "exp": NOW + 60}
    signature = KEY.token("abc", "decision", NOW).rpartition(".")[2]
    for last in ("", signature):
        assert key_spoken_for(f"{part(header)}.{part(claims)}.{last}", KEY.public, "decision", NOW) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "x" * 10_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    """And breaks nothing."""
    assert key_spoken_for(token, KEY.public, "decision", NOW) is None
