"""Pure: signatures as Standard Webhooks 1.0 asks, over id, timestamp and body: HMAC-SHA256, or ed25519.

With HMAC the receiver holds the secret that signs; with ed25519 it holds the public half, and nobody who breaks
in there can sign in our name.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Scheme = Literal["hmac", "ed25519"]

_BYTES = 32
_VERSIONS: dict[Scheme, str] = {"hmac": "v1", "ed25519": "v1a"}


def new_secret() -> bytes:
    """Make a secret: an HMAC key, or the seed of an ed25519 key."""
    return secrets.token_bytes(_BYTES)


def shown(secret: bytes, scheme: Scheme = "hmac") -> dict[str, str]:
    """Give what the receiver needs, as its library takes it: the secret itself, or the public key alone."""
    if scheme == "hmac":
        return {"secret": f"whsec_{base64.b64encode(secret).decode()}"}
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return {"public_key": f"whpk_{base64.b64encode(public).decode()}"}


def headers(
    message_id: str, at: datetime, body: bytes, keys: Sequence[bytes], scheme: Scheme = "hmac"
) -> dict[str, str]:
    """Give the headers of one attempt: the id stays from attempt to attempt, the timestamp is the machine's.

    Every secret that still counts signs, so a receiver may change over at any time of a rotation.
    """
    seconds = int(at.timestamp())
    signed = b"%b.%d.%b" % (message_id.encode(), seconds, body)
    signatures = [base64.b64encode(_sign(key, signed, scheme)).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"{_VERSIONS[scheme]},{signature}" for signature in signatures),
    }


def _sign(key: bytes, signed: bytes, scheme: Scheme) -> bytes:
    if scheme == "ed25519":
        return Ed25519PrivateKey.from_private_bytes(key).sign(signed)
    return hmac.new(key, signed, hashlib.sha256).digest()
