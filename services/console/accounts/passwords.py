"""Passwords of local accounts: argon2id, and the same work for a name that does not exist."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: RFC 9106's second choice: 64 MiB, three passes; about a tenth of a second on one core.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
#: Longer ones are refused unread: hashing them is work that a stranger could ask for.
LONGEST = 256
_NOBODYS = _HASHER.hash(secrets.token_urlsafe(16))
#: At most two at a time, so that a burst of sign-ins does not eat the machine's memory.
_AT_ONCE = asyncio.Semaphore(2)


def new_password() -> str:
    """Make a password for a person to keep: 96 random bits in four groups."""
    raw = secrets.token_hex(12)
    return "-".join(raw[at : at + 6] for at in range(0, 24, 6))


def hashed(password: str) -> str:
    """Give what is kept of a password."""
    return _HASHER.hash(password)


async def is_right(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one kept; takes as long where nothing is kept."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_is_right, kept, password) and kept is not None


def _is_right(kept: str | None, password: str) -> bool:
    try:
        return len(password) <= LONGEST and _HASHER.verify(kept or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
