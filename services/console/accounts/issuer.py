"""Signing in at an OpenID Connect issuer: the code flow with PKCE; who it is stands in a signed id token.

The issuer says who somebody is, and sees to a second factor; what they may do here stands in our own account.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.domain.errors import CountersignError
from shared.http.problems import Problem

#: Signatures that may be trusted: asymmetric ones, whose key the issuer publishes.
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
_TIMEOUT_S = 10.0
_LEEWAY_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """What is remembered of somebody who has gone to the issuer: kept in their browser until they are back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Self:
        """Make one for somebody who is about to go."""
        return cls(state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48))

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """Read what was kept; None for anything else."""
        try:
            told = json.loads(text or "")
            return cls(state=str(told["state"]), nonce=str(told["nonce"]), verifier=str(told["verifier"]))
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def challenge(self) -> str:
        """Give what the issuer is told of the verifier before it sees it (RFC 7636, S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def text(self) -> str:
        """Write it down."""
        return json.dumps({"state": self.state, "nonce": self.nonce, "verifier": self.verifier})


class Issuer:
    """One issuer, found by its address."""

    def __init__(
        self,
        address: str,
        client_id: str,
        credential: str | None,
        back: str,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._address = address.rstrip("/")
        self._client_id = client_id
        self._credential = credential
        self._back = back
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, transport=transport)
        self._found: Mapping[str, Any] | None = None

    async def close(self) -> None:
        """Give back its connections."""
        await self._client.aclose()

    async def way_there(self, away: Away) -> str:
        """Give the address to send somebody to."""
        found = await self._discovered()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._back,
            "scope": "openid",
            "state": away.state,
            "nonce": away.nonce,
            "code_challenge": away.challenge,
            "code_challenge_method": "S256",
        }
        return str(httpx.URL(found["authorization_endpoint"]).copy_merge_params(asked))

    async def who_came_back(self, away: Away, code: str, now: int) -> str:
        """Give who it is, as ``issuer subject``; a Problem where the issuer does not vouch for it."""
        found = await self._discovered()
        try:
            token = await self._exchanged(found["token_endpoint"], away, code)
            keys = KeySet.import_key_set(await self._get(found["jwks_uri"]))
            claims = jwt.decode(str(token["id_token"]), keys, algorithms=_ALGORITHMS).claims
        except (JoseError, httpx.HTTPError, KeyError, ValueError, TypeError) as error:
            raise not_vouched() from error
        if not self._is_sound(claims, away, now):
            raise not_vouched()
        return f"{self._address} {claims['sub']}"

    async def _exchanged(self, endpoint: str, away: Away, code: str) -> Mapping[str, Any]:
        """Give the code for the tokens; only the browser that began had the verifier."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self._client_id,
            "code_verifier": away.verifier,
        }
        auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(self._credential or "", safe=""))
        answer = await self._client.post(
            endpoint, data=form, auth=auth if self._credential else httpx.Auth(), headers={"Accept": "application/json"}
        )
        told: Mapping[str, Any] = answer.raise_for_status().json()
        return told

    def _is_sound(self, claims: Mapping[str, Any], away: Away, now: int) -> bool:
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else list(audience or ())
        return (
            str(claims.get("iss", "")).rstrip("/") == self._address
            and self._client_id in audiences
            and (len(audiences) == 1 or claims.get("azp") == self._client_id)
            and isinstance(claims.get("sub"), str)
            and isinstance(claims.get("exp"), int)
            and now < claims["exp"] + _LEEWAY_S
            and secrets.compare_digest(str(claims.get("nonce", "")), away.nonce)
        )

    async def _discovered(self) -> Mapping[str, Any]:
        """Read where the issuer does what; it must call itself what we call it."""
        if self._found is None:
            try:
                told = await self._get(f"{self._address}/.well-known/openid-configuration")
            except (httpx.HTTPError, ValueError) as error:
                raise Problem(503, "issuer_away", "The organisation's sign-in does not answer.") from error
            if str(told.get("issuer", "")).rstrip("/") != self._address:
                raise CountersignError(f"the issuer at {self._address} calls itself something else: check the setting")
            self._found = told
        return self._found

    async def _get(self, url: str) -> Any:
        answer = await self._client.get(url)
        return answer.raise_for_status().json()


def not_vouched() -> Problem:
    """Say that nobody was let in; no more exactly than that."""
    return Problem(
        403, "not_signed_in", "The organisation did not vouch for this sign-in, or it took too long. Try again."
    )
