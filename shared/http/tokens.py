"""Tokens by which the console speaks for the person signed in: for one service, one key, one minute.

The console signs with a private key that it alone has; the services know its public half from
`access.signers`, which only the owner writes. What the token names is an id of `access.keys`: role, office
and revocation stay there, so a token gives nothing that its key does not have.
"""

import hashlib
import secrets
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

#: How long a token may be used, machine seconds: a call takes less, and a stolen one is soon worth nothing.
LIFE_S = 60
#: How far two machines' clocks may be apart, seconds.
_LEEWAY_S = 5
_ALGORITHM = "Ed25519"
ISSUER = "countersign-console"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The console's private key, made from the secret of its settings."""

    _key: OKPKey

    @classmethod
    def of(cls, secret: str) -> "SigningKey":
        """Make the key that belongs to a secret; the same secret gives the same key everywhere."""
        seed = hashlib.sha256(b"countersign console signs\x00" + secret.encode()).digest()
        return cls(OKPKey.derive_key(seed, "Ed25519"))

    @property
    def public(self) -> bytes:
        """Give the public half, as the services keep it."""
        return self._key.as_pem(private=False)

    def token(self, key_id: str, service: str, now: int) -> str:
        """Give a token that speaks for a key to one service; ``now`` in seconds since 1970, machine time."""
        claims = {
            "iss": ISSUER,
            "sub": key_id,
            "aud": service,
            "iat": now,
            "exp": now + LIFE_S,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode({"alg": _ALGORITHM, "typ": "JWT"}, claims, self._key, algorithms=[_ALGORITHM])


def key_spoken_for(token: str, public: bytes, service: str, now: int) -> str | None:
    """Give the id of the key that a token speaks for; None if it is not sound, not ours, or not for this service."""
    try:
        read = jwt.decode(token, OKPKey.import_key(public), algorithms=[_ALGORITHM])
    except (JoseError, ValueError):
        return None
    claims = read.claims
    issued, expires, subject = claims.get("iat"), claims.get("exp"), claims.get("sub")
    if (claims.get("iss"), claims.get("aud")) != (ISSUER, service) or not isinstance(subject, str):
        return None
    if not isinstance(issued, int) or not isinstance(expires, int):
        return None
    is_now = issued - _LEEWAY_S <= now < expires + _LEEWAY_S and expires - issued <= LIFE_S
    return subject if is_now else None
