"""Who is calling, and what may they see: API keys, random, hashed at rest, bound to a role and ORIs."""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from shared.db.session import Sessions
from shared.http.problems import Problem
from shared.http.repeats import repeat_of
from shared.http.tokens import key_spoken_for
from shared.runtime.clock import machine_now, machine_seconds

#: A revoked key is refused everywhere after so many seconds, machine time.
CACHE_S = 2.0


class Role(StrEnum):
    """What a key is for."""

    JAIL = "jail"
    ICE = "ice"
    BUREAU = "bureau"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    #: Prometheus: reads figures at ``/metrics`` and nothing else.
    MONITOR = "monitor"


#: Roles that see every county's rows.
SEE_ALL = frozenset({Role.REVIEWER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR})
ANYONE = frozenset(Role) - {Role.MONITOR}


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key."""

    key_id: str
    role: Role
    oris: frozenset[str]
    #: Prefixes of CloudEvents sources the key may speak for.
    sources: tuple[str, ...]
    #: The office a reviewer answers for.
    office: str | None
    #: Who holds the key, where several are one person's.
    holder: str | None = None

    @property
    def person(self) -> str:
        """Give what tells this person from others: the holder's name in the register of keys, or the key itself."""
        return self.holder or self.key_id

    @property
    def scope(self) -> dict[str, str]:
        """Give what row security must know of the caller."""
        if self.role in SEE_ALL:
            return {"reach": "all"}
        if self.role is Role.JAIL:
            return {"reach": "oris", "oris": ",".join(sorted(self.oris))}
        return {"reach": self.role.value}

    def speaks_for(self, source: str) -> bool:
        """Tell whether the key may send events of this source."""
        return any(source == prefix or source.startswith(prefix.rstrip("/") + "/") for prefix in self.sources)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the moment of its making: the token is shown once, its digest is kept."""

    id: str
    token: str
    digest: bytes


def new_key() -> NewKey:
    """Make a key: 256 random bits behind a public id."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    # The secret is random and long, so one round of SHA-256 is all that hashing can add.
    return NewKey(key_id, f"cs_{key_id}_{secret}", hashlib.sha256(secret.encode()).digest())


def _refused() -> Problem:
    problem = Problem(401, "unauthenticated", "Send a valid key as `Authorization: Bearer …`.")
    problem.headers = {"WWW-Authenticate": "Bearer"}
    return problem


class Keys:
    """Looks keys up, remembers them for a moment, and counts what each asks."""

    def __init__(self, sessions: Sessions, requests_per_minute: int, service: str = "") -> None:
        self._sessions = sessions
        self._service = service
        self._known: dict[str, tuple[float, Caller]] = {}
        self._limit = RateLimitItemPerMinute(requests_per_minute)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def caller(self, authorization: str | None) -> Caller:
        """Give the caller of a request; a Problem (401 or 429) when there is none or too much of one."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _refused()
        remembered = self._known.get(token)
        if remembered is None or remembered[0] < machine_seconds():
            caller = await (self._look_up(token) if token.startswith("cs_") else self._spoken_for(token))
            if len(self._known) > 10_000:  # noqa: PLR2004 - hostile tokens are never stored, this bounds honest ones
                self._known.clear()
            self._known[token] = remembered = (machine_seconds() + CACHE_S, caller)
        if not self._limiter.hit(self._limit, remembered[1].key_id):
            problem = Problem(429, "too_many_requests", "This key has asked too often; wait a minute.")
            problem.headers = {"Retry-After": "60"}
            raise problem
        return remembered[1]

    async def _look_up(self, token: str) -> Caller:
        _, key_id, secret = token.split("_", 2) if token.count("_") >= 2 else ("", "", "")  # noqa: PLR2004
        async with self._sessions.asking() as session:
            row = await session.one(
                "SELECT digest, role, oris, sources, office, holder FROM access.keys"
                " WHERE id = :id AND revoked_at IS NULL",
                id=key_id.replace("\x00", ""),
            )
        digest = hashlib.sha256(secret.encode()).digest()
        if row is None or not hmac.compare_digest(digest, row.digest):
            raise _refused()
        return _caller(key_id, row)

    async def _spoken_for(self, token: str) -> Caller:
        """Look up the key that the console speaks for."""
        async with self._sessions.reading() as session:
            signer = await session.one("SELECT public_key FROM access.signers WHERE name = 'console'")
            now = int(machine_now().timestamp())
            key_id = key_spoken_for(token, signer.public_key, self._service, now) if signer is not None else None
            row = await session.one(
                "SELECT role, oris, sources, office, holder FROM access.keys WHERE id = :id AND revoked_at IS NULL",
                id=key_id or "",
            )
        if key_id is None or row is None:
            raise _refused()
        return _caller(key_id, row)


def _caller(key_id: str, row: Any) -> Caller:
    return Caller(key_id, Role(row.role), frozenset(row.oris), tuple(row.sources), row.office, row.holder)


def allowing(*roles: Role) -> Callable[[Request], Awaitable[Caller]]:
    """Make the dependency of a route that only these roles may use; it gives the caller."""
    allowed = frozenset(roles) or ANYONE

    async def who(request: Request) -> Caller:
        caller: Caller = await request.app.state.keys.caller(request.headers.get("authorization"))
        if caller.role not in allowed:
            raise Problem(403, "not_allowed", f"This route is for {', '.join(sorted(allowed))}.")
        repeat = repeat_of(request.scope)
        if repeat is not None:
            await repeat.recognise(caller.key_id)
        return caller

    return who
