"""Pure: signatures as Standard Webhooks 1.0 asks, HMAC-SHA256 over id, timestamp and body."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> bytes:
    """Make a secret."""
    return secrets.token_bytes(_BYTES)


def shown(secret: bytes) -> str:
    """Write a secret as receivers' libraries take it."""
    return _PREFIX + base64.b64encode(secret).decode()


def headers(message_id: str, at: datetime, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """Give the headers of one attempt: the id stays from attempt to attempt, the timestamp is the machine's.

    Every secret that still counts signs, so a receiver may change over at any time of a rotation.
    """
    seconds = int(at.timestamp())
    signed = b"%b.%d.%b" % (message_id.encode(), seconds, body)
    signatures = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
