"""Pure: codes of an app that counts time (RFC 6238), codes for when it is lost, and how both are kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_STEP_S = 30
#: A phone's clock may be half a minute off; a code of the step before or after counts.
_STEPS_OFF = (0, -1, 1)
_RECOVERY_CODES = 10
#: No l, o, 0 and 1: they are read aloud and copied by hand. Sixteen of them are 80 bits.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals what codes are made from, and digests recovery codes, with a key made of a secret of the settings."""

    _key: bytes

    @classmethod
    def of(cls, secret: str) -> "Sealer":
        """Make the one that belongs to a secret."""
        return cls(hashlib.sha256(b"countersign second factors\x00" + secret.encode()).digest())

    def seal(self, account: UUID, text: str) -> bytes:
        """Seal a text so that it opens for this account alone."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._key).encrypt(nonce, text.encode(), account.bytes)

    def opened(self, account: UUID, sealed: bytes) -> str | None:
        """Open what was sealed; None under another key, for another account, or after a change."""
        try:
            return AESGCM(self._key).decrypt(sealed[:_NONCE], sealed[_NONCE:], account.bytes).decode()
        except InvalidTag:
            return None

    def digest(self, account: UUID, code: str) -> bytes:
        """Give what is kept of a recovery code."""
        return hmac.digest(self._key, account.bytes + plain(code).encode(), "sha256")


def new_seed() -> str:
    """Make what an app's codes are made from."""
    return pyotp.random_base32()


def address(seed: str, name: str) -> str:
    """Give what an app reads from the square code: otpauth://..."""
    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name="Countersign")


def code_at(seed: str, step: int) -> str:
    """Give the six digits of a step of thirty seconds."""
    return pyotp.TOTP(seed).generate_otp(step)


def step_of(now: datetime) -> int:
    """Give the step that an instant lies in."""
    return int(now.timestamp()) // _STEP_S


def proven_step(seed: str, code: str, now: datetime, last: int) -> int | None:
    """Give the step whose code this is; None for a wrong one, and for one of a step that was used or is past."""
    given, found = plain(code), None
    for off in _STEPS_OFF:
        step = step_of(now) + off
        if hmac.compare_digest(code_at(seed, step).encode(), given.encode()) and step > last:
            found = step
    return found


def recovery_codes() -> list[str]:
    """Make codes for when the app is lost; each is good once."""
    return [_grouped(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(_RECOVERY_CODES)]


def _grouped(letters: Iterable[str]) -> str:
    text = "".join(letters)
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def plain(code: str) -> str:
    """Give a code as it was made: people put blanks and dashes into it."""
    return code.replace(" ", "").replace("-", "").lower()
